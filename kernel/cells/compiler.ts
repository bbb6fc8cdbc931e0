import { Worker } from "node:worker_threads";
import { compiledFile } from "../package-root.js";
import type { CompilerAnswer, CompilerCalls, CompilerRequest } from "./messages.js";

/** The cell compiler, seen from the thread that waits for it. */
export class Compiler {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #requests = 0;

  constructor(directory: string) {
    this.#thread = new Worker(compiledFile("kernel/cells/compiler-thread"), { workerData: { directory } });
    this.#thread.on("message", (answer: CompilerAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.value as never);
    });
    this.#thread.on("error", (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  call<K extends keyof CompilerCalls>(call: K, argument: Parameters<CompilerCalls[K]>[0]): Promise<ReturnType<CompilerCalls[K]>> {
    this.#requests += 1;
    const id = this.#requests;
    this.#thread.postMessage({ id, call, argument } satisfies CompilerRequest);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: never) => void, reject });
    });
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
