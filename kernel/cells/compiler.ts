import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { compiledFile } from "../package-root.js";
import type { CompilerAnswer, CompilerCalls, CompilerRequest } from "./messages.js";

/**
 * The compiler holds some 90 MiB, and every cell leaves 10 behind. V8 lets garbage grow to four times what is in use where a heap may
 * have more than 2 GiB, to twice where it may have less; 24 MiB for what is young are as fast as the 48 it would take.
 */
const resourceLimits = {
  maxOldGenerationSizeMb: Math.min(2_000, Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20)),
  maxYoungGenerationSizeMb: 24,
};

/** The cell compiler, seen from the thread that waits for it. */
export class Compiler {
  readonly #directory: string;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #thread: Worker | undefined;
  #requests = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#thread = this.#start();
    // Until the first cell comes, the compiler can use the time.
    void this.call("warmUp", {}).catch(() => {});
  }

  /** Rejects when the compiler itself fails; the call after that starts a new one, which knows no earlier declarations. */
  call<K extends keyof CompilerCalls>(call: K, argument: Parameters<CompilerCalls[K]>[0]): Promise<ReturnType<CompilerCalls[K]>> {
    this.#thread ??= this.#start();
    this.#requests += 1;
    const id = this.#requests;
    this.#thread.postMessage({ id, call, argument } satisfies CompilerRequest);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve, reject });
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(compiledFile("kernel/cells/compiler-thread"), { workerData: { directory: this.#directory }, resourceLimits });
    thread.on("message", (answer: CompilerAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.value as never);
    });
    let cause = new Error("the compiler's thread ended");
    thread.on("error", (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    thread.on("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
      const waiting = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of waiting) reject(cause);
    });
    return thread;
  }
}
