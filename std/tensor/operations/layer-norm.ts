import { ShapeError } from "../../errors.js";
import { gradientByComposition, gradientsThrough } from "../composition.js";
import { apply, defineOperation, type Operation } from "../operation.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, mul, sub } from "./arithmetic.js";
import type { NormAttributes } from "./batch-norm.js";
import { rsqrt } from "./exponential.js";
import { symbolicScalar, toFloat } from "./operand.js";
import { mean, variance } from "./reductions.js";
import { broadcastTo } from "./reshaping.js";

/**
 * Inputs x ... x D, scale D, shift D; outputs y of x's shape, and each row's mean and (biased) variance, shape ....
 * Ba, Kiros & Hinton 2016: y = scale (x - mean) / sqrt(variance + epsilon) + shift, over the last axis.
 */
export const layerNormOperation: Operation<NormAttributes> = defineOperation<NormAttributes, 3, 3>({
  name: "layerNorm",
  infer([x, scale, shift]) {
    const { shape, dtype } = x;
    for (const [name, parameter] of [["scale", scale] as const, ["shift", shift] as const]) {
      if (parameter.shape.length !== 1 || parameter.shape[0] !== shape.at(-1)) {
        throw new ShapeError(
          `layerNorm: the last axis of ${formatShape(shape)} has ${shape.at(-1) ?? "no"} numbers, so ${name} must hold as ` +
            `many, but it is ${formatShape(parameter.shape)}`,
        );
      }
      if (parameter.dtype !== dtype) throw new ShapeError(`layerNorm: x is ${dtype}, ${name} ${parameter.dtype}; cast one of them`);
    }
    const statistic = { shape: shape.slice(0, -1), dtype };
    return [{ shape, dtype }, statistic, statistic];
  },
  gradient({ inputs: [x, scale], outputs: [, average, spread], gradients: [gy, gMean, gVariance], attributes, wanted }) {
    const [gx, gScale, gShift] = gy === null ? [] : apply(layerNormGradientOperation, [x, scale, average, spread, gy], attributes);
    if (gMean === null && gVariance === null) return [gx ?? null, gScale ?? null, gShift ?? null];
    const [more] = gradientByComposition(([inner]) => [mean(inner, { axes: -1 }), variance(inner, { axes: -1 })], {
      inputs: [x] as const,
      gradients: [gMean, gVariance],
      wanted: [wanted[0]],
    });
    return [gx === undefined || more === null ? (gx ?? more) : add(gx, more), gScale ?? null, gShift ?? null];
  },
  evaluate([x, scale, shift], { epsilon }, [y, average, spread]) {
    const width = scale.data.length;
    for (let row = 0; row < average.data.length; row++) {
      const start = row * width;
      let total = 0;
      for (let i = 0; i < width; i++) total += x.data[start + i] as number;
      const center = total / width;
      let squares = 0;
      for (let i = 0; i < width; i++) squares += ((x.data[start + i] as number) - center) ** 2;
      const inverse = 1 / Math.sqrt(squares / width + epsilon);
      average.data[row] = center;
      spread.data[row] = squares / width;
      for (let i = 0; i < width; i++)
        y.data[start + i] = ((x.data[start + i] as number) - center) * inverse * (scale.data[i] as number) + (shift.data[i] as number);
    }
  },
});

/** Inputs x, scale, mean, variance and y's gradient g; outputs the gradients of x, scale and shift (rows added in order). */
export const layerNormGradientOperation: Operation<NormAttributes> = defineOperation<NormAttributes, 5, 3>({
  name: "layerNormGradient",
  infer: ([x, scale]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: scale.shape, dtype: x.dtype },
    { shape: scale.shape, dtype: x.dtype },
  ],
  gradient({ inputs: [x, scale, , , g], gradients, attributes, wanted }) {
    const found = gradientByComposition(
      ([rows, factor, incoming]) =>
        gradientsThrough(
          ([a, b, c]) => [composeLayerNorm(a, b, c, attributes.epsilon)],
          [rows, factor, broadcastTo(symbolicScalar(0, x.dtype), scale.shape)] as const,
          [incoming],
        ),
      {
        inputs: [x, scale, g] as const,
        gradients,
        wanted: [wanted[0], wanted[1], wanted[4]],
      },
    );
    return [found[0], found[1], null, null, found[2]];
  },
  evaluate([x, scale, average, spread, g], { epsilon }, [gx, gScale, gShift]) {
    const width = scale.data.length;
    const scales = new Float64Array(width);
    const shifts = new Float64Array(width);
    for (let row = 0; row < average.data.length; row++) {
      const start = row * width;
      const center = average.data[row] as number;
      const inverse = 1 / Math.sqrt((spread.data[row] as number) + epsilon);
      let total = 0;
      let product = 0;
      for (let i = 0; i < width; i++) {
        const incoming = g.data[start + i] as number;
        const normal = ((x.data[start + i] as number) - center) * inverse;
        shifts[i] = (shifts[i] as number) + incoming;
        scales[i] = (scales[i] as number) + incoming * normal;
        total += incoming * (scale.data[i] as number);
        product += incoming * (scale.data[i] as number) * normal;
      }
      for (let i = 0; i < width; i++) {
        const normal = ((x.data[start + i] as number) - center) * inverse;
        gx.data[start + i] = inverse * ((g.data[start + i] as number) * (scale.data[i] as number) - (total + normal * product) / width);
      }
    }
    gScale.data.set(scales);
    gShift.data.set(shifts);
  },
});

function composeLayerNorm(x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor {
  const axes = { axes: -1, keepDims: true };
  return add(mul(mul(sub(x, mean(x, axes)), rsqrt(add(variance(x, axes), epsilon))), scale), shift);
}

/**
 * Layer normalisation over the last axis (Ba, Kiros & Hinton 2016). x: ... x D; scale, shift: D; result of x's shape.
 * @param options.epsilon default 1e-5
 */
export function layerNorm(x: Tensor, scale: Tensor, shift: Tensor, options: { readonly epsilon?: number } = {}): Tensor {
  return apply(layerNormOperation, [toFloat(x), scale, shift], { epsilon: options.epsilon ?? 1e-5 })[0] as Tensor;
}
