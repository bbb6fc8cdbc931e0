import { hyperbolicTangent, logistic } from "../math";

/** What follows a matrix product or a convolution in the same pass over its result; the numbers are those of `lowering`. */
export namespace Activation {
  export const none: i32 = 0;
  export const relu: i32 = 1;
  export const tanh: i32 = 2;
  export const sigmoid: i32 = 3;
}

// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0)); // pmax keeps a NaN of its first operand
}

/** tanh and sigmoid are rare after a product: not inlined, so that the micro-kernel stays small. */
export function activate(x: v128, activation: i32): v128 {
  if (activation == Activation.tanh) return hyperbolicTangent(x);
  if (activation == Activation.sigmoid) return logistic(x);
  return relu(x);
}
