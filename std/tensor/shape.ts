import { ShapeError } from "../errors.js";

/** The extent of each axis; the empty list is a scalar. Images are height x width x channels. */
export type Shape = readonly number[];

export type DType = "f32" | "f64" | "i32" | "u8" | "bool";

/** What is known of a tensor before it has a value. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The storage of each dtype; `bool` is one byte, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export const bytesPerElement: Record<DType, number> = { f32: 4, f64: 8, i32: 4, u8: 1, bool: 1 };

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** `227x227x3`, the way a shape reads everywhere a person sees it; a scalar is `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("x");
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/**
 * The shape two operands broadcast to, by NumPy's rule: aligned at the last axis, extents equal or 1.
 * @throws ShapeError naming both shapes and `who`.
 */
export function broadcastShapes(a: Shape, b: Shape, who: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `${who}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ` +
          `axis ${axis} is ${left} on the left and ${right} on the right; they must be equal, or one of them 1`,
      );
    }
    result.push(left === 1 ? right : left);
  }
  return result;
}

/** Turns a negative axis into its positive counterpart. @throws ShapeError when out of range. */
export function normalizeAxis(axis: number, rank: number, who: string): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new ShapeError(`${who}: axis ${axis} is out of range for a tensor of rank ${rank} (from ${-rank} to ${rank - 1})`);
  }
  return positive;
}

export function allocate(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case "f32":
      return new Float32Array(length);
    case "f64":
      return new Float64Array(length);
    case "i32":
      return new Int32Array(length);
    case "u8":
    case "bool":
      return new Uint8Array(length);
  }
}
