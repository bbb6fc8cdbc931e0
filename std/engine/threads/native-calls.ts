import type { NativeAccess, NativeCall } from "./protocol.js";

interface Koffi {
  load(path: null): unknown;
  proto(name: null, result: string, parameters: readonly string[]): object;
  decode(address: number, type: object): (memory: number, record: number, count: number, scratch: number) => void;
  address(view: Uint8Array): bigint;
}

/**
 * Calls routines of machine code (`native/transform-code.ts`) on engine memory, each thread with its part of what there is to do.
 * Self-contained, because its text is also what workers run (see `worker.ts`): nothing from outside the function may be used in it.
 */
export function createNativeCalls(
  require: (module: string) => unknown,
  access: Pick<NativeAccess, "koffi">,
  memory: WebAssembly.Memory,
): (call: NativeCall, base: number, part: number, parts: number) => void {
  const koffi = require(access.koffi) as Koffi;
  // Koffi sets the stack that its calls use aside when a thread first loads a library.
  koffi.load(null);
  const type = koffi.proto(null, "void", ["int64", "int64", "int64", "int64"]);
  const start = Number(koffi.address(new Uint8Array(memory.buffer)));
  const routines = new Map<number, ReturnType<Koffi["decode"]>>();
  const record = new Int32Array(32);
  const recordAt = Number(koffi.address(new Uint8Array(record.buffer)));

  return ({ code, numbers, relative, count, grain }, base, part, parts) => {
    const grains = Math.ceil(count / grain);
    const first = Math.min(count, Math.floor((grains * part) / parts) * grain);
    const end = Math.min(count, Math.floor((grains * (part + 1)) / parts) * grain);
    if (first >= end) return;
    record[0] = first;
    record[1] = end;
    for (let index = 0; index < numbers.length; index++) record[index + 2] = numbers[index] as number;
    for (const index of relative) record[index + 2] = (numbers[index] as number) + base;
    let routine = routines.get(code);
    if (routine === undefined) routines.set(code, (routine = koffi.decode(code, type)));
    routine(start, recordAt, 1, 0);
  };
}
