import { ShapeError } from "../../errors.js";
import { broadcastStrides, offsetsOf } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, normalizeAxis, sameShape, sizeOf, stridesOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { sumTo } from "./reductions.js";

export interface ShapeAttributes {
  readonly shape: Shape;
}

export const reshapeOperation: Operation<ShapeAttributes> = defineOperation<ShapeAttributes>({
  name: "reshape",
  infer([x], { shape }) {
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new ShapeError(
        `reshape: ${formatShape(x.shape)} holds ${sizeOf(x.shape)} numbers, but ${formatShape(shape)} needs ` +
          `${sizeOf(shape)}; the two must be equal`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], gradients: [g] }) => [reshape(g, x.shape)],
  evaluate: ([x], _, [out]) => out.data.set(x.data),
});

export interface TransposeAttributes {
  /** Axis `i` of the result is axis `permutation[i]` of x. */
  readonly permutation: readonly number[];
}

export const transposeOperation: Operation<TransposeAttributes> = defineOperation<TransposeAttributes>({
  name: "transpose",
  infer: ([x], { permutation }) => [{ shape: permutation.map((axis) => x.shape[axis] as number), dtype: x.dtype }],
  gradient: ({ gradients: [g], attributes: { permutation } }) => [
    transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  evaluate([x], { permutation }, [out]) {
    const strides = stridesOf(x.shape);
    const offsets = offsetsOf(
      out.shape,
      permutation.map((axis) => strides[axis] as number),
    );
    for (let i = 0; i < offsets.length; i++) out.data[i] = x.data[offsets[i] as number] as number;
  },
});

export const broadcastToOperation: Operation<ShapeAttributes> = defineOperation<ShapeAttributes>({
  name: "broadcastTo",
  infer([x], { shape }) {
    const lead = shape.length - x.shape.length;
    if (lead < 0 || x.shape.some((extent, axis) => extent !== 1 && extent !== shape[axis + lead])) {
      throw new ShapeError(
        `broadcastTo: ${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}; aligned at the last axis, ` +
          `extents must be equal or 1`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], gradients: [g] }) => [sumTo(g, x.shape)],
  evaluate([x], { shape }, [out]) {
    const offsets = offsetsOf(shape, broadcastStrides(x.shape, shape));
    for (let i = 0; i < offsets.length; i++) out.data[i] = x.data[offsets[i] as number] as number;
  },
});

/** The same numbers in another shape; one extent may be -1, which is then worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const unknown = shape.indexOf(-1);
  let full = shape;
  if (unknown >= 0) {
    const known = shape.reduce((product, extent, axis) => (axis === unknown ? product : product * extent), 1);
    const extent = x.size / known;
    if (!Number.isInteger(extent))
      throw new ShapeError(`reshape: ${formatShape(x.shape)} holds ${x.size} numbers, which do not divide into ${shape.join("x")}`);
    full = shape.map((given, axis) => (axis === unknown ? extent : given));
  }
  return sameShape(full, x.shape) ? x : applyOne(reshapeOperation, [x], { shape: [...full] });
}

/** Reorders axes: axis i of the result is axis `permutation[i]` of x. Without a permutation the last two change places. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation ?? swapLast(x.rank);
  const normal = order.map((axis) => normalizeAxis(axis, x.rank, "transpose"));
  if (normal.length !== x.rank || new Set(normal).size !== x.rank) {
    throw new ShapeError(`transpose: ${order.join(", ")} must name each of the ${x.rank} axes of ${formatShape(x.shape)} once`);
  }
  return normal.every((axis, at) => axis === at) ? x : applyOne(transposeOperation, [x], { permutation: normal });
}

function swapLast(rank: number): number[] {
  if (rank < 2) throw new ShapeError(`transpose: a tensor of rank ${rank} has no last two axes to change places`);
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : axis === rank - 2 ? rank - 1 : rank - 2));
}

/** Repeats x along axes of extent 1 and along new leading axes until it has the shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : applyOne(broadcastToOperation, [x], { shape: [...shape] });
}

/** All axes from `start` on in one. @param start default 1: an example keeps its place in the batch */
export function flatten(x: Tensor, start = 1): Tensor {
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start))]);
}

/** A new axis of extent 1 before `axis`; -1 puts it last. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(axis, x.rank + 1, "expandDims");
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Drops axes of extent 1: those named, or all. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const named =
    axes === undefined
      ? x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
      : (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, x.rank, "squeeze"));
  const wrong = named.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined)
    throw new ShapeError(
      `squeeze: axis ${wrong} of ${formatShape(x.shape)} has extent ${x.shape[wrong]}; only an axis of extent 1 can be dropped`,
    );
  return reshape(
    x,
    x.shape.filter((_, axis) => !named.includes(axis)),
  );
}
