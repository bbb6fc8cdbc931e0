import { ShapeError } from "../../errors.js";
import { gradientByComposition } from "../composition.js";
import { offsetsOf, reducedStrides } from "../offsets.js";
import { applyOne, defineOperation, type ExactGradientRequest, type OperandArray, type Operation } from "../operation.js";
import { normalizeAxis, sameShape, sizeOf, type Shape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { div, mul, square, sub } from "./arithmetic.js";
import { cast } from "./cast.js";
import { equal } from "./comparison.js";
import { toFloat, toNumber } from "./operand.js";
import { broadcastTo, reshape, transpose } from "./reshaping.js";
import { where } from "./selection.js";

/** Axes are in rising order and not negative. */
export interface ReductionAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Over which axes; all of them when none are named. `keepDims` leaves them as axes of extent 1. */
export interface ReductionOptions {
  readonly axes?: number | readonly number[];
  readonly keepDims?: boolean;
}

function reductionAttributes(x: { readonly shape: Shape }, options: ReductionOptions, who: string): ReductionAttributes {
  const rank = x.shape.length;
  const given =
    options.axes === undefined ? x.shape.map((_, axis) => axis) : typeof options.axes === "number" ? [options.axes] : options.axes;
  const axes = given.map((axis) => normalizeAxis(axis, rank, who)).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length) throw new ShapeError(`${who}: an axis is named twice in ${given.join(", ")}`);
  return { axes, keepDims: options.keepDims ?? false };
}

function reducedShape(shape: Shape, { axes, keepDims }: ReductionAttributes): number[] {
  if (keepDims) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Puts the reduced axes back with extent 1, so that the result broadcasts against what was reduced. */
function restoreAxes(reduced: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return reshape(
    reduced,
    shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
  );
}

/**
 * The portable path takes the elements in row-major order and keeps the running result in double precision, rounding
 * once at the end; the engine sums in f32 lanes in an order fixed by shape and thread count.
 */
function reduction(
  name: "sum" | "max" | "min" | "prod",
  start: number,
  combine: (sum: number, x: number) => number,
  gradient: (request: ExactGradientRequest<ReductionAttributes, 1, 1>) => readonly [Tensor | null],
): Operation<ReductionAttributes> {
  return defineOperation<ReductionAttributes>({
    name,
    infer([x], attributes) {
      if ((name === "max" || name === "min") && attributes.axes.some((axis) => x.shape[axis] === 0)) {
        throw new ShapeError(
          `${name}: an empty axis has no ${name === "max" ? "largest" : "smallest"} number; the shape is ${x.shape.join("x")}`,
        );
      }
      return [{ shape: reducedShape(x.shape, attributes), dtype: x.dtype }];
    },
    gradient,
    evaluate([x], { axes }, [out]) {
      const running = new Float64Array(out.data.length).fill(start);
      accumulate(x, axes, running, combine);
      out.data.set(running);
    },
  });
}

function accumulate(x: OperandArray, axes: readonly number[], into: Float64Array, combine: (sum: number, x: number) => number): void {
  const offsets = offsetsOf(x.shape, reducedStrides(x.shape, axes));
  for (let i = 0; i < offsets.length; i++) {
    const to = offsets[i] as number;
    into[to] = combine(into[to] as number, x.data[i] as number);
  }
}

export const sumOperation: Operation<ReductionAttributes> = reduction(
  "sum",
  0,
  (sum, x) => sum + x,
  ({ inputs: [x], gradients: [g], attributes }) => [broadcastTo(restoreAxes(g, x.shape, attributes.axes), x.shape)],
);
export const maxOperation: Operation<ReductionAttributes> = reduction("max", -Infinity, Math.max, toExtremes);
export const minOperation: Operation<ReductionAttributes> = reduction("min", Infinity, Math.min, toExtremes);
export const prodOperation: Operation<ReductionAttributes> = reduction(
  "prod",
  1,
  (product, x) => product * x,
  ({ inputs: [x], gradients: [g], attributes }) => [mul(restoreAxes(g, x.shape, attributes.axes), productOfOthers(x, attributes.axes))],
);

/** The gradient of a maximum or minimum: to the elements that reach it, in equal parts. */
function toExtremes({
  inputs: [x],
  outputs: [y],
  gradients: [g],
  attributes: { axes },
}: ExactGradientRequest<ReductionAttributes, 1, 1>): readonly [Tensor] {
  const reached = cast(equal(x, restoreAxes(y, x.shape, axes)), x.dtype);
  return [mul(div(reached, sum(reached, { axes, keepDims: true })), restoreAxes(g, x.shape, axes))];
}

export interface ProductOfOthersAttributes {
  readonly axes: readonly number[];
}

/** For each element, the product of the others along the axes: the gradient of `prod`, right also where there are zeros. */
export const productOfOthersOperation: Operation<ProductOfOthersAttributes> = defineOperation<ProductOfOthersAttributes>({
  name: "productOfOthers",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: (request) => gradientByComposition<readonly [Tensor]>(([x]) => [othersByMask(x, request.attributes.axes)], request),
  evaluate([x], { axes }, [out]) {
    const offsets = offsetsOf(x.shape, reducedStrides(x.shape, axes));
    const running = new Float64Array(sizeOf(x.shape)).fill(1);
    for (let i = 0; i < offsets.length; i++) {
      const to = offsets[i] as number;
      out.data[i] = running[to] as number; // the product of those before
      running[to] = (running[to] as number) * (x.data[i] as number);
    }
    running.fill(1);
    for (let i = offsets.length - 1; i >= 0; i--) {
      const to = offsets[i] as number;
      out.data[i] = (out.data[i] as number) * (running[to] as number); // times the product of those after
      running[to] = (running[to] as number) * (x.data[i] as number);
    }
  },
});

function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  return applyOne(productOfOthersOperation, [x], { axes });
}

/**
 * The same as one product for each element, from which that element is left out by a 1 in its place: n^2 numbers for n
 * elements, and right for gradients of every order where elements are 0.
 */
function othersByMask(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...kept, ...axes];
  const keptShape = kept.map((axis) => x.shape[axis] as number);
  const count = sizeOf(axes.map((axis) => x.shape[axis] as number));
  const rows = reshape(transpose(x, order), [...keptShape, 1, count]); // ... x 1 x n
  const own = new Tensor({ shape: [count, count], dtype: "bool" }, identityMatrix(count));
  const products = prod(where(own, 1, rows), { axes: keptShape.length + 1 }); // ... x n x n -> ... x n
  const ordered = reshape(
    products,
    order.map((axis) => x.shape[axis] as number),
  );
  return transpose(
    ordered,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

function identityMatrix(extent: number): Uint8Array {
  const data = new Uint8Array(extent * extent);
  for (let i = 0; i < extent; i++) data[i * extent + i] = 1;
  return data;
}

/** The sum over `axes` (all when none are named). Bools are counted. */
export function sum(x: Tensor, options: ReductionOptions = {}): Tensor {
  return applyOne(sumOperation, [x.dtype === "bool" || x.dtype === "u8" ? cast(x, "i32") : x], reductionAttributes(x, options, "sum"));
}

/** The arithmetic mean over `axes`; integers are averaged as f32. */
export function mean(x: Tensor, options: ReductionOptions = {}): Tensor {
  const { axes } = reductionAttributes(x, options, "mean");
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return mul(sum(toFloat(x), options), 1 / count);
}

/** The largest number over `axes`. Where several share it, each gets an equal part of the gradient. */
export function max(x: Tensor, options: ReductionOptions = {}): Tensor {
  return applyOne(maxOperation, [x], reductionAttributes(x, options, "max"));
}

/** The smallest number over `axes`. Where several share it, each gets an equal part of the gradient. */
export function min(x: Tensor, options: ReductionOptions = {}): Tensor {
  return applyOne(minOperation, [x], reductionAttributes(x, options, "min"));
}

/** The product over `axes`. */
export function prod(x: Tensor, options: ReductionOptions = {}): Tensor {
  return applyOne(prodOperation, [toNumber(x)], reductionAttributes(x, options, "prod"));
}

/**
 * The mean square distance from the mean over `axes`.
 * @param options.correction subtracted from the count: 0 (default) of a population, 1 of a sample.
 */
export function variance(x: Tensor, options: ReductionOptions & { readonly correction?: number } = {}): Tensor {
  const floating = toFloat(x);
  const { axes } = reductionAttributes(x, options, "variance");
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  const centered = sub(floating, mean(floating, { axes, keepDims: true }));
  return mul(sum(square(centered), options), 1 / (count - (options.correction ?? 0)));
}

/** Undoes broadcasting: sums over the axes along which a tensor of `shape` was repeated to make x. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((extent, axis) => (axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : []));
  return reshape(axes.length === 0 ? x : sum(x, { axes }), shape);
}
