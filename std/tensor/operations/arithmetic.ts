import { applyOne, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { greater, equal } from "./comparison.js";
import { cast } from "./cast.js";
import { binaryOperation, unaryOperation } from "./element-wise.js";
import { log } from "./exponential.js";
import { isFloat, promote, promoteNumbers, toFloat, toNumber, type TensorLike } from "./operand.js";
import { where } from "./selection.js";

export const addOperation: Operation<null> = binaryOperation(
  "add",
  (a, b) => a + b,
  (g) => [g, g],
);
export const subOperation: Operation<null> = binaryOperation(
  "sub",
  (a, b) => a - b,
  (g, _a, _b, _y, wanted) => [g, wanted[1] ? neg(g) : null],
);
export const mulOperation: Operation<null> = binaryOperation(
  "mul",
  (a, b) => a * b,
  (g, a, b, _y, wanted) => [wanted[0] ? mul(g, b) : null, wanted[1] ? mul(g, a) : null],
);
export const divOperation: Operation<null> = binaryOperation(
  "div",
  (a, b) => a / b,
  (g, _a, b, y, wanted) => [wanted[0] ? div(g, b) : null, wanted[1] ? neg(div(mul(g, y), b)) : null],
);
export const powOperation: Operation<null> = binaryOperation("pow", Math.pow, (g, a, b, y, wanted) => [
  wanted[0] ? mul(g, mul(b, pow(a, sub(b, 1)))) : null,
  // a^b ln a, and 0 where a is 0, so that 0^2 does not make the gradient NaN.
  wanted[1] ? where(equal(a, 0), 0, mul(g, mul(y, log(where(equal(a, 0), 1, a))))) : null,
]);
export const maximumOperation: Operation<null> = binaryOperation("maximum", Math.max, (g, a, b) => shareByOrder(g, a, b));
export const minimumOperation: Operation<null> = binaryOperation("minimum", Math.min, (g, a, b) => shareByOrder(g, b, a));

/** The gradient goes to the larger of two; where they are equal, half to each. */
function shareByOrder(g: Tensor, larger: Tensor, smaller: Tensor): [Tensor, Tensor] {
  const tie = mul(cast(equal(larger, smaller), g.dtype), 0.5);
  const toLarger = mul(g, add(cast(greater(larger, smaller), g.dtype), tie));
  const toSmaller = mul(g, add(cast(greater(smaller, larger), g.dtype), tie));
  return [toLarger, toSmaller];
}

export const negOperation: Operation<null> = unaryOperation(
  "neg",
  (x) => -x,
  (g) => neg(g),
  { integers: true },
);
export const absOperation: Operation<null> = unaryOperation("abs", Math.abs, (g, x) => mul(g, sign(x)), { integers: true });
export const signOperation: Operation<null> = unaryOperation("sign", Math.sign, () => null, { integers: true });
export const squareOperation: Operation<null> = unaryOperation(
  "square",
  (x) => x * x,
  (g, x) => mul(g, mul(x, 2)),
  { integers: true },
);
export const reciprocalOperation: Operation<null> = unaryOperation(
  "reciprocal",
  (x) => 1 / x,
  (g, _x, y) => neg(mul(g, square(y))),
);
export const floorOperation: Operation<null> = unaryOperation("floor", Math.floor, () => null);
export const ceilOperation: Operation<null> = unaryOperation("ceil", Math.ceil, () => null);
/** Halves go to the even neighbour, as in NumPy, IEEE 754 and WebAssembly's `nearest`. */
export const roundOperation: Operation<null> = unaryOperation("round", roundHalfToEven, () => null);

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const nearest = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return nearest === 0 && x < 0 ? -0 : nearest;
}

/** a + b, operands broadcast. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(addOperation, promoteNumbers(a, b), null);
}

/** a - b, operands broadcast. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(subOperation, promoteNumbers(a, b), null);
}

/** a * b element by element, operands broadcast. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(mulOperation, promoteNumbers(a, b), null);
}

/** a / b, operands broadcast; integers are divided as f32. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = promote(a, b);
  return applyOne(divOperation, isFloat(left.dtype) ? [left, right] : [cast(left, "f32"), cast(right, "f32")], null);
}

/** a to the power b, operands broadcast. */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  return b === 2 ? square(a) : applyOne(powOperation, promoteNumbers(a, b), null);
}

/** The larger of a and b; NaN where either is. The gradient goes to the larger, half to each where they are equal. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(maximumOperation, promote(a, b), null);
}

/** The smaller of a and b; NaN where either is. The gradient goes to the smaller, half to each where they are equal. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(minimumOperation, promote(a, b), null);
}

/** x limited to [low, high]. */
export function clamp(x: TensorLike, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high);
}

export function neg(x: TensorLike): Tensor {
  return applyOne(negOperation, [toNumber(x)], null);
}

/** |x|; the gradient at 0 is 0. */
export function abs(x: TensorLike): Tensor {
  return applyOne(absOperation, [toNumber(x)], null);
}

/** -1, 0 or 1; its gradient is 0. */
export function sign(x: TensorLike): Tensor {
  return applyOne(signOperation, [toNumber(x)], null);
}

export function square(x: TensorLike): Tensor {
  return applyOne(squareOperation, [toNumber(x)], null);
}

/** 1 / x. */
export function reciprocal(x: TensorLike): Tensor {
  return applyOne(reciprocalOperation, [toFloat(x)], null);
}

export function floor(x: TensorLike): Tensor {
  return applyOne(floorOperation, [toFloat(x)], null);
}

export function ceil(x: TensorLike): Tensor {
  return applyOne(ceilOperation, [toFloat(x)], null);
}

/** To the nearest whole number, halves to the even one. */
export function round(x: TensorLike): Tensor {
  return applyOne(roundOperation, [toFloat(x)], null);
}
