import type { WindowGeometry } from "../../tensor/operations/window.js";

// Convolutions have three spatial axes; most kernels take those of one depth, and only the last two.

/** Height and width of an extent. */
export const plane = (extent: readonly number[]): [number, number] => [extent[1] as number, extent[2] as number];

/** The padding before height and width. */
export const padBefore = ({ pad }: Pick<WindowGeometry, "pad">): [number, number] =>
  pad.slice(1).map(([before]) => before) as [number, number];
