import { applyOne, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { div, mul, neg, square, sub } from "./arithmetic.js";
import { unaryOperation } from "./element-wise.js";
import { toFloat, type TensorLike } from "./operand.js";

export const expOperation: Operation<null> = unaryOperation("exp", Math.exp, (g, _x, y) => mul(g, y));
export const logOperation: Operation<null> = unaryOperation("log", Math.log, (g, x) => div(g, x));
export const sqrtOperation: Operation<null> = unaryOperation("sqrt", Math.sqrt, (g, _x, y) => div(mul(g, 0.5), y));
/** -1/2 x^(-3/2) is -1/2 y^3. */
export const rsqrtOperation: Operation<null> = unaryOperation(
  "rsqrt",
  (x) => 1 / Math.sqrt(x),
  (g, _x, y) => mul(mul(g, -0.5), mul(y, square(y))),
);
export const sinOperation: Operation<null> = unaryOperation("sin", Math.sin, (g, x) => mul(g, cos(x)));
export const cosOperation: Operation<null> = unaryOperation("cos", Math.cos, (g, x) => neg(mul(g, sin(x))));
export const tanhOperation: Operation<null> = unaryOperation("tanh", Math.tanh, (g, _x, y) => mul(g, sub(1, square(y))));
export const erfOperation: Operation<null> = unaryOperation("erf", errorFunction, (g, x) =>
  mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);

/**
 * erf to about 1e-15: its Maclaurin series near 0, the continued fraction of erfc (Lentz) further out.
 * Abramowitz & Stegun, 7.1.6 and 7.1.14.
 */
function errorFunction(x: number): number {
  const z = Math.abs(x);
  if (z === 0 || Number.isNaN(z)) return x;
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * Math.exp(-z * z) * sum) / Math.sqrt(Math.PI);
  }
  // erfc(z) = exp(-z^2)/sqrt(pi) * 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + ...)))), from the inside out.
  let fraction = z;
  for (let n = 80; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction));
}

/** e^x. */
export function exp(x: TensorLike): Tensor {
  return applyOne(expOperation, [toFloat(x)], null);
}

/** The natural logarithm. */
export function log(x: TensorLike): Tensor {
  return applyOne(logOperation, [toFloat(x)], null);
}

export function sqrt(x: TensorLike): Tensor {
  return applyOne(sqrtOperation, [toFloat(x)], null);
}

/** 1 / sqrt(x). */
export function rsqrt(x: TensorLike): Tensor {
  return applyOne(rsqrtOperation, [toFloat(x)], null);
}

/** The sine of x in radians. */
export function sin(x: TensorLike): Tensor {
  return applyOne(sinOperation, [toFloat(x)], null);
}

/** The cosine of x in radians. */
export function cos(x: TensorLike): Tensor {
  return applyOne(cosOperation, [toFloat(x)], null);
}

/** The hyperbolic tangent, (e^x - e^-x) / (e^x + e^-x). */
export function tanh(x: TensorLike): Tensor {
  return applyOne(tanhOperation, [toFloat(x)], null);
}

/** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erf(x: TensorLike): Tensor {
  return applyOne(erfOperation, [toFloat(x)], null);
}
