import { ShapeError } from "../../errors.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, mul, square, sub } from "./arithmetic.js";
import { checkChannels } from "./channels.js";
import { rsqrt } from "./exponential.js";
import { toFloat } from "./operand.js";
import { mean, variance } from "./reductions.js";
import { reshape } from "./reshaping.js";

/** Numbers of mean 0 and variance 1 over the axes. */
function standardize(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const over = { axes, keepDims: true };
  return mul(sub(x, mean(x, over)), rsqrt(add(variance(x, over), epsilon)));
}

/**
 * Group normalisation (Wu & He 2018): each example's channels in `groups` groups, each with mean 0 and variance 1 over its
 * channels and all spatial axes. x: N x ...spatial x C; scale, shift: C.
 * @param options.epsilon default 1e-5
 */
export function groupNorm(x: Tensor, scale: Tensor, shift: Tensor, groups: number, options: { readonly epsilon?: number } = {}): Tensor {
  const channels = x.shape.at(-1) as number;
  if (x.rank < 2) throw new ShapeError(`groupNorm: a batch is N x ...spatial x channels, but this is ${formatShape(x.shape)}`);
  if (channels % groups !== 0)
    throw new ShapeError(`groupNorm: ${groups} groups do not divide the ${channels} channels of ${formatShape(x.shape)}`);
  const floating = toFloat(x);
  checkChannels(
    floating,
    [
      ["scale", scale],
      ["shift", shift],
    ],
    "groupNorm",
  );
  // N x S x G x C/G
  const grouped = reshape(floating, [x.shape[0] as number, sizeOf(x.shape.slice(1, -1)), groups, channels / groups]);
  const normal = reshape(standardize(grouped, [1, 3], options.epsilon ?? 1e-5), x.shape);
  return add(mul(normal, scale), shift);
}

/** Instance normalisation (Ulyanov et al. 2016): each channel of each example has mean 0 and variance 1 over its spatial axes. */
export function instanceNorm(x: Tensor, scale: Tensor, shift: Tensor, options: { readonly epsilon?: number } = {}): Tensor {
  if (x.rank < 3) throw new ShapeError(`instanceNorm: a batch of images is N x ...spatial x channels, but this is ${formatShape(x.shape)}`);
  const spatial = x.shape.flatMap((_, axis) => (axis > 0 && axis < x.rank - 1 ? [axis] : []));
  const floating = toFloat(x);
  checkChannels(
    floating,
    [
      ["scale", scale],
      ["shift", shift],
    ],
    "instanceNorm",
  );
  return add(mul(standardize(floating, spatial, options.epsilon ?? 1e-5), scale), shift);
}

/**
 * Root-mean-square normalisation (Zhang & Sennrich 2019): scale x / sqrt(mean(x^2) + epsilon) over the last axis.
 * @param options.epsilon default 1e-5
 */
export function rmsNorm(x: Tensor, scale: Tensor, options: { readonly epsilon?: number } = {}): Tensor {
  const floating = toFloat(x);
  checkChannels(floating, [["scale", scale]], "rmsNorm");
  const power = mean(square(floating), { axes: -1, keepDims: true });
  return mul(mul(floating, rsqrt(add(power, options.epsilon ?? 1e-5))), scale);
}
