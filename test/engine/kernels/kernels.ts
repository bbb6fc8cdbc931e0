import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const build = "../../../std/engine/assembly/build.mjs";
await import(build); // does nothing when the kernels are up to date

// V8 11.3 knows relaxed SIMD but keeps it behind a flag; later versions have it on and no flag.
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

export type Kernel = (...args: number[]) => number;

/** A kernel module with a memory of its own, and a bump allocator over it. */
export interface Bench {
  /** What an export without threads gives, such as the bytes of scratch a kernel needs. */
  readonly ask: (name: string, ...args: number[]) => number;
  readonly floats: (values: number | ArrayLike<number>) => Float32Array;
  readonly integers: (values: number | ArrayLike<number>) => Int32Array;
  readonly bytes: (values: number | ArrayLike<number>) => Uint8Array;
  /** Calls a kernel once for each of `threads` parts, in reverse order: the order of parts must not matter. */
  readonly call: (kernel: string, args: readonly (number | Float32Array | Int32Array | Uint8Array)[], threads?: number) => void;
}

export const builds = ["simd", "relaxed"] as const;

export function supported(name: string): boolean {
  return WebAssembly.validate(readFileSync(path.join(root, "dist/kernels", `lamella.${name}.wasm`)));
}

const modules = new Map<string, WebAssembly.Module>();

function moduleOf(name: string): WebAssembly.Module {
  const module = modules.get(name) ?? new WebAssembly.Module(readFileSync(path.join(root, "dist/kernels", `lamella.${name}.wasm`)));
  modules.set(name, module);
  return module;
}

export function bench(name: string, pages = 192): Bench {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const kernels = new WebAssembly.Instance(moduleOf(name), { env: { memory } }).exports as unknown as Record<string, Kernel>;
  let next = 0x80000;
  // Every buffer is surrounded by NaN and followed by 64 bytes of padding, as the engine does it.
  new Float32Array(memory.buffer).fill(NaN);
  const place = (size: number): number => {
    const address = next;
    next += (size + 127) & ~63;
    if (next > memory.buffer.byteLength) throw new Error("the bench's memory is full");
    return address;
  };
  const fill = <T extends Float32Array | Int32Array | Uint8Array>(array: T, values: number | ArrayLike<number>): T => {
    if (typeof values !== "number") array.set(values);
    return array;
  };
  const lengthOf = (values: number | ArrayLike<number>): number => (typeof values === "number" ? values : values.length);
  const find = (kernel: string): Kernel => {
    const found = kernels[kernel];
    if (found === undefined) throw new Error(`no kernel ${kernel}`);
    return found;
  };
  return {
    ask: (kernel, ...args) => find(kernel)(...args),
    floats: (values) => fill(new Float32Array(memory.buffer, place(lengthOf(values) * 4), lengthOf(values)), values),
    integers: (values) => fill(new Int32Array(memory.buffer, place(lengthOf(values) * 4), lengthOf(values)), values),
    bytes: (values) => fill(new Uint8Array(memory.buffer, place(lengthOf(values)), lengthOf(values)), values),
    call(kernel, args, threads = 1) {
      const run = find(kernel);
      const numbers = args.map((arg) => (typeof arg === "number" ? arg : arg.byteOffset));
      if (run.length !== numbers.length + 2)
        throw new Error(`${kernel} takes ${run.length - 2} arguments and two of threads; ${numbers.length} arrived`);
      for (let thread = threads - 1; thread >= 0; thread--) run(...numbers, thread, threads);
    },
  };
}

/** Numbers in [-1, 1) that repeat from run to run (a linear congruential generator). */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2147483648;
  });
}

/** The largest difference, each measured against the size of the expected number (at least 1). */
export function error(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    const difference = Object.is(a, e) || a === e || (Number.isNaN(a) && Number.isNaN(e)) ? 0 : Math.abs(a - e) / Math.max(1, Math.abs(e));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** The element at a place that must exist. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  if (!(index in list)) throw new Error(`nothing at ${index}`);
  return list[index] as T;
}
