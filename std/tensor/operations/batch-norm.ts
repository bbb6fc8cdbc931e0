import { ShapeError } from "../../errors.js";
import { gradientByComposition, gradientsThrough } from "../composition.js";
import { apply, defineOperation, type Operation } from "../operation.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, mul, sub } from "./arithmetic.js";
import { checkChannels } from "./channels.js";
import { rsqrt } from "./exponential.js";
import { symbolicScalar, toFloat } from "./operand.js";
import { mean, variance } from "./reductions.js";
import { broadcastTo } from "./reshaping.js";

export interface NormAttributes {
  readonly epsilon: number;
}

/**
 * Inputs x ... x C, scale C, shift C; outputs y of x's shape, and each channel's mean and (biased) variance over all other
 * axes. Ioffe & Szegedy 2015: y = scale (x - mean) / sqrt(variance + epsilon) + shift.
 */
export const batchNormOperation: Operation<NormAttributes> = defineOperation<NormAttributes, 3, 3>({
  name: "batchNorm",
  infer([x, scale, shift]) {
    checkChannels(
      x,
      [
        ["scale", scale],
        ["shift", shift],
      ],
      "batchNorm",
    );
    const { shape, dtype } = x;
    const statistic = { shape: shape.slice(-1), dtype };
    return [{ shape, dtype }, statistic, statistic];
  },
  gradient({ inputs: [x, scale], outputs: [, average, spread], gradients: [gy, gMean, gVariance], attributes, wanted }) {
    const [gx, gScale, gShift] = gy === null ? [] : apply(batchNormGradientOperation, [x, scale, average, spread, gy], attributes);
    if (gMean === null && gVariance === null) return [gx ?? null, gScale ?? null, gShift ?? null];
    // Someone differentiates the statistics themselves, which no training step does.
    const [more] = gradientByComposition(([inner]) => [batchMean(inner), batchVariance(inner)], {
      inputs: [x] as const,
      gradients: [gMean, gVariance],
      wanted: [wanted[0]],
    });
    return [gx === undefined || more === null ? (gx ?? more) : add(gx, more), gScale ?? null, gShift ?? null];
  },
  evaluate([x, scale, shift], { epsilon }, [y, average, spread]) {
    const channels = scale.data.length;
    const count = x.data.length / channels;
    const sums = new Float64Array(channels);
    for (let i = 0; i < x.data.length; i++) sums[i % channels] = (sums[i % channels] as number) + (x.data[i] as number);
    const means = sums.map((total) => total / count);
    const squares = new Float64Array(channels);
    for (let i = 0; i < x.data.length; i++) {
      const distance = (x.data[i] as number) - (means[i % channels] as number);
      squares[i % channels] = (squares[i % channels] as number) + distance * distance;
    }
    average.data.set(means);
    spread.data.set(squares.map((total) => total / count));
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const normal = ((x.data[i] as number) - (means[c] as number)) / Math.sqrt((squares[c] as number) / count + epsilon);
      y.data[i] = normal * (scale.data[c] as number) + (shift.data[c] as number);
    }
  },
});

/** Inputs x, scale, mean, variance and y's gradient g; outputs the gradients of x, scale and shift. */
export const batchNormGradientOperation: Operation<NormAttributes> = defineOperation<NormAttributes, 5, 3>({
  name: "batchNormGradient",
  infer: ([x, scale]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: scale.shape, dtype: x.dtype },
    { shape: scale.shape, dtype: x.dtype },
  ],
  gradient({ inputs: [x, scale, , , g], gradients, attributes, wanted }) {
    // Mean and variance are functions of x; everything is counted on the way through x.
    const found = gradientByComposition(
      ([image, factor, incoming]) =>
        gradientsThrough(
          ([a, b, c]) => [composeBatchNorm(a, b, c, attributes.epsilon)],
          [image, factor, broadcastTo(symbolicScalar(0, x.dtype), scale.shape)] as const,
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
    const channels = scale.data.length;
    const count = x.data.length / channels;
    const inverse = Float64Array.from(spread.data, (value) => 1 / Math.sqrt(value + epsilon));
    const normalized = (i: number, c: number): number => ((x.data[i] as number) - (average.data[c] as number)) * (inverse[c] as number);
    const sums = new Float64Array(channels);
    const products = new Float64Array(channels);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      sums[c] = (sums[c] as number) + (g.data[i] as number);
      products[c] = (products[c] as number) + (g.data[i] as number) * normalized(i, c);
    }
    gShift.data.set(sums);
    gScale.data.set(products);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const centered = (g.data[i] as number) - ((sums[c] as number) + normalized(i, c) * (products[c] as number)) / count;
      gx.data[i] = (scale.data[c] as number) * (inverse[c] as number) * centered;
    }
  },
});

const batchAxes = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);
const batchMean = (x: Tensor): Tensor => mean(x, { axes: batchAxes(x) });
const batchVariance = (x: Tensor): Tensor => variance(x, { axes: batchAxes(x) });

function composeBatchNorm(x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor {
  const factor = mul(scale, rsqrt(add(batchVariance(x), epsilon)));
  return add(mul(sub(x, batchMean(x)), factor), shift);
}

export interface BatchNormResult {
  readonly y: Tensor;
  readonly mean: Tensor;
  /** Divided by the count, not by the count less one. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation in training: each channel gets mean 0 and variance 1 over the batch and all spatial axes, then scale
 * and shift (Ioffe & Szegedy 2015). x: N x ... x C; scale, shift: C.
 * @param options.epsilon default 1e-5
 */
export function batchNorm(x: Tensor, scale: Tensor, shift: Tensor, options: { readonly epsilon?: number } = {}): BatchNormResult {
  const floating = toFloat(x);
  if (floating.rank < 1 || sizeOf(floating.shape) === 0)
    throw new ShapeError(`batchNorm: there is nothing to take a mean of in ${formatShape(x.shape)}`);
  const [y, average, spread] = apply(batchNormOperation, [floating, scale, shift], { epsilon: options.epsilon ?? 1e-5 });
  return { y: y as Tensor, mean: average as Tensor, variance: spread as Tensor };
}

/** Batch normalisation with statistics collected before: scale (x - mean) / sqrt(variance + epsilon) + shift. */
export function batchNormInference(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  statistics: { readonly mean: Tensor; readonly variance: Tensor },
  options: { readonly epsilon?: number } = {},
): Tensor {
  const { mean, variance } = statistics;
  checkChannels(x, [["scale", scale], ["shift", shift], ["mean", mean], ["variance", variance]], "batchNormInference"); // prettier-ignore
  const factor = mul(scale, rsqrt(add(variance, options.epsilon ?? 1e-5)));
  return add(mul(x, factor), sub(shift, mul(mean, factor)));
}
