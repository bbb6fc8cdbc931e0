import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type OperandArray, type Operation } from "../operation.js";
import { formatShape, sizeOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { maximum, mul, square } from "./arithmetic.js";
import { sqrt } from "./exponential.js";
import { toFloat } from "./operand.js";
import {
  forEachTap,
  geometryOf,
  padsPerAxis,
  perAxis,
  windowOutput,
  type PadOption,
  type Pads,
  type PerAxis,
  type WindowGeometry,
} from "./window.js";

export interface PoolAttributes {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly pad: Pads;
}

export interface AvgPoolAttributes extends PoolAttributes {
  /** Whether padding counts as zeros in the mean; otherwise a window divides by the entries inside the image. */
  readonly countPadding: boolean;
}

export interface AvgPoolGradientAttributes extends AvgPoolAttributes {
  readonly inputSpatial: readonly number[];
}

const noDilation = (attributes: PoolAttributes) => ({ ...attributes, dilation: attributes.size.map(() => 1) });

function pooledShape(x: Shape, attributes: PoolAttributes, who: string): number[] {
  return [x[0] as number, ...windowOutput(x.slice(1, -1), noDilation(attributes), who), x.at(-1) as number];
}

function geometry(input: Shape, output: Shape, attributes: PoolAttributes): WindowGeometry {
  return geometryOf(input[0] as number, input.slice(1, -1), output.slice(1, -1), noDilation(attributes));
}

/** For each output element, where in x its window's largest number stands; the first of several, a NaN before all. */
function largestPlaces(x: OperandArray, output: Shape, attributes: PoolAttributes): Int32Array {
  const channels = x.shape.at(-1) as number;
  const places = new Int32Array(sizeOf(output)).fill(-1);
  forEachTap(geometry(x.shape, output, attributes), (from, to) => {
    for (let c = 0; c < channels; c++) {
      const at = from * channels + c;
      const best = places[to * channels + c] as number;
      const value = x.data[at] as number;
      if (best < 0 || value > (x.data[best] as number) || (Number.isNaN(value) && !Number.isNaN(x.data[best])))
        places[to * channels + c] = at;
    }
  });
  return places;
}

export const maxPoolOperation: Operation<PoolAttributes> = defineOperation<PoolAttributes>({
  name: "maxPool",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes, "maxPool"), dtype: x.dtype }],
  gradient: ({ inputs: [x], gradients: [g], attributes }) => [applyOne(maxPoolGradientOperation, [x, g], attributes)],
  evaluate([x], attributes, [out]) {
    const places = largestPlaces(x, out.shape, attributes);
    for (let i = 0; i < places.length; i++) out.data[i] = x.data[places[i] as number] as number;
  },
});

/** Inputs x and the gradient g of maxPool(x); each number of g goes to the first largest entry of its window. */
export const maxPoolGradientOperation: Operation<PoolAttributes> = defineOperation<PoolAttributes, 2>({
  name: "maxPoolGradient",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ inputs: [x], gradients: [h], attributes }) => [null, applyOne(maxPoolPickOperation, [x, h], attributes)],
  evaluate([x, g], attributes, [out]) {
    const places = largestPlaces(x, g.shape, attributes);
    for (let i = 0; i < places.length; i++) {
      const at = places[i] as number;
      out.data[at] = (out.data[at] as number) + (g.data[i] as number);
    }
  },
});

/** Inputs x and h of x's shape; picks h where maxPool(x) picks x. Needed at second order only. */
export const maxPoolPickOperation: Operation<PoolAttributes> = defineOperation<PoolAttributes, 2>({
  name: "maxPoolPick",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes, "maxPool"), dtype: x.dtype }],
  gradient: ({ inputs: [x], gradients: [g], attributes }) => [null, applyOne(maxPoolGradientOperation, [x, g], attributes)],
  evaluate([x, h], attributes, [out]) {
    const places = largestPlaces(x, out.shape, attributes);
    for (let i = 0; i < places.length; i++) out.data[i] = h.data[places[i] as number] as number;
  },
});

/** One over the number of entries each output pixel averages. */
function shares(geometry: WindowGeometry, countPadding: boolean): Float64Array {
  const pixels = geometry.batch * sizeOf(geometry.output);
  if (countPadding) return new Float64Array(pixels).fill(1 / sizeOf(geometry.size));
  const counts = new Float64Array(pixels);
  forEachTap(geometry, (_, to) => (counts[to] = (counts[to] as number) + 1));
  return counts.map((count) => 1 / count);
}

export const avgPoolOperation: Operation<AvgPoolAttributes> = defineOperation<AvgPoolAttributes>({
  name: "avgPool",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes, "avgPool"), dtype: x.dtype }],
  gradient: ({ inputs: [x], gradients: [g], attributes }) => [
    applyOne(avgPoolGradientOperation, [g], { ...attributes, inputSpatial: x.shape.slice(1, -1) }),
  ],
  evaluate([x], attributes, [out]) {
    const channels = x.shape.at(-1) as number;
    const window = geometry(x.shape, out.shape, attributes);
    const share = shares(window, attributes.countPadding);
    const sums = new Float64Array(out.data.length);
    forEachTap(window, (from, to) => {
      for (let c = 0; c < channels; c++)
        sums[to * channels + c] = (sums[to * channels + c] as number) + (x.data[from * channels + c] as number);
    });
    for (let i = 0; i < sums.length; i++) out.data[i] = (sums[i] as number) * (share[Math.floor(i / channels)] as number);
  },
});

/** Input the gradient g of avgPool's output; spreads each number evenly over its window. */
export const avgPoolGradientOperation: Operation<AvgPoolGradientAttributes> = defineOperation<AvgPoolGradientAttributes>({
  name: "avgPoolGradient",
  infer: ([g], { inputSpatial }) => [{ shape: [g.shape[0] as number, ...inputSpatial, g.shape.at(-1) as number], dtype: g.dtype }],
  gradient({ gradients: [h], attributes: { size, stride, pad, countPadding } }) {
    return [applyOne(avgPoolOperation, [h], { size, stride, pad, countPadding })];
  },
  evaluate([g], attributes, [out]) {
    const channels = g.shape.at(-1) as number;
    const window = geometry(out.shape, g.shape, attributes);
    const share = shares(window, attributes.countPadding);
    const sums = new Float64Array(out.data.length);
    forEachTap(window, (from, to) => {
      const part = share[to] as number;
      for (let c = 0; c < channels; c++)
        sums[from * channels + c] = (sums[from * channels + c] as number) + part * (g.data[to * channels + c] as number);
    });
    out.data.set(sums);
  },
});

export interface PoolOptions {
  readonly size: PerAxis;
  /** Default the size: windows that do not overlap. */
  readonly stride?: PerAxis;
  /** Default 0. */
  readonly pad?: PadOption;
}

function readOptions(x: Tensor, options: PoolOptions, who: string): PoolAttributes {
  const rank = x.rank - 2;
  if (rank < 1 || rank > 3)
    throw new ShapeError(`${who}: an image batch is N x 1 to 3 spatial axes x channels, but this is ${formatShape(x.shape)}`);
  const size = perAxis(options.size, rank, who, "size");
  const pad = padsPerAxis(options.pad ?? 0, rank, who);
  const wide = pad.findIndex(([before, after], axis) => Math.max(before, after) >= (size[axis] as number));
  if (wide >= 0)
    throw new ShapeError(
      `${who}: padding ${pad[wide]?.join(" and ")} on axis ${wide} must be smaller than the window, ` +
        `${formatShape(size)}: a window may not lie outside the image`,
    );
  return { size, stride: perAxis(options.stride ?? size, rank, who, "stride"), pad };
}

/** The largest number of each window, per channel. x: N x ...spatial x C; padding never wins. Windows may overlap. */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  return applyOne(maxPoolOperation, [toFloat(x)], readOptions(x, options, "maxPool"));
}

/** The mean of each window, per channel. @param options.countPadding whether padding counts as zeros; default false */
export function avgPool(x: Tensor, options: PoolOptions & { readonly countPadding?: boolean }): Tensor {
  return applyOne(avgPoolOperation, [toFloat(x)], { ...readOptions(x, options, "avgPool"), countPadding: options.countPadding ?? false });
}

/** The square root of the sum of squares of each window, per channel (LP pooling with p = 2). */
export function l2Pool(x: Tensor, options: PoolOptions): Tensor {
  const attributes = readOptions(x, options, "l2Pool");
  pooledShape(x.shape, attributes, "l2Pool"); // a window that does not fit is named here, not in the mean below
  const means = applyOne(avgPoolOperation, [square(toFloat(x))], { ...attributes, countPadding: true });
  // The root has no slope at 0; a window of zeros then gives the gradient 0 in place of NaN.
  return sqrt(maximum(mul(means, sizeOf(attributes.size)), 1e-30));
}
