import { gradientsOf } from "./gradient.js";
import { add } from "./operations/arithmetic.js";
import { symbolicScalar } from "./operations/operand.js";
import { broadcastTo } from "./operations/reshaping.js";
import type { Tensor } from "./tensor.js";

/**
 * The gradient of a loss (one number) with respect to each target, as new nodes of the trace that is running. Used by
 * the training step; outside a trace see `grad`.
 * @throws ShapeError when the loss is not one number; LamellaError when an operation on the way has no gradient.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  return gradientsOf(loss, targets, {
    add,
    zerosLike: (like) => broadcastTo(symbolicScalar(0, like.dtype), like.shape),
    onesLike: (like) => broadcastTo(symbolicScalar(1, like.dtype), like.shape),
  });
}
