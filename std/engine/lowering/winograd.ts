import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { Address, LoweringContext } from "./contract.js";
import type { Convolution } from "./convolution.js";
import { activationCodes, emitProduct, type Epilogue } from "./product.js";
import { scratchBytes } from "./scratch.js";

/** Places of a 6 x 6 tile: planes of transformed values, and matrix products. */
const places = 36;
const side = 6;

/** Transformed images are made for as many images at a time as keep them within this: what a laptop's third-level cache holds. */
const chunkBytes = 8 * 2 ** 20;

/** Room after each plane, so that the 36 places of one tile do not all fall on the same lines of a cache. */
const planePadding = 16;

const planeOf = (elements: number): number => Math.ceil(elements / 16) * 16 + planePadding;

interface Tiles {
  /** Extent of the kernel, and of the tile of results that one 6 x 6 window gives. */
  readonly kernel: number;
  readonly result: number;
  readonly down: number;
  readonly across: number;
}

/**
 * The tiles of a convolution's results, or null where Winograd's algorithm does not serve: kernels of 3 x 3 and 5 x 5 with
 * stride 1, enough channels to pay for the transforms, and tiles that fit the image's size.
 */
export function winogradTiles(
  { size, stride, dilation, groups, channels, filters, batch }: Convolution,
  [, height, width]: readonly number[],
): Tiles | null {
  const kernel = size[2] as number;
  if (size[0] !== 1 || size[1] !== kernel || (kernel !== 3 && kernel !== 5)) return null;
  if (sizeOf(stride) !== 1 || sizeOf(dilation) !== 1 || groups !== 1) return null;
  if (channels % 4 !== 0 || filters % 4 !== 0) return null;
  // The transforms cost as channels + filters, the products saved as channels * filters.
  if ((channels * filters) / (channels + filters) < 10) return null;
  const result = side + 1 - kernel;
  const down = Math.ceil((height as number) / result);
  const across = Math.ceil((width as number) / result);
  // Products left, as a part of the direct method's; and the kernel's transform must pay for itself.
  const part = (down * across * places) / ((height as number) * (width as number) * kernel * kernel);
  if (part > 0.6 || batch * down * across < 16) return null;
  return { kernel, result, down, across };
}

/** How many images are transformed at a time, given the bytes of all planes of one. */
function chunkOf(batch: number, bytesOfOne: number): number {
  const most = Math.max(1, Math.floor(chunkBytes / bytesOfOne));
  return Math.ceil(batch / Math.ceil(batch / most));
}

/** Steps of a transform per channel of a tile: 12 passes of some 10 instructions on four channels. */
const transformWork = 40;

interface WinogradRequest {
  readonly image: Address;
  readonly kernel: Address;
  readonly result: Address;
  readonly batch: number;
  /** Height and width of the image read and of the result written. */
  readonly read: readonly [number, number];
  readonly written: readonly [number, number];
  /** Zeros before each axis of the image. */
  readonly pad: readonly [number, number];
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** The kernel turned round, and its matrices transposed: the gradient of a convolution's input. */
  readonly turned: boolean;
  readonly epilogue: Epilogue;
}

/** A convolution with stride 1, or the gradient of its input, which is one with the kernel turned round. */
export function emitWinograd(context: LoweringContext, tiles: Tiles, request: WinogradRequest): void {
  const { batch, read, written, pad, channelsIn, channelsOut, turned, epilogue } = request;
  const { kernel, result, down, across } = tiles;
  const elements = channelsIn * channelsOut;
  const kernelPlane = planeOf(elements);
  const kernels = context.scratch(places * kernelPlane * 4);
  const scratch = context.scratch(scratchBytes.winograd(Math.max(channelsIn, channelsOut)) * context.threads);
  context.emit("winogradKernel", [request.kernel, kernels, kernelPlane, kernel, elements, turned ? 1 : 0, scratch], {
    work: 10 * elements * 4,
  });

  const tilesOfOne = down * across;
  const chunk = chunkOf(batch, places * 4 * tilesOfOne * (channelsIn + channelsOut));
  const imagePlane = planeOf(chunk * tilesOfOne * channelsIn);
  const resultPlane = planeOf(chunk * tilesOfOne * channelsOut);
  const images = context.scratch(places * imagePlane * 4);
  const results = context.scratch(places * resultPlane * 4);
  for (let first = 0; first < batch; first += chunk) {
    const count = Math.min(chunk, batch - first);
    const rows = count * tilesOfOne;
    const from = request.image.plus(first * read[0] * read[1] * channelsIn * 4);
    const offset = first * written[0] * written[1] * channelsOut * 4;
    context.emit("winogradImage", [from, images, imagePlane, count, ...read, channelsIn, down, across, result, ...pad, scratch], {
      work: transformWork * rows * channelsIn,
    });
    emitProduct(context, {
      a: images, b: kernels, c: results, m: rows, n: channelsOut, k: channelsIn, transposeB: turned,
      batch: places, strideA: imagePlane, strideB: kernelPlane, strideC: resultPlane,
    }); // prettier-ignore
    context.emit(
      "winogradResult",
      [
        results, resultPlane, request.result.plus(offset), epilogue.bias ?? absent, epilogue.residual?.plus(offset) ?? absent, activationCodes[epilogue.activation],
        count, ...written, channelsOut, down, across, result, scratch,
      ],
      { work: transformWork * rows * channelsOut },
    ); // prettier-ignore
  }
}

/** The gradient of a convolution's weights: tiles of the result's gradient take the kernel's place. */
export function emitWinogradWeightGradient(
  context: LoweringContext,
  { kernel, result, down, across }: Tiles,
  { batch, input, output, channels, filters, corner }: Convolution & { readonly corner: readonly [number, number] },
  image: Address,
  gradient: Address,
  weights: Address,
): void {
  const [, height, width] = input as [number, number, number];
  const [, outHeight, outWidth] = output as [number, number, number];
  const elements = channels * filters;
  const weightPlane = planeOf(elements);
  const products = context.scratch(places * weightPlane * 4);
  const scratch = context.scratch(scratchBytes.winograd(Math.max(channels, filters)) * context.threads);
  const tilesOfOne = down * across;
  const chunk = chunkOf(batch, places * 4 * tilesOfOne * (channels + filters));
  const imagePlane = planeOf(chunk * tilesOfOne * channels);
  const gradientPlane = planeOf(chunk * tilesOfOne * filters);
  const images = context.scratch(places * imagePlane * 4);
  const gradients = context.scratch(places * gradientPlane * 4);
  for (let first = 0; first < batch; first += chunk) {
    const count = Math.min(chunk, batch - first);
    const rows = count * tilesOfOne;
    const from = image.plus(first * height * width * channels * 4);
    const g = gradient.plus(first * outHeight * outWidth * filters * 4);
    context.emit("winogradImage", [from, images, imagePlane, count, height, width, channels, down, across, result, ...corner, scratch], {
      work: transformWork * rows * channels,
    });
    context.emit("winogradGradient", [g, gradients, gradientPlane, count, outHeight, outWidth, filters, down, across, result, scratch], {
      work: transformWork * rows * filters,
    });
    emitProduct(context, {
      a: images, b: gradients, c: products, m: channels, n: filters, k: rows, transposeA: true, accumulate: first > 0,
      batch: places, strideA: imagePlane, strideB: gradientPlane, strideC: weightPlane,
    }); // prettier-ignore
  }
  context.emit("winogradKernelGradient", [products, weightPlane, weights, kernel, elements, scratch], { work: 10 * elements * 4 });
}
