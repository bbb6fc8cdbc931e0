import { uniformAt } from "../tensor/index.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * Uniform numbers in [0, 1) for a layer: another draw in each step, for each layer and for each `draw` within it; the same
 * for the same seed. Without a step counter, the numbers of step 0.
 */
export function uniformNumbers(shape: readonly number[], seed: number, stream: number, draw: number, step: Tensor | undefined): Tensor {
  // Draws of one layer take streams far apart: the golden ratio's multiples, as hashes of small numbers do.
  return uniformAt(step ?? 0, [seed, (stream + Math.imul(draw, 0x9e3779b9)) >>> 0], shape);
}
