import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { LoweringContext } from "./contract.js";
import type { Convolution, UnitStrideRequest } from "./convolution.js";
import { activationCodes } from "./product.js";
import { scratchBytes } from "./scratch.js";

// Convolutions with few filters, four images at a time in the lanes of a vector.

/** Scratch of one thread that a second-level cache holds beside everything else. */
const mostScratch = 512 * 1024;

/** Emits the convolution if it is one that lanes of images serve best; says whether it did. */
export function emitLaneConvolution(
  context: LoweringContext,
  { stride, dilation, groups, size }: Convolution,
  request: UnitStrideRequest,
): boolean {
  const { batch, read, written, pad, channelsIn, channelsOut, turned, epilogue } = request;
  // Tiles of 8 filters are filled well from 7 on.
  if (groups !== 1 || sizeOf(stride) !== 1 || sizeOf(dilation) !== 1 || size[0] !== 1 || sizeOf(size) === 1) return false;
  if (channelsOut < 4 || channelsOut > 6 || batch < 4 * context.threads || epilogue.residual !== null) return false;
  const window = [size[1], size[2]] as [number, number];
  if (pad.some((before, axis) => before < 0 || before >= (window[axis] as number))) return false;
  const bytes = scratchBytes.laneConvolution(read, channelsIn, written, channelsOut, window, pad[1]);
  if (bytes > mostScratch) return false;
  context.emit(
    "laneConvolution",
    [
      request.image, request.kernel, request.result, epilogue.bias ?? absent, activationCodes[epilogue.activation], turned ? 1 : 0,
      batch, ...read, channelsIn, ...written, channelsOut, ...window, ...pad, context.scratch(bytes * context.threads),
    ],
    { work: batch * sizeOf(written) * sizeOf(window) * channelsIn * channelsOut },
  ); // prettier-ignore
  return true;
}
