import type { Executor } from "../engine/executor.js";
import { portableExecutor } from "../tensor/portable.js";

/** What runs training steps and evaluations. */
export function trainingExecutor(): Executor {
  return portableExecutor;
}

/** "wasm relaxed SIMD, 2 threads, OpenBLAS", for the run record. */
export function engineDescription(): string {
  return portableExecutor.name;
}
