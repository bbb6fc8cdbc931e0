import type {
  BlasAccess,
  MessageFromWorker,
  MessageToWorker,
  NativeAccess,
  NativeCall,
  Product,
  RunProgram,
  ThreadPlan,
  WorkerStart,
} from "./protocol.js";

/** Makes what does calls of a kind that are not WebAssembly. */
type Create<Access, Kind> = (
  require: (module: string) => unknown,
  access: Access,
  memory: WebAssembly.Memory,
) => (call: Kind, base: number, part: number, parts: number) => void;

interface Port {
  postMessage(message: MessageFromWorker): void;
}

/**
 * What a worker runs: waits for a command, does its part of the plan, waits again. The text of this function is handed to
 * the worker as it stands (`new Worker(text, { eval: true })`), so that the same source works compiled and under a test
 * runner, where workers cannot load TypeScript. Nothing from outside the function may be used in it.
 */
export function workerMain(
  require: (module: string) => unknown,
  createProducts: Create<BlasAccess, Product>,
  createNativeProducts: Create<NativeAccess, Product>,
  createNativeCalls: Create<NativeAccess, NativeCall>,
): void {
  const threads = require("node:worker_threads") as {
    workerData: WorkerStart;
    parentPort: Port;
    receiveMessageOnPort(port: Port): { message: MessageToWorker } | undefined;
  };
  const { memory, control, kernels: kernelModule, worker, words, multipliers } = threads.workerData;
  const port = threads.parentPort;
  const shared = new Int32Array(memory.buffer, control, 256);
  const kernels = new WebAssembly.Instance(kernelModule, { env: { memory } });
  const { native, blas } = multipliers;
  const byBlas = blas === null ? null : createProducts(require, blas, memory);
  const byMachineCode = native === null ? null : createNativeProducts(require, native, memory);
  const callNative = native === null ? null : createNativeCalls(require, native, memory);
  const programs = new Map<number, RunProgram>();
  // About 50 to 100 microseconds: longer than what lies between two steps of a training loop, shorter than anyone notices.
  const spins = 20_000;

  const load = ({ plan, module, products: calls, natives }: ThreadPlan): void => {
    const engine = {
      host: (call: number, base: number): void => {
        const before = Atomics.load(shared, words.answered);
        port.postMessage({ kind: "host", plan, call, base });
        while (Atomics.load(shared, words.answered) === before) Atomics.wait(shared, words.answered, before, 1000);
        if (Atomics.load(shared, words.failed) !== 0) throw new Error("the portable executor failed");
      },
      product: (call: number, base: number, part: number, parts: number): void => {
        const product = calls[call] as Product;
        (product.blas ? byBlas : byMachineCode)?.(product, base, part, parts);
      },
      native: (call: number, base: number, part: number, parts: number): void =>
        callNative?.(natives[call] as NativeCall, base, part, parts),
      stuck: (): number => 0,
      mark: (): void => {},
    };
    const instance = new WebAssembly.Instance(module, { env: { memory }, kernels: kernels.exports, engine });
    programs.set(plan, instance.exports["run"] as RunProgram);
  };

  let seen = 0;
  Atomics.add(shared, words.alive, 1);
  for (;;) {
    let waited = 0;
    let command = Atomics.load(shared, words.command);
    while (command === seen || (command & 1) === 1) {
      if (++waited > spins) {
        Atomics.add(shared, words.idle, 1);
        Atomics.wait(shared, words.command, command);
        Atomics.sub(shared, words.idle, 1);
      }
      command = Atomics.load(shared, words.command);
    }
    const plan = Atomics.load(shared, words.plan);
    const base = Atomics.load(shared, words.base);
    const part = Atomics.load(shared, words.firstThread) + worker;
    const parts = Atomics.load(shared, words.parts);
    if (Atomics.load(shared, words.command) !== command) continue; // the next command is being written already
    seen = command;
    for (let next = threads.receiveMessageOnPort(port); next !== undefined; next = threads.receiveMessageOnPort(port)) {
      const { message } = next;
      if (message.kind === "forget") programs.delete(message.plan);
      else {
        try {
          load(message);
        } catch (error) {
          port.postMessage({ kind: "failed", message: String(error) });
        }
      }
    }
    if (part >= parts) continue;
    Atomics.add(shared, words.ready, 1);
    let status = 0;
    try {
      status = (programs.get(plan) as RunProgram)(part, part + 1, base, control);
    } catch (error) {
      status = 2;
      Atomics.store(shared, words.failed, 1);
      port.postMessage({ kind: "failed", message: String(error) });
    }
    const first = part - worker;
    if (Atomics.add(shared, words.done, 1) + 1 === parts - first && first === 0) port.postMessage({ kind: "done", status });
  }
}
