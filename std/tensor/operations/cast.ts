import { applyOne, defineOperation, type Operation } from "../operation.js";
import type { DType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { isFloat } from "./operand.js";

export interface CastAttributes {
  readonly dtype: DType;
}

export const castOperation: Operation<CastAttributes> = defineOperation<CastAttributes>({
  name: "cast",
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  gradient: ({ inputs: [x], gradients: [g] }) => [isFloat(x.dtype) && isFloat(g.dtype) ? cast(g, x.dtype) : null],
  evaluate([x], { dtype }, [out]) {
    const source = x.data;
    const target = out.data;
    if (dtype === "bool") for (let i = 0; i < target.length; i++) target[i] = source[i] === 0 ? 0 : 1;
    else target.set(source); // toward zero for integers, rounded to nearest for f32
  },
});

/** The same values in another dtype; to integers toward zero, to bool "is not 0". */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : applyOne(castOperation, [x], { dtype });
}

export const identityOperation: Operation<null> = defineOperation<null>({
  name: "identity",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ gradients: [g] }) => [g],
  evaluate: ([x], _, [out]) => out.data.set(x.data),
});

/** The same value as a node of its own: what `grad` differentiates with respect to. */
export function identity(x: Tensor): Tensor {
  return applyOne(identityOperation, [x], null);
}

export const stopGradientOperation: Operation<null> = defineOperation<null>({
  name: "stopGradient",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: () => [null],
  evaluate: ([x], _, [out]) => out.data.set(x.data),
});

/** The same value, taken as a constant when gradients are computed. */
export function stopGradient(x: Tensor): Tensor {
  return applyOne(stopGradientOperation, [x], null);
}
