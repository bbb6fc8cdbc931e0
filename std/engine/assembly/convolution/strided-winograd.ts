import { activate, Activation, relu } from "../matmul/activation";
import { ACCUMULATE } from "../matmul/micro-kernel";
import { matmul, matmulScratchBytes, multiplyPanels, TRANSPOSE_A } from "../matmul/matmul";
import { multiplyAdd, partBegin } from "../simd";
import { copyFour, expandFour, gradientOfTaps, resultsOfFive, resultsOfNine, transformFive, transformThreeTaps } from "./strided-transforms";
import { blockPlane, turnLanes, windowAt } from "./winograd";

// Winograd's minimal filtering for kernels of 3 x 3 with stride 2. Along an axis y[i] = w0 x[2i] + w1 x[2i + 1] + w2 x[2i + 2]: what
// one phase of the image gives to a result has one tap, and what the other gives is a convolution with two taps and stride 1, of
// which F(4, 2) makes four results with 5 products. A tile of 4 x 4 results takes (4 + 5)^2 = 81 products in place of 144. The
// gradients are the transposes: 8 x 8 numbers of the input's from 5 x 5 of the result's, and the weights' from a tile and its
// window of 9 x 9.
//
// The four products of the phase with one tap share their kernel, so that there are 6 x 6 matrix products, with 16, 4 or 1 rows for
// each tile. The rows of each follow each other tile by tile, and the products as in `planeAt`. Lanes are channels; channels
// and filters are multiples of 8.

/** From one row of a tile of vectors to the next, between the two passes of a transform; and such a tile. */
const TILE_ROW: usize = 9 * 16;
const TILE_BYTES: usize = 9 * TILE_ROW;
/** Rows of all products for one tile, and products. */
const ROWS: usize = 81;
const PRODUCTS: usize = 36;
/** Room after the rows of each product, so that the places of one tile do not all fall on the same lines of a cache. */
const GAP: usize = 64;

export function stridedImageScratchBytes(channels: i32): i32 {
  return <i32>(TILE_BYTES + ROWS * (<usize>channels << 2) + 64);
}

/** Rows that a tile has in the product (down, across). */
// @ts-ignore: decorator
@inline
function rowsOf(down: i32, across: i32): i32 {
  return (down ? 1 : 4) * (across ? 1 : 4);
}

/** Where the rows of the product (down, across) begin; `run` is the bytes of one row for each tile. */
// @ts-ignore: decorator
@inline
function planeAt(down: i32, across: i32, run: usize): usize {
  const before = down ? 27 + 9 * down + (across ? 3 + across : 0) : across ? 12 + 4 * across : 0;
  return <usize>before * run + <usize>(6 * down + across) * GAP;
}

/** What windows of tiles are read for. */
enum Reading {
  /** 9 x 9 pixels of the image, every 8. */
  image,
  /** 5 x 5 of the result's gradient, every 4, for the gradient of the input. */
  slopes,
  /** 4 x 4 of the result's gradient, for the gradient of the weights. */
  results,
}

// @ts-ignore: decorator
@inline
function transformPaired(reading: Reading, from: usize, step: usize, to: usize, stepTo: usize): void {
  if (reading == Reading.image) transformFive(from, 2 * step, to, stepTo);
  else if (reading == Reading.slopes) transformFive(from, step, to, stepTo);
  else expandFour(from, step, to, stepTo);
}

// @ts-ignore: decorator
@inline
function copySingle(reading: Reading, from: usize, step: usize, lead: i32, to: usize, stepTo: usize): void {
  if (reading == Reading.image) copyFour(from + step, 2 * step, to, stepTo);
  else copyFour(from + <usize>lead * step, step, to, stepTo);
}

/** The planes of tiles [first, first + count) of all, from windows that begin at (-padHeight, -padWidth); leads: where in a window the phase with one tap begins. */
// @ts-ignore: decorator
@inline
function transformTiles(
  reading: Reading, x: usize, planes: usize, first: i32, count: i32, height: i32, width: i32, channels: i32, tilesHeight: i32, tilesWidth: i32,
  padHeight: i32, padWidth: i32, leadHeight: i32, leadWidth: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>stridedImageScratchBytes(channels);
  const extent = reading == Reading.image ? 9 : reading == Reading.slopes ? 5 : 4, step = reading == Reading.image ? 8 : 4;
  const pixel = <usize>channels << 2, run = <usize>count * pixel, patch = scratch + TILE_BYTES;
  const end = partBegin(count, 1, thread + 1, threads);
  for (let t = partBegin(count, 1, thread, threads); t < end; t++) {
    const tile = first + t;
    const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
    const image = x + <usize>n * <usize>height * <usize>width * pixel;
    const window = windowAt(image, height, width, pixel, ty * step - padHeight, tx * step - padWidth, extent, patch, false);
    const lead = window == patch ? <usize>extent * pixel : <usize>width * pixel;
    const all = planes + 16 * <usize>t * pixel, four = planes + 4 * <usize>t * pixel, one = planes + <usize>t * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      for (let j = 0; j < extent; j++) transformPaired(reading, window + c + <usize>j * pixel, lead, scratch + (<usize>j << 4), TILE_ROW);
      for (let i = 0; i < 4; i++) {
        const row = window + c + <usize>(reading == Reading.image ? 2 * i + 1 : i + leadHeight) * lead, at = <usize>i * pixel + c;
        copySingle(reading, row, pixel, leadWidth, all + 3 * <usize>i * pixel + at, pixel);
        transformPaired(reading, row, pixel, four + planeAt(0, 1, run) + at, 4 * run + GAP);
      }
      for (let i = 0; i < 5; i++) {
        const row = scratch + <usize>i * TILE_ROW, at = planeAt(1, 0, run) + <usize>i * (9 * run + 6 * GAP) + c;
        copySingle(reading, row, 16, leadWidth, four + at, pixel);
        transformPaired(reading, row, 16, one + at + 4 * run + GAP, run + GAP);
      }
    }
  }
}

/** Windows of an image: for a convolution, or the gradient of its weights. */
export function stridedImage(
  x: usize, planes: usize, first: i32, count: i32, height: i32, width: i32, channels: i32, tilesHeight: i32, tilesWidth: i32, padHeight: i32, padWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  transformTiles(Reading.image, x, planes, first, count, height, width, channels, tilesHeight, tilesWidth, padHeight, padWidth, 0, 0, scratch, thread, threads);
}

/** Windows of a result's gradient, for the gradient of the input. */
export function stridedSlopes(
  g: usize, planes: usize, first: i32, count: i32, height: i32, width: i32, filters: i32, tilesHeight: i32, tilesWidth: i32, padHeight: i32, padWidth: i32,
  leadHeight: i32, leadWidth: i32, scratch: usize, thread: i32, threads: i32,
): void {
  transformTiles(
    Reading.slopes, g, planes, first, count, height, width, filters, tilesHeight, tilesWidth, padHeight, padWidth, leadHeight, leadWidth, scratch, thread, threads,
  );
}

/** Tiles of a result's gradient, for the gradient of the weights. */
export function stridedResults(
  g: usize, planes: usize, first: i32, count: i32, height: i32, width: i32, filters: i32, tilesHeight: i32, tilesWidth: i32, scratch: usize, thread: i32, threads: i32,
): void {
  transformTiles(Reading.results, g, planes, first, count, height, width, filters, tilesHeight, tilesWidth, 0, 0, 0, 0, scratch, thread, threads);
}

/** G g G^T of four kernels of 3 x 3. Rows of taps are read again for each row of the result, which takes no longer than storing what lies between. */
// @ts-ignore: decorator
@inline
function transformKernel(from: usize, row: usize, column: usize, to: usize, planeBytes: usize): void {
  const next = from + column, last = next + column, step = 6 * planeBytes;
  transformThreeTaps(v128.load(from + row), v128.load(next + row), v128.load(last + row), to, planeBytes);
  to += step;
  const half = f32x4.splat(0.5);
  transformThreeTaps(f32x4.mul(half, v128.load(from)), f32x4.mul(half, v128.load(next)), f32x4.mul(half, v128.load(last)), to, planeBytes);
  to += step;
  const negative = f32x4.splat(-0.5);
  transformThreeTaps(
    f32x4.mul(negative, f32x4.add(v128.load(from), v128.load(from + 2 * row))),
    f32x4.mul(negative, f32x4.add(v128.load(next), v128.load(next + 2 * row))),
    f32x4.mul(negative, f32x4.add(v128.load(last), v128.load(last + 2 * row))),
    to, planeBytes,
  );
  to += step;
  const sixth = f32x4.splat(1.0 / 6);
  transformThreeTaps(
    f32x4.mul(sixth, f32x4.sub(v128.load(from + 2 * row), v128.load(from))),
    f32x4.mul(sixth, f32x4.sub(v128.load(next + 2 * row), v128.load(next))),
    f32x4.mul(sixth, f32x4.sub(v128.load(last + 2 * row), v128.load(last))),
    to, planeBytes,
  );
  to += step;
  const two = f32x4.splat(2);
  transformThreeTaps(
    f32x4.mul(sixth, multiplyAdd(two, v128.load(from + 2 * row), v128.load(from))),
    f32x4.mul(sixth, multiplyAdd(two, v128.load(next + 2 * row), v128.load(next))),
    f32x4.mul(sixth, multiplyAdd(two, v128.load(last + 2 * row), v128.load(last))),
    to, planeBytes,
  );
  transformThreeTaps(v128.load(from + 2 * row), v128.load(next + 2 * row), v128.load(last + 2 * row), to + step, planeBytes);
}

/** The kernels' panels for filters [first, first + count). */
function stridedKernels(w: usize, planes: usize, planeBytes: usize, channels: i32, filters: i32, first: i32, count: i32): void {
  const rowBytes = <usize>filters << 2, matrix = <usize>channels * rowBytes, panel = <usize>channels << 5;
  for (let c = 0; c < channels; c++) {
    for (let f = 0; f < count; f += 4) {
      const to = planes + <usize>(f >> 3) * panel + (<usize>c << 5) + (<usize>(f & 4) << 2);
      transformKernel(w + <usize>c * rowBytes + (<usize>(first + f) << 2), 3 * matrix, matrix, to, planeBytes);
    }
  }
}

/** The turned kernels' panels for channels [first, first + count); `block` has room for 4 x 4 kernels. */
function stridedTurnedKernels(w: usize, planes: usize, planeBytes: usize, channels: i32, filters: i32, first: i32, count: i32, block: usize): void {
  const rowBytes = <usize>filters << 2, matrix = <usize>channels * rowBytes, panel = <usize>filters << 5;
  for (let c = 0; c < count; c += 4) {
    for (let f = 0; f < filters; f += 4) {
      const corner = w + <usize>(first + c) * rowBytes + (<usize>f << 2);
      for (let tap: usize = 0; tap < 9; tap++) turnLanes(corner + tap * matrix, rowBytes, block + ((8 - tap) << 6));
      const to = planes + <usize>(c >> 3) * panel + (<usize>f << 5) + (<usize>(c & 4) << 2);
      for (let k: usize = 0; k < 4; k++) transformKernel(block + (k << 4), 3 << 6, 64, to + (k << 5), planeBytes);
    }
  }
}

/** Stores a vector of results with their bias, residual and activation. */
// @ts-ignore: decorator
@inline
function finish(to: usize, v: v128, shift: v128, residual: usize, activation: i32): void {
  v = f32x4.add(v, shift);
  if (residual) v = f32x4.add(v, v128.load(to + residual));
  if (activation == Activation.relu) v = relu(v);
  else if (activation) v = activate(v, activation);
  v128.store(to, v);
}

/** One tile of 4 x 4 results, cut off at the image's edge: columns [first, first + pixel / 4) of its pixels, from row t of the planes. */
// @ts-ignore: decorator
@inline
function finishTile(
  planes: usize, t: i32, run: usize, pixel: usize, y: usize, bias: usize, residual: usize, activation: i32, tile: i32, height: i32, width: i32, pixelOut: usize,
  tilesHeight: i32, tilesWidth: i32, scratch: usize,
): void {
  const rowScratch = scratch + 4 * TILE_ROW, next = 9 * run + 6 * GAP;
  const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
  const rows = min(4, height - ty * 4), columns = min(4, width - tx * 4);
  const corner = y + ((<usize>n * height + <usize>(ty * 4)) * width + <usize>(tx * 4)) * pixelOut;
  const all = planes + 16 * <usize>t * pixel, four = planes + 4 * <usize>t * pixel, one = planes + <usize>t * pixel;
  for (let f: usize = 0; f < pixel; f += 16) {
    for (let j: usize = 0; j < 4; j++) {
      resultsOfNine(all + j * pixel + f, 4 * pixel, four + planeAt(1, 0, run) + j * pixel + f, next, scratch + (j << 4), TILE_ROW);
    }
    for (let j: usize = 0; j < 5; j++) {
      const single = four + planeAt(0, 1, run) + j * (4 * run + GAP) + f, paired = one + planeAt(1, 1, run) + j * (run + GAP) + f;
      resultsOfNine(single, pixel, paired, next, scratch + 64 + (j << 4), TILE_ROW);
    }
    const shift = bias ? v128.load(bias + f) : f32x4.splat(0);
    for (let i = 0; i < rows; i++) {
      const row = scratch + <usize>i * TILE_ROW;
      resultsOfNine(row, 16, row + 64, 16, rowScratch, 16);
      let to = corner + f + <usize>(i * width) * pixelOut;
      for (let j = 0; j < columns; j++) {
        finish(to, v128.load(rowScratch + (<usize>j << 4)), shift, residual, activation);
        to += pixelOut;
      }
    }
  }
}

/** One tile of 8 x 8 numbers of the input's gradient, likewise: the phases interleaved, that with one tap at the leads. */
// @ts-ignore: decorator
@inline
function finishPhases(
  planes: usize, t: i32, run: usize, pixel: usize, y: usize, bias: usize, residual: usize, activation: i32, tile: i32, height: i32, width: i32, pixelOut: usize,
  tilesHeight: i32, tilesWidth: i32, leadHeight: i32, leadWidth: i32, scratch: usize,
): void {
  const rowScratch = scratch + 4 * TILE_ROW, next = 9 * run + 6 * GAP;
  const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
  const rows = min(8, height - ty * 8), columns = min(8, width - tx * 8);
  const corner = y + ((<usize>n * height + <usize>(ty * 8)) * width + <usize>(tx * 8)) * pixelOut;
  const all = planes + 16 * <usize>t * pixel, four = planes + 4 * <usize>t * pixel, one = planes + <usize>t * pixel;
  for (let f: usize = 0; f < pixel; f += 16) {
    for (let j: usize = 0; j < 4; j++) resultsOfFive(four + planeAt(1, 0, run) + j * pixel + f, next, scratch + (j << 4), TILE_ROW);
    for (let j: usize = 0; j < 5; j++) resultsOfFive(one + planeAt(1, 1, run) + j * (run + GAP) + f, next, scratch + 64 + (j << 4), TILE_ROW);
    const shift = bias ? v128.load(bias + f) : f32x4.splat(0);
    for (let i = 0; i < rows; i++) {
      const half = <usize>(i >> 1), row = scratch + half * TILE_ROW;
      let single = row, singleStep: usize = 16, paired = row + 64, pairedStep: usize = 16;
      if ((i & 1) == leadHeight) {
        single = all + 4 * half * pixel + f;
        singleStep = pixel;
        paired = four + planeAt(0, 1, run) + half * pixel + f;
        pairedStep = 4 * run + GAP;
      }
      copyFour(single, singleStep, rowScratch + (<usize>leadWidth << 4), 32);
      resultsOfFive(paired, pairedStep, rowScratch + (<usize>(1 - leadWidth) << 4), 32);
      let to = corner + f + <usize>(i * width) * pixelOut;
      for (let j = 0; j < columns; j++) {
        finish(to, v128.load(rowScratch + (<usize>j << 4)), shift, residual, activation);
        to += pixelOut;
      }
    }
  }
}

/** Scratch of one thread, with `columns` of the result at a time. */
export function stridedConvolutionScratchBytes(tiles: i32, depth: i32, columns: i32): i32 {
  const planes = PRODUCTS * (blockPlane(depth, columns) + GAP) + ROWS * (<usize>(tiles * columns) << 2);
  return <i32>(<usize>matmulScratchBytes() + TILE_BYTES + planes + 127) & ~63;
}

/**
 * y = activation(A^T p A + bias + residual) for the tiles whose planes are given: a convolution, or the gradient of its input when
 * `turned`. Threads share the filters in `parts` and the tiles in the others; each transforms the kernels of some `columns` at
 * a time, so that these are in its cache when they are multiplied, and finishes the results.
 */
export function stridedConvolution(
  planes: usize, w: usize, y: usize, bias: usize, residual: usize, activation: i32, first: i32, count: i32, channels: i32, filters: i32, turned: i32,
  height: i32, width: i32, tilesHeight: i32, tilesWidth: i32, leadHeight: i32, leadWidth: i32, parts: i32, columns: i32, scratch: usize, thread: i32, threads: i32,
): void {
  const depth = turned ? filters : channels, all = turned ? channels : filters, pixelOut = <usize>all << 2;
  const share = threads / parts, tilesFirst = partBegin(count, 1, thread / parts, share), tilesEnd = partBegin(count, 1, thread / parts + 1, share);
  const tiles = tilesEnd - tilesFirst, pixelIn = <usize>depth << 2, runIn = <usize>count * pixelIn;
  scratch += <usize>thread * <usize>stridedConvolutionScratchBytes((count + share - 1) / share, depth, columns);
  const tileScratch = scratch + <usize>matmulScratchBytes(), kernels = (tileScratch + TILE_BYTES + 63) & ~63;
  const plane = blockPlane(depth, columns), results = kernels + PRODUCTS * plane;
  const end = partBegin(all, 8, thread % parts + 1, parts);
  if (tiles == 0) return;
  for (let column = partBegin(all, 8, thread % parts, parts); column < end; column += columns) {
    const now = min(columns, end - column), pixel = <usize>now << 2, run = <usize>tiles * pixel;
    if (turned) stridedTurnedKernels(w, kernels, plane, channels, filters, column, now, tileScratch);
    else stridedKernels(w, kernels, plane, channels, filters, column, now);
    for (let down = 0; down < 6; down++) {
      for (let across = 0; across < 6; across++) {
        const rows = rowsOf(down, across), from = planes + planeAt(down, across, runIn) + <usize>(rows * tilesFirst) * pixelIn;
        multiplyPanels(from, kernels + <usize>(6 * down + across) * plane, results + planeAt(down, across, run), rows * tiles, now, depth, scratch);
      }
    }
    const to = y + (<usize>column << 2), shift = bias ? bias + (<usize>column << 2) : 0, added = residual ? residual - y : 0;
    for (let t = 0; t < tiles; t++) {
      const tile = first + tilesFirst + t;
      if (turned) {
        finishPhases(
          results, t, run, pixel, to, shift, added, activation, tile, height, width, pixelOut, tilesHeight, tilesWidth, leadHeight, leadWidth, tileScratch,
        );
      } else finishTile(results, t, run, pixel, to, shift, added, activation, tile, height, width, pixelOut, tilesHeight, tilesWidth, tileScratch);
    }
  }
}

/** The gradient of some kernels' taps from the sums of their products; `rowBytes` from one channel's row to the next, `matrix` bytes from one tap's. */
function stridedKernelGradient(sums: usize, planeBytes: usize, dw: usize, rowBytes: usize, matrix: usize, channels: i32, filters: i32, scratch: usize): void {
  const pixel = <usize>filters << 2;
  for (let c = 0; c < channels; c++) {
    for (let f: usize = 0; f < pixel; f += 16) {
      const from = sums + <usize>c * pixel + f, to = dw + <usize>c * rowBytes + f;
      for (let j: usize = 0; j < 6; j++) gradientOfTaps(from + j * planeBytes, 6 * planeBytes, scratch + (j << 4), TILE_ROW);
      for (let i: usize = 0; i < 3; i++) gradientOfTaps(scratch + i * TILE_ROW, 16, to + 3 * i * matrix, matrix);
    }
  }
}

/** Scratch of one thread: for `chunks` of the sums of `channels` by `columns` kernels. */
export function stridedWeightGradientScratchBytes(channels: i32, columns: i32, chunks: i32): i32 {
  return <i32>(<usize>matmulScratchBytes() + TILE_BYTES + <usize>chunks * PRODUCTS * blockPlane(channels, columns) + 127) & ~63;
}

/**
 * Adds the products of some tiles' planes to the sums, or begins them; at the last tiles the sums become the gradient of the weights.
 * Threads share the filters in `parts` and the channels in the others; each takes some `columns` at a time, whose sums it keeps
 * in `chunks`, or, where there is one chunk, finishes at once.
 */
export function stridedWeightGradient(
  images: usize, slopes: usize, dw: usize, count: i32, channels: i32, filters: i32, begins: i32, ends: i32, parts: i32, columns: i32, chunks: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const share = threads / parts, channel = partBegin(channels, 4, thread / parts, share), depth = partBegin(channels, 4, thread / parts + 1, share) - channel;
  const pixelIn = <usize>channels << 2, pixelOut = <usize>filters << 2, runIn = <usize>count * pixelIn, runOut = <usize>count * pixelOut;
  const most = ((channels + 3) / 4 + share - 1) / share * 4, plane = blockPlane(most, columns);
  scratch += <usize>thread * <usize>stridedWeightGradientScratchBytes(most, columns, chunks);
  const tileScratch = scratch + <usize>matmulScratchBytes();
  let sums = (tileScratch + TILE_BYTES + 63) & ~63;
  const end = partBegin(filters, 8, thread % parts + 1, parts);
  if (depth == 0) return;
  for (let column = partBegin(filters, 8, thread % parts, parts); column < end; column += columns) {
    const now = min(columns, end - column), flags = TRANSPOSE_A | (begins ? 0 : ACCUMULATE);
    for (let down = 0; down < 6; down++) {
      for (let across = 0; across < 6; across++) {
        const a = images + planeAt(down, across, runIn) + (<usize>channel << 2), b = slopes + planeAt(down, across, runOut) + (<usize>column << 2);
        matmul(
          a, b, sums + <usize>(6 * down + across) * plane, depth, now, rowsOf(down, across) * count, channels, filters, now, flags, 0, 0, 0, 1, 0, 0, 0, scratch, 0, 1,
        );
      }
    }
    if (ends) {
      const to = dw + <usize>channel * pixelOut + (<usize>column << 2);
      stridedKernelGradient(sums, plane, to, pixelOut, <usize>channels * pixelOut, depth, now, tileScratch);
    }
    if (chunks > 1) sums += PRODUCTS * plane;
  }
}
