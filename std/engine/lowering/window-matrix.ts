import { sizeOf } from "../../tensor/shape.js";
import type { Address, CallOptions, LoweringContext } from "./contract.js";
import type { Convolution } from "./convolution.js";
import { padBefore, plane } from "./planes.js";
import { wideWork, emitProduct, productScratch, type Epilogue } from "./product.js";

// Convolutions as products with the matrix of all windows (im2col). Wide vectors are twice as fast as the kernels that read windows
// where they lie, our own product a quarter: that pays for writing the matrix where there are filters enough.

/** Windows of as many images as keep within this are written at a time: what a laptop's third-level cache holds. */
const windowBytes = 6 * 2 ** 20;

/** Fewest filters that pay for writing each window: with wide vectors, and without. */
export const leastFilters = { wide: 32, own: 64 };

/** Images whose windows fit, as equal pieces as the batch can be cut into, of a multiple of the threads so that these have the same to do. */
function imagesAtOnce({ batch, output, size, channels }: Convolution, threads: number): number {
  const bytes = sizeOf(output) * sizeOf(size) * channels * 4;
  const fitting = Math.max(threads, Math.floor(windowBytes / bytes));
  const each = Math.ceil(batch / Math.ceil(batch / fitting));
  return Math.min(batch, Math.ceil(each / threads) * threads);
}

/** Whether this convolution, its gradients included, is better done so. */
export function suitsWindowMatrix(context: LoweringContext, convolution: Convolution): boolean {
  const { groups, size, input, output, channels, filters } = convolution;
  if (groups !== 1 || size[0] !== 1 || input[0] !== 1 || filters < leastFilters[context.wide ? "wide" : "own"]) return false;
  return imagesAtOnce(convolution, context.threads) * sizeOf(output) * sizeOf(size) * channels * filters >= 4 * wideWork;
}

/** Windows of whole images within this stay in a second-level cache until a product reads them; the kernels lie beside them. */
const ownBytes = 2 ** 18;
const ownKernelBytes = 2 ** 16;

/** Fewest filters for which wide vectors make up for writing windows that stay in such a cache. */
const leastOwnFilters = 16;

/**
 * Images whose windows a thread writes and multiplies at a time, without waiting for another; 0 where wide vectors are missing or
 * one image has too many windows.
 */
export function imagesOfOwner(context: LoweringContext, { batch, groups, size, input, output, channels, filters }: Convolution): number {
  const depth = sizeOf(size) * channels;
  if (!context.wide || groups !== 1 || size[0] !== 1 || input[0] !== 1 || filters < leastOwnFilters) return 0;
  if (depth * filters * 4 > ownKernelBytes || batch < context.threads) return 0;
  const images = Math.min(Math.floor(ownBytes / (sizeOf(output) * depth * 4)), Math.ceil(batch / context.threads));
  return images * sizeOf(output) * depth * filters >= wideWork ? images : 0;
}

interface Piece {
  readonly image: number;
  readonly count: number;
  /** Rows and columns of the matrix of windows. */
  readonly rows: number;
  readonly columns: number;
}

function* pieces(convolution: Convolution, images: number, first = 0, end = convolution.batch): Generator<Piece> {
  const { output, size, channels } = convolution;
  for (let image = first; image < end; image += images) {
    const count = Math.min(images, end - image);
    yield { image, count, rows: count * sizeOf(output), columns: sizeOf(size) * channels };
  }
}

const scratchFor = (context: LoweringContext, convolution: Convolution): Address =>
  context.scratch(
    imagesAtOnce(convolution, context.threads) * sizeOf(convolution.output) * sizeOf(convolution.size) * convolution.channels * 4,
  );

/** Bytes of one image read, and of one result. */
const imageBytes = ({ input, channels }: Convolution): number => sizeOf(input) * channels * 4;
const resultBytes = ({ output, filters }: Convolution): number => sizeOf(output) * filters * 4;

function emitWindows(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  windows: Address,
  { image: first, count, rows, columns }: Piece,
  options: Pick<CallOptions, "owner" | "independent"> = {},
): void {
  const { input, output, channels, size, stride, dilation } = convolution;
  context.emit(
    "imageWindows",
    [
      image.plus(first * imageBytes(convolution)), windows, count, ...plane(output), ...plane(input), channels,
      ...plane(size), ...plane(stride), ...plane(dilation), ...padBefore(convolution),
    ],
    { work: rows * columns, ...options },
  ); // prettier-ignore
}

/** As `emitWindowConvolution`, each thread with images of its own and so few at a time that their windows stay in its cache. */
export function emitOwnWindowConvolution(
  context: LoweringContext,
  convolution: Convolution,
  images: number,
  image: Address,
  kernel: Address,
  result: Address,
  { bias, residual, activation }: Epilogue,
): void {
  const { batch, filters, output, size, channels } = convolution;
  const bytes = images * sizeOf(output) * sizeOf(size) * channels * 4;
  const windows = context.scratch(bytes * context.threads);
  const packing = productScratch(context);
  for (let owner = 0; owner < context.threads; owner++) {
    const own = windows.plus(owner * bytes);
    const [first, end] = [owner, owner + 1].map((part) => Math.floor((part * batch) / context.threads)) as [number, number];
    for (const piece of pieces(convolution, images, first, end)) {
      emitWindows(context, convolution, image, own, piece, { owner, independent: piece.image > 0 });
      const offset = piece.image * resultBytes(convolution);
      emitProduct(
        context,
        { a: own, b: kernel, c: result.plus(offset), m: piece.rows, n: filters, k: piece.columns, packing, owner, independent: true },
        { bias, residual: residual?.plus(offset) ?? null, activation },
      );
    }
  }
}

export function emitWindowConvolution(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  kernel: Address,
  result: Address,
  { bias, residual, activation }: Epilogue,
): void {
  const { filters } = convolution;
  const windows = scratchFor(context, convolution);
  const packing = productScratch(context);
  for (const piece of pieces(convolution, imagesAtOnce(convolution, context.threads))) {
    emitWindows(context, convolution, image, windows, piece);
    const offset = piece.image * resultBytes(convolution);
    emitProduct(
      context,
      { a: windows, b: kernel, c: result.plus(offset), m: piece.rows, n: filters, k: piece.columns, packing },
      { bias, residual: residual?.plus(offset) ?? null, activation },
    );
  }
}

/** A product gives what every window gets, and that is added up where windows overlap. */
export function emitWindowInputGradient(
  context: LoweringContext,
  convolution: Convolution,
  gradient: Address,
  kernel: Address,
  result: Address,
): void {
  const { filters, input, output, channels, size, stride, dilation } = convolution;
  const windows = scratchFor(context, convolution);
  const packing = productScratch(context);
  for (const { image, count, rows, columns } of pieces(convolution, imagesAtOnce(convolution, context.threads))) {
    const from = gradient.plus(image * resultBytes(convolution));
    emitProduct(context, { a: from, b: kernel, c: windows, m: rows, n: columns, k: filters, transposeB: true, packing });
    context.emit(
      "addWindows",
      [
        windows, result.plus(image * imageBytes(convolution)), count, ...plane(output), ...plane(input), channels,
        ...plane(size), ...plane(stride), dilation[1] as number, ...padBefore(convolution),
      ],
      { work: rows * columns },
    ); // prettier-ignore
  }
}

export function emitWindowWeightGradient(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  gradient: Address,
  result: Address,
): void {
  const { filters } = convolution;
  const windows = scratchFor(context, convolution);
  const packing = productScratch(context);
  for (const piece of pieces(convolution, imagesAtOnce(convolution, context.threads))) {
    emitWindows(context, convolution, image, windows, piece);
    const from = gradient.plus(piece.image * resultBytes(convolution));
    emitProduct(context, {
      a: windows,
      b: from,
      c: result,
      m: piece.columns,
      n: filters,
      k: piece.rows,
      transposeA: true,
      accumulate: piece.image > 0,
      packing,
    });
  }
}
