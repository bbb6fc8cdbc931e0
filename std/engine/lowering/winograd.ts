import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { LoweringContext } from "./contract.js";
import type { Convolution, UnitStrideRequest } from "./convolution.js";
import { activationCodes } from "./product.js";
import { scratchBytes } from "./scratch.js";
import { transformWork, WinogradCalls } from "./winograd-calls.js";

/**
 * Images, or rows of tiles of large ones, are transformed as many at a time as keep all planes within this: what a laptop's third-level
 * cache holds, or, for machine code, which waits for nothing but memory, a second-level one.
 */
const chunkBytes = { machineCode: 2 ** 20, other: 4 * 2 ** 20 };

/** Half the harmonic mean of channels and filters from which on the products saved outweigh the transforms: 16 of each. */
const leastMean = 8;

/** Room after each plane, so that the 36 places of one tile do not all fall on the same lines of a cache. */
const planePadding = 16;

export const planeOf = (elements: number): number => Math.ceil(elements / 16) * 16 + planePadding;

export interface Tiles {
  /** Extent of the windows that are transformed; and their places: planes of transformed values, and matrix products. */
  readonly side: 6 | 4;
  readonly places: number;
  /** Extent of the kernel, and of the tile of results that one window gives. */
  readonly kernel: 3 | 5;
  readonly result: number;
  readonly down: number;
  readonly across: number;
}

/**
 * The tiles of a convolution's results, or null where Winograd's algorithm does not serve: kernels of 3 x 3 and 5 x 5 with
 * stride 1, enough channels to pay for the transforms, and tiles that fit the image's size and are not too few.
 */
export function winogradTiles(
  context: Pick<LoweringContext, "wide">,
  { size, stride, dilation, groups, channels, filters, batch }: Convolution,
  [, height, width]: readonly number[],
): Tiles | null {
  const kernel = size[2];
  if (size[0] !== 1 || size[1] !== kernel || (kernel !== 3 && kernel !== 5)) return null;
  if (sizeOf(stride) !== 1 || sizeOf(dilation) !== 1 || groups !== 1) return null;
  if (channels % 4 !== 0 || filters % 4 !== 0) return null;
  // The transforms cost as channels + filters, the products saved as channels * filters.
  if ((channels * filters) / (channels + filters) < leastMean) return null;
  // Tiles of 6 x 6 save the most products, where there are enough of them for these to be large.
  for (const side of kernel === 3 ? ([6, 4] as const) : ([6] as const)) {
    const places = side * side;
    const result = side + 1 - kernel;
    const down = Math.ceil((height as number) / result);
    const across = Math.ceil((width as number) / result);
    // Products left, as a part of the direct method's; and the kernel's transform must pay for itself.
    const part = (down * across * places) / ((height as number) * (width as number) * kernel * kernel);
    if (part <= 0.6 && batch * down * across >= leastTiles[context.wide ? "wide" : "own"])
      return { side, places, kernel, result, down, across };
  }
  return null;
}

/**
 * With fewer tiles than this wide vectors are done sooner with the windows themselves: the transformed kernels are two to four times
 * the weights, and too few rows of each product share them.
 */
const leastTiles = { wide: 48, own: 16 };

/** What is transformed at a time: some whole images, or some rows of tiles of one that is too large. */
interface Piece {
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
}

/** Kernels, or their gradients, are transformed as many at a time as keep all planes within this, so that the products find them in a cache. */
const kernelBytes = { machineCode: 3 * 2 ** 20, other: 6 * 2 ** 20 };

/** Cuts the channels of kernels of channels x filters into chunks as equal as they come, of whole panels of 16. */
export function chunksOf(
  { machineCode }: Pick<LoweringContext, "machineCode">,
  channels: number,
  filters: number,
  places: number,
): { first: number; count: number }[] {
  const most = Math.max(16, Math.floor(kernelBytes[machineCode ? "machineCode" : "other"] / (places * 4 * filters)));
  const count = Math.ceil(channels / Math.ceil(channels / most) / 16) * 16;
  return Array.from({ length: Math.ceil(channels / count) }, (_, index) => ({
    first: index * count,
    count: Math.min(count, channels - index * count),
  }));
}

/** Fewest tiles of a piece: each product reads its kernels anew, or even packs them, which this many rows pay for. */
const leastTilesOfPiece = { machineCode: 96, other: 192 };

/**
 * Cuts a batch into pieces as equal as they come, as many for each of `owners` threads (fewer where there are too few rows);
 * `channels` are those of both images transformed.
 */
export function piecesOf(
  { machineCode }: Pick<LoweringContext, "machineCode">,
  batch: number,
  { places, down, across }: Tiles,
  channels: number,
  owners: number,
): { readonly pieces: readonly Piece[]; readonly owners: number } {
  const bytesOfTile = places * 4 * channels;
  const bytesOfOne = down * across * bytesOfTile;
  const by = machineCode ? "machineCode" : "other";
  const room = Math.max(chunkBytes[by], leastTilesOfPiece[by] * bytesOfTile);
  const forAll = (count: number): number => Math.ceil(count / owners) * owners;
  const inOne = Math.floor(room / bytesOfOne);
  const groups = inOne >= 1 ? forAll(Math.ceil(batch / inOne)) : Infinity;
  if (groups <= batch) {
    const pieces = partsOf(batch, groups).map(({ first, count }) => ({ image: first, images: count, row: 0, rows: down }));
    return { pieces, owners };
  }
  let bands = Math.min(down, Math.ceil(bytesOfOne / room));
  while (bands < down && (batch * bands) % owners !== 0) bands++;
  const pieces = Array.from({ length: batch }, (_, image) =>
    partsOf(down, bands).map(({ first, count }) => ({ image, images: 1, row: first, rows: count })),
  ).flat();
  return { pieces, owners: Math.min(owners, pieces.length) };
}

/** `count` parts of `whole`, no two of which differ by more than one. */
const partsOf = (whole: number, count: number): { first: number; count: number }[] =>
  Array.from({ length: count }, (_, part) => {
    const first = Math.floor((part * whole) / count);
    return { first, count: Math.floor(((part + 1) * whole) / count) - first };
  });

/**
 * How many threads take pieces of their own through all steps, so that what lies between stays in one cache and none waits for
 * another but after each piece; 1 where there are too few tiles, and the steps are dealt out one by one.
 */
export const ownersOf = (context: LoweringContext, tiles: number, wholeKernels: boolean): number =>
  wholeKernels && tiles >= context.threads * leastTilesOfOwner ? context.threads : 1;

/** Fewer rows of a product are not worth packing its kernels for. */
const leastTilesOfOwner = 96;

/** The most tiles of any piece. */
export const mostTiles = (pieces: readonly Piece[], across: number): number =>
  Math.max(...pieces.map(({ images, rows }) => images * rows * across));

/** Channels times filters up to which the planes are worth more in a thread's cache than a BLAS is on products so small. */
const mostOfOwn = 32 * 64 - 1;

export const suitsOwn = (context: LoweringContext, channels: number, filters: number): boolean =>
  !context.machineCode && (!context.wide || channels * filters <= mostOfOwn);

/** Fewer tiles of a thread are not worth reading all kernels for: then the products' places are dealt out instead. */
export const leastOfThread = 24;

/** What a thread has of its tiles between image and result: half of a second-level cache. */
const blockBytes = 512 * 1024;

/** Tiles that a thread takes through all steps at once: whole register tiles of 6 rows, in equal blocks. */
export function blockOf({ places }: Tiles, tiles: number, channels: number): number {
  const most = Math.max(leastOfThread, Math.floor(blockBytes / (places * 4 * channels)));
  return Math.ceil(tiles / Math.ceil(tiles / most) / 6) * 6;
}

/** A convolution with stride 1, or the gradient of its input, which is one with the kernel turned round. */
export function emitWinograd(context: LoweringContext, tiles: Tiles, request: UnitStrideRequest): void {
  const { batch, read, written, pad, channelsIn, channelsOut, turned, epilogue } = request;
  const { side, places, kernel, result, across } = tiles;
  // The kernels' own channels and filters: the gradient of an input runs against them.
  const [channels, filters] = turned ? [channelsOut, channelsIn] : [channelsIn, channelsOut];
  const chunks = chunksOf(context, channels, filters, places);
  // Our own product reads panels, which saves it from packing them for each piece anew.
  const panels = channels % 8 === 0 && filters % 8 === 0 && suitsOwn(context, channels, filters);
  const tilesOfAll = batch * tiles.down * across;
  const imageBytes = places * tilesOfAll * channelsIn * 4;
  if (panels && (chunks.length > 1 || tilesOfAll < context.threads * leastOfThread) && imageBytes <= mostOfImages) {
    emitWinogradColumns(context, tiles, request);
    return;
  }
  const calls = new WinogradCalls(context, tiles, Math.max(channelsIn, channelsOut));
  const kernelPlane = planeOf((chunks[0] as { count: number }).count * filters);
  const kernels = context.scratch(places * kernelPlane * 4);
  const transformKernels = ({ first, count }: { first: number; count: number }): void => {
    const weights = request.kernel.plus(first * filters * 4);
    const lead = channels * filters;
    if (!panels) calls.kernels({ weights, planes: kernels, plane: kernelPlane, elements: count * filters, lead }, turned);
    else
      context.emit(
        "winogradKernelPanels",
        [
          weights, kernels, kernelPlane, kernel, count, filters, lead, turned ? 1 : 0, side,
          context.scratch(scratchBytes.winogradKernel * context.threads),
        ],
        { work: 10 * count * filters * 4 },
      ); // prettier-ignore
  };
  if (chunks.length === 1) transformKernels(chunks[0] as { first: number; count: number });
  if (panels && chunks.length === 1 && tilesOfAll >= context.threads * leastOfThread) {
    const block = blockOf(tiles, Math.ceil(tilesOfAll / context.threads), channelsIn + channelsOut);
    const bytes = scratchBytes.winogradConvolution(block, channelsIn, channelsOut, side);
    context.emit(
      "winogradConvolution",
      [
        request.image, kernels, kernelPlane, request.result, epilogue.bias ?? absent, epilogue.residual ?? absent, activationCodes[epilogue.activation],
        batch, ...read, channelsIn, ...written, channelsOut, tiles.down, across, result, ...pad, side, block, context.scratch(bytes * context.threads),
      ],
      { work: tilesOfAll * (places * channelsIn * channelsOut + transformWork * (channelsIn + channelsOut)) },
    ); // prettier-ignore
    return;
  }

  const { pieces, owners } = piecesOf(context, batch, tiles, channelsIn + channelsOut, ownersOf(context, tilesOfAll, chunks.length === 1));
  const imagePlane = planeOf(mostTiles(pieces, across) * channelsIn);
  const resultPlane = planeOf(mostTiles(pieces, across) * channelsOut);
  const allImages = context.scratch(places * imagePlane * 4 * owners);
  const allResults = context.scratch(places * resultPlane * 4 * owners);
  for (const [index, piece] of pieces.entries()) {
    const turn = index % owners;
    const images = allImages.plus(turn * places * imagePlane * 4);
    const results = allResults.plus(turn * places * resultPlane * 4);
    const alone = owners > 1 ? { owner: turn, independent: true } : {};
    const tilesNow = piece.images * piece.rows * across;
    const from = request.image.plus(piece.image * read[0] * read[1] * channelsIn * 4);
    const top = piece.row * result;
    const offset = (piece.image * written[0] + top) * written[1] * channelsOut * 4;
    const grid = { batch: piece.images, tilesHeight: piece.rows, tilesWidth: across };
    calls.image(
      from,
      { planes: images, plane: imagePlane },
      { ...grid, height: read[0], width: read[1], channels: channelsIn },
      [pad[0] - top, pad[1]],
      { ...alone, independent: turn > 0 },
    );
    for (const chunk of chunks) {
      if (chunks.length > 1) transformKernels(chunk);
      // A chunk of the kernels' channels is a part of the inner axis, or of the result's columns when they are turned.
      const { first, count } = chunk;
      const part = turned
        ? { a: images, c: results.plus(first * 4), n: count, k: channelsIn, accumulate: false }
        : { a: images.plus(first * 4), c: results, n: channelsOut, k: count, accumulate: first > 0 };
      calls.products({
        ...part, b: kernels, m: tilesNow, panels, transposeB: turned && !panels, lda: channelsIn, ldb: filters, ldc: channelsOut,
        strideA: imagePlane, strideB: kernelPlane, strideC: resultPlane, ...alone,
      }); // prettier-ignore
    }
    calls.result(
      { planes: results, plane: resultPlane },
      request.result.plus(offset),
      { ...epilogue, residual: epilogue.residual?.plus(offset) ?? null },
      { ...grid, height: written[0] - top, width: written[1], channels: channelsOut },
      alone,
    );
  }
}

/** Planes of a whole batch, which each thread reads for each of its columns: what a third-level cache holds. */
const mostOfImages = 8 * 2 ** 20;

/** Columns of the products whose kernels a thread makes at a time. */
const columnsAtOnce = 64;

/** With few tiles and many channels: threads have columns of the products, and make the kernels as they need them. */
function emitWinogradColumns(context: LoweringContext, tiles: Tiles, request: UnitStrideRequest): void {
  const { batch, read, written, pad, channelsIn, channelsOut, turned, epilogue } = request;
  const { side, places, kernel, result, down, across } = tiles;
  const [channels, filters] = turned ? [channelsOut, channelsIn] : [channelsIn, channelsOut];
  const all = batch * down * across;
  const imagePlane = planeOf(all * channelsIn);
  const images = context.scratch(places * imagePlane * 4);
  context.emit(
    "winogradImage",
    [
      request.image, images, imagePlane, batch, ...read, channelsIn, down, across, result, ...pad, side,
      context.scratch(scratchBytes.winograd(channelsIn) * context.threads),
    ],
    { work: transformWork * all * channelsIn },
  ); // prettier-ignore
  const most = Math.ceil(channelsOut / 8 / context.threads) * 8;
  const columns = Math.ceil(most / Math.ceil(most / columnsAtOnce) / 8) * 8;
  context.emit(
    "winogradColumns",
    [
      images, imagePlane, request.kernel, request.result, epilogue.bias ?? absent, epilogue.residual ?? absent, activationCodes[epilogue.activation],
      channels, filters, kernel, turned ? 1 : 0, batch, ...written, down, across, result, side, columns,
      context.scratch(scratchBytes.winogradColumns(all, channelsIn, columns, side) * context.threads),
    ],
    { work: places * channelsOut * channelsIn * (all + 10) },
  ); // prettier-ignore
}
