import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { Address, LoweringContext } from "./contract.js";
import type { Convolution, UnitStrideRequest } from "./convolution.js";
import { activationCodes } from "./product.js";
import { scratchBytes } from "./scratch.js";

// Convolutions with few filters, four images at a time in the lanes of a vector.

/** Scratch of one thread that a second-level cache holds beside everything else. */
const mostScratch = 512 * 1024;

/** Max pooling by windows of 2 x 2: of the results only the largest are written, and their places in the windows where someone wants them. */
export interface PairPooling {
  readonly picks: Address | null;
}

/** Whether a convolution that gives so many channels may be one for lanes of images. Tiles of 8 filters are filled well from 7 on. */
export function suitsLanes({ stride, dilation, groups, size }: Convolution, channelsOut: number): boolean {
  const plain = groups === 1 && sizeOf(stride) === 1 && sizeOf(dilation) === 1;
  return plain && size[0] === 1 && sizeOf(size) > 1 && channelsOut >= 4 && channelsOut <= 6;
}

/**
 * Emits the convolution if it is one that lanes of images serve best; says whether it did.
 * @param pooling what is written to the request's result is pooled
 */
export function emitLaneConvolution(
  context: LoweringContext,
  convolution: Convolution,
  request: UnitStrideRequest,
  pooling: PairPooling | null = null,
): boolean {
  const { batch, read, written, pad, channelsIn, channelsOut, turned, epilogue } = request;
  const { size } = convolution;
  if (!suitsLanes(convolution, channelsOut) || batch < 4 * context.threads || epilogue.residual !== null) return false;
  const window = [size[1], size[2]] as [number, number];
  if (pad.some((before, axis) => before < 0 || before >= (window[axis] as number))) return false;
  const bytes = scratchBytes.laneConvolution(read, channelsIn, written, channelsOut, window, pad[1], pooling !== null);
  if (bytes > mostScratch) return false;
  context.emit(
    "laneConvolution",
    [
      request.image, request.kernel, request.result, epilogue.bias ?? absent, activationCodes[epilogue.activation],
      turned ? 1 : 0, pooling === null ? 0 : 1, pooling?.picks ?? absent, batch, ...read, channelsIn, ...written, channelsOut, ...window, ...pad, context.scratch(bytes * context.threads),
    ],
    { work: batch * sizeOf(written) * sizeOf(window) * channelsIn * channelsOut },
  ); // prettier-ignore
  return true;
}
