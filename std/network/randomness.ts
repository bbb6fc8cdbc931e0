import { sizeOf } from "../tensor/shape.js";
import { uniformAt, type RandomKey } from "../tensor/index.js";
import type { ForwardOptions } from "./network.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * Uniform numbers in [0, 1) for a layer: another draw in each step, for each layer and for each `draw` within it; the same
 * for the same seed. Without a step counter, the numbers of step 0. An example's numbers do not depend on how its batch is cut.
 * @param shape with the batch first, if it is a draw for each example
 */
export function uniformNumbers(
  shape: readonly number[],
  seed: number,
  stream: number,
  draw: number,
  { step, piece }: Pick<ForwardOptions, "step" | "piece">,
): Tensor {
  // Draws of one layer take streams far apart: the golden ratio's multiples, as hashes of small numbers do.
  const key: RandomKey = [seed, (stream + Math.imul(draw, 0x9e3779b9)) >>> 0];
  if (piece === undefined || (shape[0] ?? 1) % piece.size !== 0) return uniformAt(step ?? 0, key, shape);
  return uniformAt(step ?? 0, key, shape, { position: piece.position, stride: sizeOf(shape) / piece.size });
}
