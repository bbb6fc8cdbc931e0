import { Worker } from "node:worker_threads";
import process from "node:process";
import { LamellaError } from "../../errors.js";
import type { EngineMemory } from "../memory/memory.js";
import { createNativeCalls } from "./native-calls.js";
import { createNativeProducts } from "./native-products.js";
import { createProducts } from "./products.js";
import {
  controlBytes,
  word,
  type MessageFromWorker,
  type MessageToWorker,
  type Multipliers,
  type RunProgram,
  type ThreadPlan,
} from "./protocol.js";
import { workerMain } from "./worker.js";

/** How long a worker that is up may take to begin its part before it is given up for dead. */
const patienceMs = 10_000;

/** How long a worker may take to start before it is ended all the same. */
const longestStartMs = 1000;

/** How long the workers of a run that was ended from outside may take to come out of the kernel call they are in. */
const longestCallMs = 10_000;

/** Answers a portable operation that a plan on the workers comes to: they have no TypeScript to run it. */
export type HostCall = (plan: number, call: number, base: number) => void;

/**
 * The worker threads: started when first wanted, never holding the process alive. One run at a time is theirs; whoever
 * comes while they are busy or not yet up does all the parts alone, with the same result.
 */
export class WorkerPool {
  readonly #workers: Worker[] = [];
  readonly #known: Set<number>[] = [];
  /** Never given back: a worker that is being ended may still look at it. */
  readonly #address: number;
  readonly #control: Int32Array;
  #busy = false;
  #inside = false;
  #failure = "";
  #settle: { resolve(status: number): void; reject(error: Error): void } | null = null;
  #host: HostCall | null = null;

  constructor(
    readonly memory: EngineMemory,
    readonly kernels: WebAssembly.Module,
    readonly multipliers: Multipliers,
    readonly onDeath: (pool: WorkerPool) => void,
  ) {
    const address = memory.allocate(controlBytes);
    if (address === null) throw new LamellaError("engine memory is full: there is not even room to start worker threads");
    this.#address = address;
    this.#control = memory.view("i32", address, controlBytes / 4) as Int32Array;
    this.#control.fill(0);
  }

  get busy(): boolean {
    return this.#busy;
  }

  /**
   * The last synchronous run never came back: its JavaScript was ended from outside (an interrupt), past every `finally`.
   * The workers still wait for its next barrier; such a pool is to be closed.
   */
  get interrupted(): boolean {
    return this.#inside;
  }

  get size(): number {
    return this.#workers.length;
  }

  /** The workers themselves, for tests that end one. */
  get workers(): readonly Worker[] {
    return this.#workers;
  }

  #start(count: number): void {
    if (this.#workers.length === 0) process.once("exit", this.#awaitStart);
    while (this.#workers.length < count) {
      const index = this.#workers.length;
      const parts = [createProducts, createNativeProducts, createNativeCalls].map((create) => create.toString());
      const text = `(${workerMain.toString()})(require, ${parts.join(", ")})`;
      const worker = new Worker(text, {
        eval: true,
        workerData: {
          memory: this.memory.memory,
          control: this.#address,
          kernels: this.kernels,
          worker: index,
          words: word,
          multipliers: this.multipliers,
        },
        execArgv: [],
        // It keeps little more than the plans' programs: a small limit lets V8 set less aside for each worker.
        resourceLimits: { maxOldGenerationSizeMb: 64 },
      });
      worker.on("message", (message: MessageFromWorker) => this.#receive(message));
      worker.on("error", (error: Error) => this.#died(worker, `a worker thread failed: ${error.message}`));
      worker.on("exit", () => this.#died(worker, "a worker thread ended unexpectedly"));
      // After the listeners: a listener for messages takes hold of the process again.
      worker.unref();
      this.#workers.push(worker);
      this.#known.push(new Set());
    }
  }

  #died(worker: Worker, reason: string): void {
    if (!this.#workers.includes(worker)) return; // closed by us
    this.onDeath(this);
    this.close();
    this.#finish((settle) =>
      settle.reject(
        new LamellaError(
          `${reason} during a run; variables keep their values of the last whole step. Run it again: new workers will be started`,
        ),
      ),
    );
  }

  #finish(how: (settle: { resolve(status: number): void; reject(error: Error): void }) => void): void {
    const settle = this.#settle;
    this.#settle = null;
    if (settle === null) return;
    this.#busy = false;
    for (const worker of this.#workers) worker.unref();
    how(settle);
  }

  #receive(message: MessageFromWorker): void {
    if (message.kind === "failed") this.#failure = message.message;
    else if (message.kind === "done") this.#finish((settle) => settle.resolve(message.status));
    else {
      try {
        this.#host?.(message.plan, message.call, message.base);
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error);
        Atomics.store(this.#control, word.failed, 1);
      }
      Atomics.add(this.#control, word.answered, 1);
      Atomics.notify(this.#control, word.answered);
    }
  }

  #command(plan: ThreadPlan, base: number, firstThread: number, parts: number): void {
    const control = this.#control;
    for (let index = 0; index < parts - firstThread; index++) {
      const known = this.#known[index] as Set<number>;
      if (!known.has(plan.plan)) {
        known.add(plan.plan);
        (this.#workers[index] as Worker).postMessage({
          kind: "plan",
          plan: plan.plan,
          module: plan.module,
          products: plan.products,
          natives: plan.natives,
        } satisfies MessageToWorker);
      }
    }
    Atomics.add(control, word.command, 1);
    control[word.plan] = plan.plan;
    control[word.base] = base;
    control[word.firstThread] = firstThread;
    control[word.parts] = parts;
    control[word.arrived] = 0;
    control[word.abort] = 0;
    control[word.stopped] = 0;
    control[word.failed] = 0;
    control[word.ready] = 0;
    control[word.done] = 0;
    Atomics.add(control, word.command, 1);
    if (Atomics.load(control, word.idle) > 0) Atomics.notify(control, word.command);
  }

  /** Starts what is missing of `count` workers; true when they are all up and free. */
  available(count: number): boolean {
    if (this.#busy) return false;
    if (this.#workers.length < count) this.#start(count);
    return Atomics.load(this.#control, word.alive) >= this.#workers.length;
  }

  /**
   * Runs a plan with the calling thread as thread 0. Only when `available(parts - 1)`.
   * @returns what the program returns: 0, or 1 when stopped.
   * @throws LamellaError when a worker failed or does not answer.
   */
  run(plan: ThreadPlan, program: RunProgram, base: number, parts: number): number {
    this.#busy = true;
    this.#failure = "";
    this.#waitingSince = 0;
    this.#inside = true;
    this.#command(plan, base, 1, parts);
    try {
      const status = program(0, 1, base, this.#address);
      if (Atomics.load(this.#control, word.failed) !== 0) this.#giveUp();
      return status;
    } catch (error) {
      Atomics.store(this.#control, word.failed, 1); // lets the workers out of their barrier
      Atomics.notify(this.#control, word.phase);
      this.onDeath(this);
      this.close();
      throw error;
    } finally {
      this.#busy = false;
      this.#inside = false;
    }
  }

  #giveUp(): never {
    throw new LamellaError(
      this.#failure === ""
        ? "a worker thread did not answer; the results of this run are not complete. Run it again: new workers will be started"
        : `a worker thread failed: ${this.#failure}`,
    );
  }

  #waitingSince = 0;

  /** Asked by thread 0 now and then while it waits at a barrier: 1 = stop waiting. */
  stuck(): number {
    const control = this.#control;
    if (Atomics.load(control, word.ready) >= (control[word.parts] as number) - 1) return 0;
    if (this.#waitingSince === 0) this.#waitingSince = performance.now();
    if (performance.now() - this.#waitingSince < patienceMs) return 0;
    Atomics.store(control, word.failed, 1);
    return 1;
  }

  /**
   * Runs a plan on the workers alone, the calling thread staying free.
   * @returns the program's status, once it has ended.
   */
  runAsync(plan: ThreadPlan, base: number, parts: number, host: HostCall, signal?: AbortSignal): Promise<number> {
    this.#start(parts);
    this.#busy = true;
    this.#failure = "";
    this.#host = host;
    const onAbort = (): void => void Atomics.store(this.#control, word.abort, 1);
    const ended = new Promise<number>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    for (const worker of this.#workers) worker.ref();
    this.#command(plan, base, 0, parts);
    signal?.addEventListener("abort", onAbort);
    return ended
      .then((status) => {
        if (status === 2 || Atomics.load(this.#control, word.failed) !== 0) this.#giveUp();
        return status;
      })
      .finally(() => signal?.removeEventListener("abort", onAbort));
  }

  forget(plan: number): void {
    for (const [index, known] of this.#known.entries()) {
      if (known.delete(plan)) (this.#workers[index] as Worker).postMessage({ kind: "forget", plan } satisfies MessageToWorker);
    }
  }

  /**
   * Lets workers that are still starting get up: one that is ended while it loads what multiplies takes the process with
   * it, because the native module that loads it cannot throw into a thread that is being ended.
   */
  readonly #awaitStart = (): void => {
    if (this.multipliers.native === null && this.multipliers.blas === null) return;
    const until = performance.now() + longestStartMs;
    for (;;) {
      const alive = Atomics.load(this.#control, word.alive);
      if (alive >= this.#workers.length || performance.now() > until) return;
      Atomics.wait(this.#control, word.alive, alive, 5);
    }
  };

  /**
   * Waits until the workers have left a run whose thread 0 is gone. Ending a worker takes effect only some time later;
   * until then it would go on writing into memory that the next run uses.
   */
  #awaitLeft(): void {
    const control = this.#control;
    Atomics.store(control, word.failed, 1); // lets them out of their barrier
    Atomics.notify(control, word.phase);
    const taken = (control[word.parts] as number) - (control[word.firstThread] as number);
    const until = performance.now() + longestCallMs;
    for (let done = Atomics.load(control, word.done); done < taken && performance.now() < until; done = Atomics.load(control, word.done)) {
      Atomics.wait(control, word.done, done, 1);
    }
  }

  /** Ends the workers. */
  close(): void {
    if (this.#inside) this.#awaitLeft();
    this.#awaitStart();
    process.off("exit", this.#awaitStart);
    for (const worker of this.#workers) void worker.terminate();
    this.#workers.length = 0;
    this.#known.length = 0;
    this.#control[word.alive] = 0;
  }
}
