import { describeFlow } from "./define.js";
import type { Dim, FlowType } from "./definition.js";
import { addDims, floorDivideDim, formatDim, formatFlowShape, multiplyDims } from "./dimensions.js";
import { LayerError } from "./layer-error.js";

/** A padding as a row gives it: 2, [1, 2] for each axis, [[1, 2], [0, 1]] for each side, or `same`. */
export type PaddingArgument = "same" | number | readonly (number | readonly [number, number])[];

/** Padding before and after each axis. */
export type AxisPadding = readonly [before: number, after: number];

/** A window that moves over the spatial axes of a flow: one entry for each of them. */
export interface Window {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: "same" | readonly AxisPadding[];
}

const flowForms: Readonly<Record<number, string>> = {
  1: "time x features",
  2: "height x width x channels",
  3: "depth x height x width x channels",
};

/**
 * The number of spatial axes: all but the last, which is channels. A size with several numbers must have one for each.
 * @throws LayerError E030 when the flow has no spatial axis, more than three, or not as many as `size`.
 */
export function spatialRank(layer: string, input: FlowType, size?: number | readonly number[]): number {
  const rank = input.shape.length - 1;
  const wanted = typeof size === "object" && size.length > 1 ? size.length : undefined;
  if (rank >= 1 && rank <= 3 && (wanted === undefined || wanted === rank)) return rank;
  const window = typeof size === "object" ? ` with a window of ${size.join("x")}` : "";
  const form = flowForms[wanted ?? 2] ?? "height x width x channels";
  const missesChannels = wanted !== undefined && rank === wanted - 1;
  throw new LayerError(`\`${layer}\`${window} works on ${form}, but ${describeFlow(input)}`, {
    code: "E030",
    hint: missesChannels ? `an image with one channel is written ${formatFlowShape([...input.shape, 1])}` : "reshape first?",
  });
}

/** One number for each spatial axis. @throws LayerError E030 when a list has another length. */
export function perAxis(layer: string, argument: string, value: number | readonly number[], rank: number): readonly number[] {
  if (typeof value === "number") return new Array<number>(rank).fill(value);
  if (value.length === 1) return new Array<number>(rank).fill(value[0] as number);
  if (value.length === rank) return value;
  throw new LayerError(
    `\`${layer}\`: ${argument} has ${value.length} numbers, but the flow has ${rank} spatial ${rank === 1 ? "axis" : "axes"}`,
    {
      code: "E030",
      argument,
    },
  );
}

/** Padding before and after each spatial axis, or `same`. @throws LayerError E030 when a list has another length. */
function paddingPerAxis(layer: string, pad: PaddingArgument, rank: number): "same" | readonly AxisPadding[] {
  if (pad === "same") return pad;
  const axes = typeof pad === "number" ? new Array<number>(rank).fill(pad) : pad;
  if (axes.length !== rank) {
    throw new LayerError(`\`${layer}\`: pad has ${axes.length} entries, but the flow has ${rank} spatial ${rank === 1 ? "axis" : "axes"}`, {
      code: "E030",
      argument: "pad",
    });
  }
  return axes.map((axis): AxisPadding => (typeof axis === "number" ? [axis, axis] : [axis[0], axis[1]]));
}

/** The window of a row on a flow. @throws LayerError as the functions above. */
export function windowOf(
  layer: string,
  rank: number,
  args: {
    size: number | readonly number[];
    stride?: number | readonly number[];
    dilation?: number | readonly number[];
    pad: PaddingArgument;
  },
): Window {
  return {
    size: perAxis(layer, "size", args.size, rank),
    stride: perAxis(layer, "stride", args.stride ?? args.size, rank),
    dilation: perAxis(layer, "dilation", args.dilation ?? 1, rank),
    pad: paddingPerAxis(layer, args.pad, rank),
  };
}

/**
 * The padding in numbers. `same` gives ceil(extent / stride) windows; where the padding is odd, the greater half is
 * after the flow (TensorFlow's rule).
 */
export function concretePadding(extents: readonly number[], window: Window): readonly AxisPadding[] {
  if (window.pad !== "same") return window.pad;
  return extents.map((extent, axis): AxisPadding => {
    const stride = window.stride[axis] as number;
    const total = Math.max((Math.ceil(extent / stride) - 1) * stride + reach(window, axis) - extent, 0);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

/** How far a dilated window reaches: dilation * (size - 1) + 1. */
function reach(window: Window, axis: number): number {
  return (window.dilation[axis] as number) * ((window.size[axis] as number) - 1) + 1;
}

/** The extents after a window has moved over them, the formula with its numbers, and a note where it does not divide evenly. */
export interface WindowResult {
  readonly extents: readonly Dim[];
  readonly formula: string;
  readonly note?: string;
}

/**
 * floor((extent + before + after - reach) / stride) + 1 for each axis; ceil(extent / stride) with `same`.
 * @throws LayerError E032 when the window is larger than the padded flow.
 */
export function slide(layer: string, input: FlowType, window: Window): WindowResult {
  const extents: Dim[] = [];
  const formulas: string[] = [];
  let uneven = false;
  for (const [axis, extent] of input.shape.slice(0, -1).entries()) {
    const stride = window.stride[axis] as number;
    if (window.pad === "same") {
      const result = floorDivideDim(addDims(extent, stride - 1), stride);
      extents.push(result);
      formulas.push(stride === 1 ? `same keeps ${formatDim(extent)}` : `${formatDim(extent)}/${stride}, rounded up = ${formatDim(result)}`);
      continue;
    }
    const [before, after] = window.pad[axis] as AxisPadding;
    const size = reach(window, axis);
    const pads = before === after ? `2*${before}` : `${before} + ${after}`;
    const result = addDims(floorDivideDim(addDims(extent, before + after - size), stride), 1);
    let formula = `(${formatDim(extent)} + ${pads} - ${size})/${stride} + 1`;
    if (typeof extent === "number") {
      const exact = (extent + before + after - size) / stride + 1;
      formula += ` = ${Number(exact.toFixed(2))}`;
      if (exact < 1) {
        throw new LayerError(`\`${layer}\`: a window of ${window.size.join("x")} does not fit, ${describeFlow(input)}`, {
          code: "E032",
          argument: "size",
          hint: formula,
        });
      }
      if (!Number.isInteger(exact)) {
        uneven = true;
        formula += ", rounded down";
      }
    } else formula += ` = ${formatDim(result)}`;
    extents.push(result);
    formulas.push(formula);
  }
  const formula = joinFormulas(formulas);
  return uneven ? { extents, formula, note: formula } : { extents, formula };
}

/**
 * The inverse, for transposed convolution: (extent - 1) * stride + reach - before - after + extra; extent * stride with `same`.
 * @throws LayerError E032 when nothing is left.
 */
export function unslide(layer: string, input: FlowType, window: Window, extra: readonly number[]): WindowResult {
  const extents: Dim[] = [];
  const formulas: string[] = [];
  for (const [axis, extent] of input.shape.slice(0, -1).entries()) {
    const stride = window.stride[axis] as number;
    const size = reach(window, axis);
    if (window.pad === "same") {
      const result = multiplyDims(extent, stride);
      extents.push(result);
      formulas.push(`${formatDim(extent)}*${stride} = ${formatDim(result)}`);
      continue;
    }
    const [before, after] = window.pad[axis] as AxisPadding;
    const result = addDims(multiplyDims(addDims(extent, -1), stride), size - before - after + (extra[axis] as number));
    const pads = before === after ? `2*${before}` : `${before} - ${after}`;
    const added = extra[axis] === 0 ? "" : ` + ${extra[axis]}`;
    const formula = `(${formatDim(extent)} - 1)*${stride} + ${size} - ${pads}${added} = ${formatDim(result)}`;
    if (typeof result === "number" && result < 1) {
      throw new LayerError(`\`${layer}\`: nothing is left of the flow after the padding is cut off, ${describeFlow(input)}`, {
        code: "E032",
        argument: "pad",
        hint: formula,
      });
    }
    extents.push(result);
    formulas.push(formula);
  }
  return { extents, formula: joinFormulas(formulas) };
}

/** One formula when all axes have the same, otherwise each with the name of its axis. */
function joinFormulas(formulas: readonly string[]): string {
  if (formulas.every((formula) => formula === formulas[0])) return formulas[0] ?? "";
  const names = formulas.length === 2 ? ["height", "width"] : ["depth", "height", "width"];
  return formulas.map((formula, axis) => `${names[axis]}: ${formula}`).join("; ");
}
