import { ShapeError } from "../../errors.js";
import { formatShape, type Shape } from "../shape.js";

/** Per spatial axis how many entries are added before and after. */
export type Pads = readonly (readonly [number, number])[];

/** A window that moves over the spatial axes of a batch of channels-last images (N x ...spatial x C). */
export interface WindowAttributes {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly pad: Pads;
  readonly dilation: readonly number[];
}

/**
 * floor((extent + before + after - dilation (size - 1) - 1) / stride) + 1 on each axis.
 * @throws ShapeError when the window does not fit.
 */
export function windowOutput(spatial: Shape, { size, stride, pad, dilation }: WindowAttributes, who: string): number[] {
  return spatial.map((extent, axis) => {
    const [before, after] = pad[axis] as readonly [number, number];
    const reach = (dilation[axis] as number) * ((size[axis] as number) - 1) + 1;
    const steps = Math.floor((extent + before + after - reach) / (stride[axis] as number)) + 1;
    if (extent + before + after < reach) {
      const padded = before + after === 0 ? "" : ` with padding ${before} and ${after}`;
      throw new ShapeError(
        `${who}: a window of ${formatShape(size)}${reach === size[axis] ? "" : ` with dilation ${dilation[axis]}`} does ` +
          `not fit into ${formatShape(spatial)}${padded}: axis ${axis} has ${extent + before + after} entries, the window ` +
          `needs ${reach}`,
      );
    }
    return steps;
  });
}

/** One number for every axis, or one per axis. */
export type PerAxis = number | readonly number[];

export function perAxis(given: PerAxis, rank: number, who: string, what: string): number[] {
  const list = typeof given === "number" ? new Array<number>(rank).fill(given) : [...given];
  if (list.length !== rank) throw new ShapeError(`${who}: ${what} has ${list.length} entries, but the image has ${rank} spatial axes`);
  const wrong = list.find((entry) => !Number.isInteger(entry) || entry < 1);
  if (wrong !== undefined) throw new ShapeError(`${who}: ${what} must be whole numbers from 1 on, but ${wrong} arrived`);
  return list;
}

/** Padding: one number for all sides, one per axis, or `[before, after]` per axis. */
export type PadOption = number | readonly (number | readonly [number, number])[];

export function padsPerAxis(given: PadOption, rank: number, who: string): Pads {
  const list: readonly (number | readonly [number, number])[] = typeof given === "number" ? new Array<number>(rank).fill(given) : given;
  if (list.length !== rank) throw new ShapeError(`${who}: pad has ${list.length} entries, but the image has ${rank} spatial axes`);
  return list.map((entry) => {
    const pair: readonly [number, number] = typeof entry === "number" ? [entry, entry] : entry;
    if (pair.some((side) => !Number.isInteger(side) || side < 0))
      throw new ShapeError(`${who}: pad must be whole numbers from 0 on, but ${pair.join(", ")} arrived`);
    return pair;
  });
}

/** A geometry with always three spatial axes; missing ones are in front with extent 1. */
export interface WindowGeometry extends WindowAttributes {
  readonly batch: number;
  readonly input: Shape;
  readonly output: Shape;
}

export function geometryOf(batch: number, input: Shape, output: Shape, window: WindowAttributes): WindowGeometry {
  const missing = 3 - input.length;
  const fill = <T>(list: readonly T[], value: T): T[] => [...new Array<T>(missing).fill(value), ...list];
  return {
    batch,
    input: fill(input, 1),
    output: fill(output, 1),
    size: fill(window.size, 1),
    stride: fill(window.stride, 1),
    dilation: fill(window.dilation, 1),
    pad: fill<readonly [number, number]>(window.pad, [0, 0]),
  };
}

/**
 * Calls `visit` for every output pixel and every window entry that lies inside the image, with the numbers of the input
 * pixel, the output pixel (both counted through the batch) and the window entry. Output pixels in row-major order, the
 * window's entries in row-major order within each.
 */
export function forEachTap(geometry: WindowGeometry, visit: (input: number, output: number, tap: number) => void): void {
  const { batch, pad } = geometry;
  const [inD, inH, inW] = geometry.input as [number, number, number];
  const [outD, outH, outW] = geometry.output as [number, number, number];
  const [sizeD, sizeH, sizeW] = geometry.size as [number, number, number];
  const [strideD, strideH, strideW] = geometry.stride as [number, number, number];
  const [dilationD, dilationH, dilationW] = geometry.dilation as [number, number, number];
  const [padD, padH, padW] = pad.map(([before]) => before) as [number, number, number];
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let od = 0; od < outD; od++) {
      for (let oh = 0; oh < outH; oh++) {
        for (let ow = 0; ow < outW; ow++, output++) {
          for (let kd = 0; kd < sizeD; kd++) {
            const d = od * strideD - padD + kd * dilationD;
            if (d < 0 || d >= inD) continue;
            for (let kh = 0; kh < sizeH; kh++) {
              const h = oh * strideH - padH + kh * dilationH;
              if (h < 0 || h >= inH) continue;
              const row = ((n * inD + d) * inH + h) * inW;
              const tapRow = (kd * sizeH + kh) * sizeW;
              for (let kw = 0; kw < sizeW; kw++) {
                const w = ow * strideW - padW + kw * dilationW;
                if (w >= 0 && w < inW) visit(row + w, output, tapRow + kw);
              }
            }
          }
        }
      }
    }
  }
}
