import type { Shape } from "../../tensor/shape.js";
import { sizeOf, stridesOf } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Address, CallOptions, LoweringContext } from "./contract.js";

/** One axis of a box that is copied: how many elements, and how far apart (in elements) they are read and written. */
export interface CopyAxis {
  readonly extent: number;
  readonly from: number;
  readonly to: number;
}

/** As many as the kernel takes. */
export const kernelAxes = 6;

/** Drops axes of one element and joins neighbours that are one run on both sides. */
export function joinAxes(axes: readonly CopyAxis[]): CopyAxis[] {
  const joined: CopyAxis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = joined.at(-1);
    if (outer !== undefined && outer.from === axis.from * axis.extent && outer.to === axis.to * axis.extent) {
      joined[joined.length - 1] = { extent: outer.extent * axis.extent, from: axis.from, to: axis.to };
    } else joined.push(axis);
  }
  return joined;
}

/** Copies a box of elements of 4 bytes, or (`bytes`) of one. */
export function emitCopy(
  context: LoweringContext,
  from: Address,
  to: Address,
  axes: readonly CopyAxis[],
  options: Pick<CallOptions, "independent"> & { readonly bytes?: boolean } = {},
): void {
  const { bytes = false, ...rest } = options;
  const joined = joinAxes(axes);
  const elements = joined.reduce((product, { extent }) => product * extent, 1);
  if (elements === 0) return;
  const all = [...new Array<CopyAxis>(kernelAxes - joined.length).fill({ extent: 1, from: 0, to: 0 }), ...joined];
  const last = joined.length === 0 ? [{ extent: 1, from: 1, to: 1 }] : [];
  const filled = [...all.slice(last.length), ...last];
  context.emit(
    bytes ? "stridedCopyBytes" : "stridedCopy",
    [from, to, ...filled.map(({ extent }) => extent), ...filled.map((axis) => axis.from), ...filled.map((axis) => axis.to)],
    {
      work: 2 * elements,
      ...rest,
    },
  );
}

const orderWithLast = (shape: Shape, axes: readonly number[]): number[] =>
  [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);

/** The axes of a copy that puts some axes behind the others. */
export function axesLast(shape: Shape, axes: readonly number[]): CopyAxis[] {
  const order = orderWithLast(shape, axes);
  const from = stridesOf(shape);
  const moved = order.map((axis) => shape[axis] as number);
  const to = stridesOf(moved);
  return moved.map((extent, at) => ({ extent, from: from[order[at] as number] as number, to: to[at] as number }));
}

/** The same copy the other way. */
export function backwards(axes: readonly CopyAxis[]): CopyAxis[] {
  return axes.map(({ extent, from, to }) => ({ extent, from: to, to: from }));
}

/** A tensor of 4-byte elements with the named axes behind the others: the tensor itself, or a copy in scratch memory. */
export function withAxesLast(
  context: LoweringContext,
  x: Tensor,
  axes: readonly number[],
): { address: Address; rows: number; columns: number } {
  const columns = sizeOf(axes.map((axis) => x.shape[axis] as number));
  const layout = { rows: x.size / columns, columns };
  if (!movesData(x.shape, axes)) return { ...layout, address: context.buffer(x) };
  const address = context.scratch(x.size * 4);
  emitCopy(context, context.buffer(x), address, axesLast(x.shape, axes));
  return { ...layout, address };
}

/** Whether putting the axes last moves any element: not when all that follows them has extent 1. */
export function movesData(shape: Shape, axes: readonly number[]): boolean {
  const real = orderWithLast(shape, axes).filter((axis) => shape[axis] !== 1);
  return real.some((axis, at) => at > 0 && axis < (real[at - 1] as number));
}
