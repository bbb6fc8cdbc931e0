import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { broadcastShapes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { broadcastData } from "./element-wise.js";
import { promote, symbolicScalar, type TensorLike } from "./operand.js";
import { sumTo } from "./reductions.js";

export const whereOperation: Operation<null> = defineOperation<null, 3>({
  name: "where",
  infer([condition, a, b]) {
    if (condition.dtype !== "bool")
      throw new ShapeError(`where: the condition must be bool, but it is ${condition.dtype}; compare it with something`);
    if (a.dtype !== b.dtype) throw new ShapeError(`where: one choice is ${a.dtype}, the other ${b.dtype}; cast one of them`);
    const choices = broadcastShapes(a.shape, b.shape, "where");
    return [{ shape: broadcastShapes(condition.shape, choices, "where"), dtype: a.dtype }];
  },
  gradient({ inputs: [condition, a, b], gradients: [g], wanted }) {
    const zero = symbolicScalar(0, g.dtype);
    return [
      null,
      wanted[1] ? sumTo(where(condition, g, zero), a.shape) : null,
      wanted[2] ? sumTo(where(condition, zero, g), b.shape) : null,
    ];
  },
  evaluate([condition, a, b], _, [out]) {
    const target = out.data;
    const test = broadcastData(condition, out.shape);
    const yes = broadcastData(a, out.shape);
    const no = broadcastData(b, out.shape);
    for (let i = 0; i < target.length; i++) target[i] = (test[i] !== 0 ? yes[i] : no[i]) as number;
  },
});

/** a where the condition holds, b elsewhere; all three broadcast. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return applyOne(whereOperation, [cast(condition, "bool"), ...promote(a, b)], null);
}
