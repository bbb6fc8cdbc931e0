import { setNumberDrawer, type NumberDrawer } from "../tensor/random.js";
import { currentEngine, startedEngine, type Engine } from "./engine.js";

/** Fewer numbers are drawn in plain JavaScript: that takes less time than the calls, or than starting the engine. */
const fewest = { started: 256, starting: 0x10000 };
/** Numbers are drawn in runs of this many, which stay in the processor's cache. */
const run = 0x8000;

type Kernel = (...values: number[]) => void;

const draw: NumberDrawer = (distribution, numbers, key, parameters) => {
  const count = numbers.length - (numbers.length % 4);
  if (count < fewest.started) return 0;
  const engine = count < fewest.starting ? startedEngine() : currentEngine();
  if (engine === null) return 0;
  const inside = engine.memory.owns(numbers);
  // The kernel reads two counters, which are 0 or grow from run to run.
  const bytes = 64 + (inside ? 0 : run * 4);
  const address = engine.memory.allocate(bytes);
  if (address === null) return 0;
  try {
    drawRuns(
      engine,
      address,
      numbers,
      count,
      inside,
      { uniform: "spreadUniform", normal: "normalFromUniform" }[distribution],
      key,
      parameters,
    );
  } finally {
    engine.memory.free(address, bytes);
  }
  return count;
};

function drawRuns(
  engine: Engine,
  address: number,
  numbers: Float32Array,
  count: number,
  inside: boolean,
  finish: string,
  key: readonly [number, number],
  parameters: readonly [number, number],
): void {
  const { exports } = engine.instance as { exports: Record<string, Kernel> };
  const counters = engine.memory.view("i32", address, 2);
  const aside = inside ? null : (engine.memory.view("f32", address + 64, run) as Float32Array);
  counters.fill(0);
  for (let at = 0; at < count; at += run) {
    const length = Math.min(run, count - at);
    const to = inside ? numbers.byteOffset + at * 4 : address + 64;
    counters[1] = at / run;
    (exports["randomUniform"] as Kernel)(address, address + 4, to, length, run, key[0], key[1], 0, 1);
    (exports[finish] as Kernel)(to, length, ...parameters, 0, 1);
    if (aside !== null) numbers.set(aside.subarray(0, length), at);
  }
}

setNumberDrawer(draw);
