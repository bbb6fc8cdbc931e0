import type { Graph } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";

/** The boundary between a graph and what runs it; a second executor (WebGPU) is one more folder behind this. */
export interface Executor {
  readonly name: string;
  /** Plans a graph: fuses, lays out memory, picks kernels. @throws LamellaError with figures when it cannot fit. */
  prepare(graph: Graph, options?: PrepareOptions): Executable;
}

export interface PrepareOptions {
  /** For messages and the profile: "training step of LeNet". */
  readonly name?: string;
  /** Check every result for NaN and infinity and name the first operation that made one. */
  readonly checkNumbers?: boolean;
  /**
   * How many of the first outputs (the losses) must be finite, with everything that the variables' new values are made of:
   * otherwise the run ends with an error (E900) before a variable has changed. Default 0: nothing is looked at.
   */
  readonly guardedOutputs?: number;
}

/** A planned graph. Inputs must have the traced types. */
export interface Executable {
  /** Bytes of engine memory the plan needs while it runs, beside the variables. */
  readonly peakBytes: number;
  /** Runs on the calling thread (with the workers' help where it pays) and gives the outputs. */
  run(inputs: readonly Tensor[]): Tensor[];
  /** Runs without blocking the calling thread. @throws AbortError within one kernel call after `signal` fires; variables keep their last whole step. */
  runAsync(inputs: readonly Tensor[], options?: { signal?: AbortSignal }): Promise<Tensor[]>;
  /** Frees the plan's memory. */
  dispose(): void;
}
