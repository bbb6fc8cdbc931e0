import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { ForwardContext } from "../definition.js";

/**
 * x with random parts set to 0 and the rest divided by (1 - rate), so that the mean stays; x itself outside training.
 * @param draw tells several masks of one layer apart
 * @param maskShape the shape of the mask, which broadcasts over x: extents of 1 drop whole slices together.
 */
export function dropByMask(x: Tensor, rate: number, maskShape: readonly number[], context: ForwardContext, draw = 0): Tensor {
  if (!context.training || rate === 0) return x;
  if (rate === 1) return operations.mul(x, 0);
  const kept = operations.cast(operations.greaterEqual(context.uniform(maskShape, draw), rate), x.dtype);
  return operations.mul(x, operations.mul(kept, 1 / (1 - rate)));
}
