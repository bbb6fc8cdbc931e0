import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { add, minimum, mul, square, sub } from "./arithmetic.js";
import { greater } from "./comparison.js";
import { unaryOperation } from "./element-wise.js";
import { erf, erfOperation, exp, tanh } from "./exponential.js";
import { isFloat, toFloat, type TensorLike } from "./operand.js";
import { where } from "./selection.js";

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

export const stepOperation: Operation<null> = unaryOperation(
  "step",
  (x) => (x > 0 ? 1 : 0),
  () => null,
);
export const reluOperation: Operation<null> = unaryOperation(
  "relu",
  (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  (g, _x, y) => mul(g, step(y)),
);
export const sigmoidOperation: Operation<null> = unaryOperation("sigmoid", logistic, (g, _x, y) => mul(g, mul(y, sub(1, y))));
export const softplusOperation: Operation<null> = unaryOperation(
  "softplus",
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  (g, x) => mul(g, sigmoid(x)),
);
export const siluOperation: Operation<null> = unaryOperation(
  "silu",
  (x) => x * logistic(x),
  (g, x) => {
    const s = sigmoid(x);
    return mul(g, mul(s, add(1, mul(x, sub(1, s)))));
  },
);

/** An activation with one number beside x. */
function parametricOperation<A>(
  name: string,
  compute: (x: number, attributes: A) => number,
  gradient: (g: Tensor, x: Tensor, y: Tensor, attributes: A) => Tensor,
): Operation<A> {
  return defineOperation<A>({
    name,
    infer([x]) {
      if (!isFloat(x.dtype)) throw new ShapeError(`${name}: a tensor of f32 or f64 is needed, but this one is ${x.dtype}; cast it`);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    gradient: ({ inputs: [x], outputs: [y], gradients: [g], attributes }) => [gradient(g, x, y, attributes)],
    evaluate([x], attributes, [out]) {
      for (let i = 0; i < out.data.length; i++) out.data[i] = compute(x.data[i] as number, attributes);
    },
  });
}

export interface LeakyReluAttributes {
  readonly slope: number;
}

export const leakyReluOperation: Operation<LeakyReluAttributes> = parametricOperation<LeakyReluAttributes>(
  "leakyRelu",
  (x, { slope }) => (x > 0 ? x : slope * x),
  (g, x, _y, { slope }) => where(greater(x, 0), g, mul(g, slope)),
);

export interface EluAttributes {
  readonly alpha: number;
}

export const eluOperation: Operation<EluAttributes> = parametricOperation<EluAttributes>(
  "elu",
  (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  // From x, not from y + alpha: the gradient of second order then follows by itself.
  (g, x, _y, { alpha }) => where(greater(x, 0), g, mul(g, mul(exp(minimum(x, 0)), alpha))),
);

export interface GeluAttributes {
  readonly form: "exact" | "tanh";
}

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

export const geluOperation: Operation<GeluAttributes> = parametricOperation<GeluAttributes>(
  "gelu",
  (x, { form }) => {
    if (form === "tanh") return 0.5 * x * (1 + Math.tanh(tanhScale * (x + tanhCubic * x * x * x)));
    return 0.5 * x * (1 + scalarErf(x / Math.SQRT2));
  },
  (g, x, _y, { form }) => {
    if (form === "exact") {
      const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
      const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return mul(g, add(cumulative, mul(x, density)));
    }
    const t = tanh(mul(mul(x, tanhScale), add(mul(square(x), tanhCubic), 1)));
    const slope = mul(add(mul(square(x), 3 * tanhCubic), 1), tanhScale);
    return mul(g, mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), slope)), 0.5));
  },
);

/** erf of one number, by the operation of that name. */
function scalarErf(x: number): number {
  const result = { shape: [], dtype: "f64" as const, data: new Float64Array(1) };
  erfOperation.evaluate([{ shape: [], dtype: "f64", data: Float64Array.of(x) }], null, [result]);
  return result.data[0] as number;
}

/** 1 where x > 0, else 0 (Rosenblatt's threshold); its gradient is 0. */
export function step(x: TensorLike): Tensor {
  return applyOne(stepOperation, [toFloat(x)], null);
}

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: TensorLike): Tensor {
  return applyOne(reluOperation, [toFloat(x)], null);
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: TensorLike): Tensor {
  return applyOne(sigmoidOperation, [toFloat(x)], null);
}

/** x where x > 0, else slope * x (Maas et al. 2013). @param slope default 0.01 */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  return applyOne(leakyReluOperation, [toFloat(x)], { slope });
}

/** x where x > 0, else alpha (e^x - 1) (Clevert et al. 2015). @param alpha default 1 */
export function elu(x: TensorLike, alpha = 1): Tensor {
  return applyOne(eluOperation, [toFloat(x)], { alpha });
}

/** Scaled so that activations keep mean 0 and variance 1 (Klambauer et al. 2017): 1.0507 elu(x, 1.6733). */
export function selu(x: TensorLike): Tensor {
  return mul(elu(x, 1.6732632423543772), 1.0507009873554805);
}

/** x times the cumulative normal distribution at x (Hendrycks & Gimpel 2016), exact or by its tanh form. @param form default exact */
export function gelu(x: TensorLike, form: "exact" | "tanh" = "exact"): Tensor {
  return applyOne(geluOperation, [toFloat(x)], { form });
}

/** x sigmoid(x), also called swish. */
export function silu(x: TensorLike): Tensor {
  return applyOne(siluOperation, [toFloat(x)], null);
}

/** log(1 + e^x). */
export function softplus(x: TensorLike): Tensor {
  return applyOne(softplusOperation, [toFloat(x)], null);
}
