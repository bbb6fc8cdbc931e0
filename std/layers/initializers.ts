import type { Tensor } from "../tensor/tensor.js";

/** How a parameter starts: a name for docs and records, and the values for a shape, drawn from a stream of its own. */
export interface Initializer {
  readonly name: string;
  /** `key` is the stream (seed and the parameter's path); the same key gives the same values on every machine. */
  create(shape: readonly number[], fans: { readonly fanIn: number; readonly fanOut: number }, key: readonly [number, number]): Tensor;
}
