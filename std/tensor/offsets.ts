import { sizeOf, stridesOf, type Shape } from "./shape.js";

/**
 * Where each element of a view lies: for every index of `shape` in row-major order, `start` plus index times `strides`.
 * Broadcasting, transposing, slicing and reducing on plain arrays are all this one walk with other strides.
 */
export function offsetsOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  if (result.length === 0) return result;
  result[0] = start;
  // The offsets of the inner axes are copied once per step of the next axis outwards.
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    const stride = strides[axis] as number;
    for (let step = 1; step < extent; step++) {
      const base = step * filled;
      const shift = step * stride;
      for (let inner = 0; inner < filled; inner++) result[base + inner] = (result[inner] as number) + shift;
    }
    filled *= extent;
  }
  return result;
}

/** Strides that read a tensor of shape `from` as if it were broadcast to `to`: 0 along every axis that repeats. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : (strides[axis - lead] as number)));
}

/** Strides into the result of a reduction, over the axes of what is reduced: 0 along the reduced axes. */
export function reducedStrides(shape: Shape, axes: readonly number[]): number[] {
  const kept = stridesOf(shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)));
  return shape.map((_, axis) => (axes.includes(axis) ? 0 : (kept[axis] as number)));
}

/** An axis with the ones before it folded into `outer` and the ones after it into `inner`. */
export interface AxisView {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

export function viewAlong(shape: Shape, axis: number): AxisView {
  return { outer: sizeOf(shape.slice(0, axis)), extent: shape[axis] as number, inner: sizeOf(shape.slice(axis + 1)) };
}
