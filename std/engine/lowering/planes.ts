import type { WindowGeometry } from "../../tensor/operations/window.js";
import { sizeOf, type Shape } from "../../tensor/shape.js";
import type { Address, LoweringContext } from "./contract.js";

// Convolutions have three spatial axes; most kernels take those of one depth, and only the last two.

/** Height and width of an extent. */
export const plane = (extent: readonly number[]): [number, number] => [extent[1] as number, extent[2] as number];

/** The padding before height and width. */
export const padBefore = ({ pad }: Pick<WindowGeometry, "pad">): [number, number] =>
  pad.slice(1).map(([before]) => before) as [number, number];

/** The image with its padding around it: itself where there is none, else a copy in scratch memory. */
export function padded(
  context: LoweringContext,
  image: Address,
  batch: number,
  extent: Shape,
  channels: number,
  before: readonly number[],
  after: readonly number[],
): { address: Address; extent: number[] } {
  const wide = extent.map((size, axis) => size + (before[axis] as number) + (after[axis] as number));
  if (wide.every((size, axis) => size === extent[axis])) return { address: image, extent: wide };
  const elements = batch * sizeOf(wide) * channels;
  const address = context.scratch(elements * 4);
  context.emit("padImages", [image, address, batch, ...extent, channels, ...wide, ...before], { work: elements });
  return { address, extent: wide };
}
