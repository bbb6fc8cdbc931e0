import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { Address, LoweringContext } from "./contract.js";
import type { Convolution } from "./convolution.js";
import { padBefore, plane } from "./planes.js";
import { activationCodes, type Epilogue } from "./product.js";
import { scratchBytes } from "./scratch.js";

/** Rows of the 36 products for one tile of 4 x 4 results: 81 of them, where the direct method has 144. */
const rowsOfTile = 81;

/** Tiles are transformed as many at a time as keep all that is transformed within this, but not fewer than pay for the kernels' transforms. */
const planeBytes = 4 * 2 ** 20;
const leastOfPiece = 64;

/** Filters whose kernels a thread transforms at a time: enough for our product's taller tiles. */
const columnsAtOnce = 64;

/** Steps of a transform per channel of a tile. */
const transformWork = 80;

/** Half the harmonic mean of channels and filters from which on the products saved outweigh the transforms: 32 of each. */
const leastMean = 16;

/** Fewest tiles that pay for the transforms of the kernels. */
const leastTiles = 12;

/** Products left, as a part of the direct method's, that still pay for the transforms: 0.56 where tiles fill the results. */
const mostOfProducts = 0.7;

interface Tiles {
  readonly down: number;
  readonly across: number;
  readonly all: number;
}

/** Tiles of `extent` numbers of each axis that cover an image. */
const tilesOf = (batch: number, [, height, width]: readonly number[], extent: number): Tiles => {
  const [down, across] = [Math.ceil((height as number) / extent), Math.ceil((width as number) / extent)];
  return { down, across, all: batch * down * across };
};

/**
 * Whether a convolution and its gradients are better done by Winograd's algorithm for a stride of 2: not where there are wide vectors, with which
 * all products are done before the transforms would be.
 */
export function suitsStridedWinograd(
  context: LoweringContext,
  { size, stride, dilation, groups, channels, filters, batch, input, output }: Convolution,
): boolean {
  if (context.wide || groups !== 1 || sizeOf(dilation) !== 1) return false;
  if (input[0] !== 1 || size.some((extent, axis) => extent !== (axis === 0 ? 1 : 3) || stride[axis] !== (axis === 0 ? 1 : 2))) return false;
  if (channels % 8 !== 0 || filters % 8 !== 0 || (channels * filters) / (channels + filters) < leastMean) return false;
  const { all } = tilesOf(batch, output, 4);
  return all >= leastTiles && all * rowsOfTile <= mostOfProducts * 9 * batch * sizeOf(output);
}

/** Consecutive tiles, as equal pieces as they come. */
function piecesOf(tiles: number, bytesOfTile: number): { first: number; count: number }[] {
  const most = Math.max(leastOfPiece, Math.floor(planeBytes / bytesOfTile));
  const count = Math.ceil(tiles / Math.ceil(tiles / most));
  return Array.from({ length: Math.ceil(tiles / count) }, (_, piece) => ({
    first: piece * count,
    count: Math.min(count, tiles - piece * count),
  }));
}

/** Threads share the columns of the products in so many parts, of which each has enough; the rows are shared by the others. */
function partsOf(threads: number, columns: number): number {
  let parts = threads;
  while (threads % parts !== 0 || (parts > 1 && columns < parts * columnsAtOnce)) parts--;
  return parts;
}

/** Columns of a thread's part, and those of them it takes at once. */
function columnsOf(columns: number, parts: number): { readonly most: number; readonly atOnce: number } {
  const most = Math.ceil(columns / 8 / parts) * 8;
  return { most, atOnce: Math.ceil(most / Math.ceil(most / columnsAtOnce) / 8) * 8 };
}

const planesFor = (context: LoweringContext, tiles: number, channels: number): Address =>
  context.scratch(rowsOfTile * tiles * channels * 4 + 36 * 64);

/** The convolution, or with `turned` the gradient of its input: `from` is its image, or the gradient of its result. */
export function emitStridedWinograd(
  context: LoweringContext,
  convolution: Convolution,
  turned: boolean,
  from: Address,
  kernel: Address,
  result: Address,
  { bias, residual, activation }: Epilogue,
): void {
  const { batch, input, output, channels, filters } = convolution;
  const [channelsIn, channelsOut] = turned ? [filters, channels] : [channels, filters];
  const { down, across, all } = turned ? tilesOf(batch, input, 8) : tilesOf(batch, output, 4);
  // A tile of the input begins with the phase with two taps where the padding is even.
  const leads = turned ? padBefore(convolution).map((pad) => 1 - (pad % 2)) : [0, 0];
  const pads = turned ? padBefore(convolution).map((pad, axis) => (leads[axis] as number) - Math.floor(pad / 2)) : padBefore(convolution);
  const written = plane(turned ? input : output);
  const pieces = piecesOf(all, rowsOfTile * channelsIn * 4);
  const most = (pieces[0] as { count: number }).count;
  const planes = planesFor(context, most, channelsIn);
  const tileScratch = context.scratch(scratchBytes.stridedImage(channelsIn) * context.threads);
  const parts = partsOf(context.threads, channelsOut);
  const { atOnce } = columnsOf(channelsOut, parts);
  const bytes = scratchBytes.stridedConvolution(Math.ceil(most / (context.threads / parts)), channelsIn, atOnce);
  const scratch = context.scratch(bytes * context.threads);
  for (const { first, count } of pieces) {
    context.emit(
      turned ? "stridedSlopes" : "stridedImage",
      [
        from,
        planes,
        first,
        count,
        ...plane(turned ? output : input),
        channelsIn,
        down,
        across,
        ...pads,
        ...(turned ? leads : []),
        tileScratch,
      ],
      { work: transformWork * count * channelsIn },
    );
    context.emit(
      "stridedConvolution",
      [
        planes, kernel, result, bias ?? absent, residual ?? absent, activationCodes[activation], first, count, channels, filters, turned ? 1 : 0,
        ...written, down, across, ...leads, parts, atOnce, scratch,
      ],
      { work: (rowsOfTile * count + transformWork) * channels * filters },
    ); // prettier-ignore
  }
}

/** The gradient of the convolution's weights. */
export function emitStridedWeightGradient(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  gradient: Address,
  weights: Address,
): void {
  const { batch, input, output, channels, filters } = convolution;
  const { down, across, all } = tilesOf(batch, output, 4);
  const pieces = piecesOf(all, rowsOfTile * (channels + filters) * 4);
  const most = (pieces[0] as { count: number }).count;
  const images = planesFor(context, most, channels);
  const slopes = planesFor(context, most, filters);
  const tileScratch = context.scratch(scratchBytes.stridedImage(Math.max(channels, filters)) * context.threads);
  const parts = partsOf(context.threads, filters);
  const columns = columnsOf(filters, parts);
  const chunks = pieces.length > 1 ? Math.ceil(columns.most / columns.atOnce) : 1;
  const share = context.threads / parts;
  const bytes = scratchBytes.stridedWeightGradient(Math.ceil(channels / 4 / share) * 4, columns.atOnce, chunks);
  const scratch = context.scratch(bytes * context.threads);
  for (const { first, count } of pieces) {
    context.emit(
      "stridedImage",
      [image, images, first, count, ...plane(input), channels, down, across, ...padBefore(convolution), tileScratch],
      {
        work: transformWork * count * channels,
      },
    );
    context.emit("stridedResults", [gradient, slopes, first, count, ...plane(output), filters, down, across, tileScratch], {
      work: transformWork * count * filters,
    });
    context.emit(
      "stridedWeightGradient",
      [
        images, slopes, weights, count, channels, filters, first === 0 ? 1 : 0, first + count === all ? 1 : 0, parts, columns.atOnce, chunks, scratch,
      ],
      { work: (rowsOfTile * count + transformWork) * channels * filters },
    ); // prettier-ignore
  }
}
