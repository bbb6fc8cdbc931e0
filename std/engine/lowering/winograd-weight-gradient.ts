import { absent } from "./arguments.js";
import type { Address, LoweringContext } from "./contract.js";
import type { Convolution } from "./convolution.js";
import { scratchBytes } from "./scratch.js";
import { blockOf, chunksOf, leastOfThread, mostTiles, ownersOf, piecesOf, planeOf, suitsOwn, type Tiles } from "./winograd.js";
import { transformWork, WinogradCalls } from "./winograd-calls.js";

interface WeightGradient extends Convolution {
  readonly corner: readonly [number, number];
  readonly image: Address;
  readonly gradient: Address;
  readonly weights: Address;
}

/** The gradient of a convolution's weights: tiles of the result's gradient take the kernel's place. */
export function emitWinogradWeightGradient(context: LoweringContext, tiles: Tiles, request: WeightGradient): void {
  const { batch, channels, filters } = request;
  if (!suitsOwn(context, channels, filters)) {
    emitByProducts(context, tiles, request);
    return;
  }
  const tilesOfAll = batch * tiles.down * tiles.across;
  const sums = tiles.places * planeOf(channels * filters) * 4;
  const ofThreads = sums <= mostOfThread && sums * context.threads <= mostOfProducts && tilesOfAll >= 2 * leastOfThread * context.threads;
  (ofThreads ? emitByThreads : emitByChunks)(context, tiles, request);
}

/** What one thread's sums of products may take: more leave its second-level cache for each block of tiles. */
const mostOfThread = 2.5 * 2 ** 20;

/** What the threads' sums of products may take together. */
const mostOfProducts = 16 * 2 ** 20;

type Widths = readonly [channels: number, filters: number];

/** Most channels whose products are done at once: two operands of that many by as many tiles are in a first-level cache, their sums in a second-level one. */
const mostOfChunk = 64;

/** Channels and filters of chunks as equal as they come, of whole vectors. */
const chunked = (widths: Widths, most: number): Widths => {
  const [channels, filters] = widths.map((width) => Math.ceil(width / Math.ceil(width / most) / 4) * 4) as [number, number];
  return [channels, filters];
};

const pairsOf = ([channels, filters]: Widths, [width, filterWidth]: Widths): number =>
  Math.ceil(channels / width) * Math.ceil(filters / filterWidth);

/** Chunks whose pairs are enough to be dealt out evenly. */
function chunksOfThreads(widths: Widths, threads: number): Widths {
  for (let most = mostOfChunk; ; most /= 2) {
    const chunks = chunked(widths, most);
    const pairs = pairsOf(widths, chunks);
    if (most <= 16 || pairs % threads === 0 || pairs >= 4 * threads) return chunks;
  }
}

/** Each thread sums the products of its own tiles. */
function emitByThreads(context: LoweringContext, tiles: Tiles, request: WeightGradient): void {
  const { batch, input, output, channels, filters, corner, image, gradient, weights } = request;
  const { side, places, result, down, across } = tiles;
  const widths = [channels, filters] as const;
  const chunks = chunked(widths, mostOfChunk);
  const plane = planeOf(channels * filters);
  const bytes = places * plane * 4;
  const parts = context.scratch(bytes * context.threads);
  const tilesOfAll = batch * down * across;
  const block = blockOf(tiles, Math.ceil(tilesOfAll / context.threads), (channels + filters) / 2);
  const own = context.scratch(scratchBytes.winogradWeightProducts(block, widths, chunks, side) * context.threads);
  context.emit(
    "winogradWeightProducts",
    [
      image, gradient, parts, plane, bytes, batch, ...input.slice(1), channels, ...output.slice(1), filters,
      down, across, result, ...corner, side, ...chunks, block, own,
    ],
    { work: tilesOfAll * (places * channels * filters + transformWork * (channels + filters)) },
  ); // prettier-ignore
  const calls = new WinogradCalls(context, tiles, 0);
  const elements = channels * filters;
  calls.kernelGradient({ weights, planes: parts, plane, elements, lead: elements }, context.threads, bytes);
}

/** Each thread takes chunks of channels and filters through the products of all tiles to the gradient, so that their sums stay in its cache. */
function emitByChunks(context: LoweringContext, tiles: Tiles, request: WeightGradient): void {
  const { batch, input, output, channels, filters, corner, image, gradient, weights } = request;
  const { side, places, kernel, result, across } = tiles;
  const [, height, width] = input as [number, number, number];
  const [, outHeight, outWidth] = output as [number, number, number];
  const widths = [channels, filters] as const;
  const chunks = chunksOfThreads(widths, context.threads);
  const { pieces } = piecesOf(context, batch, tiles, channels + filters, 1);
  const room = mostTiles(pieces, across);
  const planes = context.scratch(scratchBytes.winogradChunks(room, widths, chunks, side));
  // The sums of several pieces add up, so that all of them are kept until the last.
  const kept = pieces.length > 1 ? context.scratch(pairsOf(widths, chunks) * scratchBytes.winogradSums(chunks, side)) : absent;
  const scratch = context.scratch(scratchBytes.winograd(Math.max(channels, filters)) * context.threads);
  const own = context.scratch(scratchBytes.winogradChunkGradient(chunks, side) * context.threads);
  for (const [index, piece] of pieces.entries()) {
    const tilesNow = piece.images * piece.rows * across;
    const top = piece.row * result;
    const x = image.plus(piece.image * height * width * channels * 4);
    const g = gradient.plus((piece.image * outHeight + top) * outWidth * filters * 4);
    context.emit(
      "winogradChunks",
      [
        x, g, planes, piece.images, height, width, channels, outHeight - top, outWidth, filters, piece.rows, across, result,
        corner[0] - top, corner[1], side, ...chunks, room, scratch,
      ],
      { work: transformWork * tilesNow * (channels + filters) },
    ); // prettier-ignore
    context.emit(
      "winogradChunkGradient",
      [
        planes,
        tilesNow,
        room,
        kept,
        index === 0 ? 1 : 0,
        index === pieces.length - 1 ? 1 : 0,
        weights,
        kernel,
        ...widths,
        side,
        ...chunks,
        own,
      ],
      { work: places * tilesNow * channels * filters },
    );
  }
}

/** The planes of all channels, or of a piece of the tiles, and their products. */
function emitByProducts(context: LoweringContext, tiles: Tiles, request: WeightGradient): void {
  const { batch, input, output, channels, filters, corner, image, gradient, weights } = request;
  const { places, result, down, across } = tiles;
  const [, height, width] = input as [number, number, number];
  const [, outHeight, outWidth] = output as [number, number, number];
  const calls = new WinogradCalls(context, tiles, Math.max(channels, filters));
  const partBytes = places * planeOf(channels * filters) * 4;
  const wanted = ownersOf(context, batch * down * across, partBytes * context.threads <= mostOfProducts);
  const { pieces, owners } = piecesOf(context, batch, tiles, channels + filters, wanted);
  // The products of several pieces add up, so that all of them are kept until the last.
  const chunks = pieces.length === 1 ? chunksOf(context, channels, filters, places) : [{ first: 0, count: channels }];
  const weightPlane = planeOf((chunks[0] as { count: number }).count * filters);
  const productBytes = places * weightPlane * 4;
  const products = context.scratch(productBytes * owners);
  const imagePlane = planeOf(mostTiles(pieces, across) * channels);
  const gradientPlane = planeOf(mostTiles(pieces, across) * filters);
  const allImages = context.scratch(places * imagePlane * 4 * owners);
  const allGradients = context.scratch(places * gradientPlane * 4 * owners);
  for (const [index, piece] of pieces.entries()) {
    const tilesNow = piece.images * piece.rows * across;
    const top = piece.row * result;
    const turn = index % owners;
    const images = allImages.plus(turn * places * imagePlane * 4);
    const gradients = allGradients.plus(turn * places * gradientPlane * 4);
    const alone = owners > 1 ? { owner: turn, independent: true } : {};
    const from = image.plus(piece.image * height * width * channels * 4);
    const g = gradient.plus((piece.image * outHeight + top) * outWidth * filters * 4);
    const grid = { batch: piece.images, tilesHeight: piece.rows, tilesWidth: across };
    calls.image(from, { planes: images, plane: imagePlane }, { ...grid, height, width, channels }, [corner[0] - top, corner[1]], {
      ...alone,
      independent: turn > 0,
    });
    calls.gradient(
      g,
      { planes: gradients, plane: gradientPlane },
      { ...grid, height: outHeight - top, width: outWidth, channels: filters },
      alone,
    );
    for (const { first, count } of chunks) {
      calls.products({
        a: images.plus(first * 4), b: gradients, c: products.plus(turn * productBytes), m: count, n: filters, k: tilesNow, transposeA: true, lda: channels,
        ldb: filters, ldc: filters, accumulate: index >= owners, strideA: imagePlane, strideB: gradientPlane, strideC: weightPlane, ...alone,
      }); // prettier-ignore
      if (index < pieces.length - 1) continue;
      const kernels = { weights: weights.plus(first * filters * 4), planes: products, plane: weightPlane };
      calls.kernelGradient({ ...kernels, elements: count * filters, lead: channels * filters }, owners, productBytes);
    }
  }
}
