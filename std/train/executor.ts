import { engineInfo, executor } from "../engine/index.js";
import type { Executor } from "../engine/executor.js";

/** What runs training steps and evaluations. */
export function trainingExecutor(): Executor {
  return executor();
}

/** "WebAssembly relaxed SIMD, 2 threads, OpenBLAS", for the run record. */
export function engineDescription(): string {
  return engineInfo().description;
}
