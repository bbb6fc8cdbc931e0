import { activate, Activation, relu } from "../matmul/activation";
import { matmulScratchBytes, multiplyPanels } from "../matmul/matmul";
import { partBegin } from "../simd";
import { transformImage, transformResults, transformTaps } from "./winograd-transforms";

// Winograd's minimal filtering over 6 x 6 tiles, by the points 0, 1, -1, 2, -2 and infinity: m x m results of an r x r
// kernel with m + r = 7 take 36 products in place of m^2 r^2. (4, 3) and (2, 5) serve convolutions of 3 x 3 and 5 x 5 and
// the gradients of their inputs; (3, 4) and (5, 2) the gradients of their weights, where the kernel's place is taken by a
// tile of the result's gradient. Tiles of 4 x 4, by the points 0, 1, -1 and infinity, do (2, 3) and (3, 2) with 16 products: for
// few small images, whose 6 x 6 tiles are too few for the products to be large. Source: Lavin and Gray 2016; the points' matrices
// are in every text on Toom-Cook.
//
// Transformed values lie in planes, one for each place of the tile, `plane` numbers apart; each plane is a matrix, so that
// what remains is 36 or 16 matrix products. Lanes are channels; channels and filters are multiples of 4. `side` is the tile's, 6 or 4.

/** From one row of a tile of vectors to the next, between the two passes of a transform; and such a tile. */
export const TILE_ROW: usize = 6 * 16;
export const TILE_BYTES: usize = 6 * TILE_ROW;

export function winogradScratchBytes(channels: i32): i32 {
  return <i32>(TILE_BYTES + 36 * (<usize>channels << 2) + 64);
}

/**
 * A window of `extent` x `extent` pixels with its corner at (top, left), zeros outside the image: its address in the image, or of a copy in `patch`
 * where it does not lie inside, or is to be `copied` all the same.
 */
// @ts-ignore: decorator
@inline
export function windowAt(image: usize, height: i32, width: i32, pixel: usize, top: i32, left: i32, extent: i32, patch: usize, copied: bool): usize {
  const row = <usize>extent * pixel;
  if (top >= 0 && left >= 0 && top + extent <= height && left + extent <= width) {
    const corner = image + (<usize>top * width + left) * pixel;
    if (!copied) return corner;
    for (let i = 0; i < extent; i++) memory.copy(patch + <usize>i * row, corner + <usize>(i * width) * pixel, row);
    return patch;
  }
  const x0 = max(0, left), x1 = min(width, left + extent);
  for (let i = 0; i < extent; i++) {
    const y = top + i;
    const to = patch + <usize>i * row;
    if (y < 0 || y >= height || x0 >= x1) {
      memory.fill(to, 0, row);
    } else {
      const before = <usize>(x0 - left) * pixel, inside = <usize>(x1 - x0) * pixel;
      if (before) memory.fill(to, 0, before);
      memory.copy(to + before, image + (<usize>y * width + x0) * pixel, inside);
      if (before + inside < row) memory.fill(to + before + inside, 0, row - before - inside);
    }
  }
  return patch;
}

/**
 * B^T d B of one window of a tile's side, given as its number among all; `to` is the tile's place in the first plane. Of each `chunk` bytes
 * of channels the planes lie together, `chunkLead` bytes from those of the chunk before. `copied` as for windowAt.
 */
// @ts-ignore: decorator
@inline
export function transformWindow(
  x: usize, tile: i32, to: usize, planeBytes: usize, height: i32, width: i32, pixel: usize, tilesHeight: i32, tilesWidth: i32, step: i32,
  padHeight: i32, padWidth: i32, side: i32, scratch: usize, chunk: usize, chunkLead: usize, copied: bool,
): void {
  const patch = scratch + TILE_BYTES;
  const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
  const image = x + <usize>n * <usize>height * <usize>width * pixel;
  const window = windowAt(image, height, width, pixel, ty * step - padHeight, tx * step - padWidth, side, patch, copied);
  const lead = window == patch ? <usize>side * pixel : <usize>width * pixel;
  for (let first: usize = 0; first < pixel; first += chunk) {
    const from = window + first, bytes = min(chunk, pixel - first);
    for (let c: usize = 0; c < bytes; c += 16) {
      for (let j = 0; j < side; j++) transformImage(side, from + c + <usize>j * pixel, lead, scratch + (<usize>j << 4), TILE_ROW);
      for (let i = 0; i < side; i++) transformImage(side, scratch + <usize>i * TILE_ROW, 16, to + c + <usize>(i * side) * planeBytes, planeBytes);
    }
    to += chunkLead;
  }
}

/** planes[place][tile][channel] = B^T d B of the windows of a tile's side that begin every `step` pixels from (-padHeight, -padWidth) on. */
export function winogradImage(
  x: usize, planes: usize, plane: i32, batch: i32, height: i32, width: i32, channels: i32, tilesHeight: i32, tilesWidth: i32, step: i32,
  padHeight: i32, padWidth: i32, side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradScratchBytes(channels);
  const pixel = <usize>channels << 2, planeBytes = <usize>plane << 2;
  const tiles = batch * tilesHeight * tilesWidth;
  const end = partBegin(tiles, 1, thread + 1, threads);
  for (let tile = partBegin(tiles, 1, thread, threads); tile < end; tile++) {
    const to = planes + <usize>tile * pixel;
    transformWindow(x, tile, to, planeBytes, height, width, pixel, tilesHeight, tilesWidth, step, padHeight, padWidth, side, scratch, pixel, 0, false);
  }
}

/** G g G^T of one window of `extent` x `extent` pixels of a result's gradient, as above. */
// @ts-ignore: decorator
@inline
export function transformSlopes(
  g: usize, tile: i32, to: usize, planeBytes: usize, height: i32, width: i32, pixel: usize, tilesHeight: i32, tilesWidth: i32, extent: i32, side: i32,
  scratch: usize, chunk: usize, chunkLead: usize, copied: bool,
): void {
  const patch = scratch + TILE_BYTES;
  const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
  const image = g + <usize>n * <usize>height * <usize>width * pixel;
  const window = windowAt(image, height, width, pixel, ty * extent, tx * extent, extent, patch, copied);
  const lead = window == patch ? <usize>extent * pixel : <usize>width * pixel;
  for (let first: usize = 0; first < pixel; first += chunk) {
    const from = window + first, bytes = min(chunk, pixel - first);
    for (let c: usize = 0; c < bytes; c += 16) {
      for (let j = 0; j < extent; j++) transformTaps(side, from + c + <usize>j * pixel, lead, extent, scratch + (<usize>j << 4), TILE_ROW);
      for (let i = 0; i < side; i++) transformTaps(side, scratch + <usize>i * TILE_ROW, 16, extent, to + c + <usize>(i * side) * planeBytes, planeBytes);
    }
    to += chunkLead;
  }
}

/** planes[place][tile][channel] = G g G^T of the windows of `extent` x `extent` pixels of a result's gradient, next to each other. */
export function winogradGradient(
  g: usize, planes: usize, plane: i32, batch: i32, height: i32, width: i32, channels: i32, tilesHeight: i32, tilesWidth: i32, extent: i32,
  side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradScratchBytes(channels);
  const pixel = <usize>channels << 2, planeBytes = <usize>plane << 2;
  const tiles = batch * tilesHeight * tilesWidth;
  const end = partBegin(tiles, 1, thread + 1, threads);
  for (let tile = partBegin(tiles, 1, thread, threads); tile < end; tile++) {
    transformSlopes(g, tile, planes + <usize>tile * pixel, planeBytes, height, width, pixel, tilesHeight, tilesWidth, extent, side, scratch, pixel, 0, false);
  }
}

/** Bytes of scratch per thread of the kernels' transforms: a tile, and another, or four times four kernels of 5 x 5 with their lanes changed. */
export const KERNEL_SCRATCH: usize = TILE_BYTES + 25 * 64;

/**
 * planes[place][element] = G g G^T for each of `elements` kernels of r x r, some rows of the channels x filters there are; `lead`
 * numbers from one tap to the next; turned round when `turned`.
 */
export function winogradKernel(
  w: usize, planes: usize, plane: i32, r: i32, elements: i32, lead: i32, turned: i32, side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * KERNEL_SCRATCH;
  const matrix = <usize>lead << 2;
  const row = turned ? 0 - <usize>r * matrix : <usize>r * matrix;
  const column = turned ? 0 - matrix : matrix;
  const first = turned ? w + <usize>(r * r - 1) * matrix : w;
  const end = <usize>partBegin(elements, 4, thread + 1, threads) << 2;
  for (let at = <usize>partBegin(elements, 4, thread, threads) << 2; at < end; at += 16) {
    transformKernel(side, first + at, row, column, r, planes + at, <usize>plane << 2, scratch);
  }
}

// @ts-ignore: decorator
@inline
function transformKernel(side: i32, from: usize, row: usize, column: usize, r: i32, to: usize, planeBytes: usize, scratch: usize): void {
  for (let j = 0; j < r; j++) transformTaps(side, from + <usize>j * column, row, r, scratch + (<usize>j << 4), TILE_ROW);
  for (let i = 0; i < side; i++) transformTaps(side, scratch + <usize>i * TILE_ROW, 16, r, to + <usize>(i * side) * planeBytes, planeBytes);
}

/**
 * The same, with each plane laid out as the panels of 8 columns that our own matrix product reads: the kernels' columns are the
 * filters, or the channels when they are turned (and transposed with it). `channels` of the kernels' rows; filters and channels
 * are multiples of 8.
 */
export function winogradKernelPanels(
  w: usize, planes: usize, plane: i32, r: i32, channels: i32, filters: i32, lead: i32, turned: i32, side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * KERNEL_SCRATCH;
  const matrix = <usize>lead << 2, planeBytes = <usize>plane << 2, rowBytes = <usize>filters << 2, grain = turned ? 4 : 1;
  const begin = partBegin(channels, grain, thread, threads), end = partBegin(channels, grain, thread + 1, threads);
  if (turned) writeTurnedPanels(w, planes, planeBytes, r, rowBytes, matrix, side, filters, begin, end, scratch);
  else writePanels(w, planes, planeBytes, r, rowBytes, matrix, side, channels, begin, end, 0, filters, scratch);
}

/** The panels of filters [first, last) for channels [begin, end) of `depth`; `planes` is where those of filter 0 would begin. */
export function writePanels(
  w: usize, planes: usize, planeBytes: usize, r: i32, rowBytes: usize, matrix: usize, side: i32, depth: i32, begin: i32, end: i32, first: i32, last: i32, scratch: usize,
): void {
  const panel = <usize>depth << 5;
  for (let c = begin; c < end; c++) {
    for (let f = first; f < last; f += 4) {
      const to = planes + <usize>(f >> 3) * panel + (<usize>c << 5) + (<usize>(f & 4) << 2);
      transformKernel(side, w + <usize>c * rowBytes + (<usize>f << 2), <usize>r * matrix, matrix, r, to, planeBytes, scratch);
    }
  }
}

/** The panels of channels [first, last) of the turned kernels, of whose products the filters are the depth. */
export function writeTurnedPanels(
  w: usize, planes: usize, planeBytes: usize, r: i32, rowBytes: usize, matrix: usize, side: i32, depth: i32, first: i32, last: i32, scratch: usize,
): void {
  const panel = <usize>depth << 5, block = scratch + TILE_BYTES;
  for (let c = first; c < last; c += 4) {
    for (let f = 0; f < depth; f += 4) {
      const corner = w + <usize>c * rowBytes + (<usize>f << 2);
      for (let tap = 0; tap < r * r; tap++) turnLanes(corner + <usize>tap * matrix, rowBytes, block + (<usize>(r * r - 1 - tap) << 6));
      const to = planes + <usize>(c >> 3) * panel + (<usize>f << 5) + (<usize>(c & 4) << 2);
      for (let k: usize = 0; k < 4; k++) transformKernel(side, block + (k << 4), <usize>r << 6, 64, r, to + (k << 5), planeBytes, scratch);
    }
  }
}

/** A block of 4 x 4 numbers, rows `lead` bytes apart, transposed into four neighbouring vectors. */
// @ts-ignore: decorator
@inline
export function turnLanes(from: usize, lead: usize, to: usize): void {
  const x0 = v128.load(from), x1 = v128.load(from + lead), x2 = v128.load(from + 2 * lead), x3 = v128.load(from + 3 * lead);
  const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}

/** `bytes` of the pixels of one tile of m x m results, cut off at the image's edge; `from` is the tile's place in the first plane. */
// @ts-ignore: decorator
@inline
export function finishTile(
  from: usize, planeBytes: usize, bytes: usize, y: usize, bias: usize, residual: usize, activation: i32, tile: i32, height: i32, width: i32, pixel: usize,
  tilesHeight: i32, tilesWidth: i32, m: i32, side: i32, scratch: usize,
): void {
  const rowScratch = scratch + TILE_BYTES;
  const tx = tile % tilesWidth, ty = (tile / tilesWidth) % tilesHeight, n = tile / (tilesWidth * tilesHeight);
  const rows = min(m, height - ty * m), columns = min(m, width - tx * m);
  const corner = y + ((<usize>n * height + <usize>(ty * m)) * width + <usize>(tx * m)) * pixel;
  for (let f: usize = 0; f < bytes; f += 16) {
    for (let j = 0; j < side; j++) transformResults(side, from + f + <usize>j * planeBytes, <usize>side * planeBytes, m, scratch + (<usize>j << 4), TILE_ROW);
    const shift = bias ? v128.load(bias + f) : f32x4.splat(0);
    for (let i = 0; i < rows; i++) {
      transformResults(side, scratch + <usize>i * TILE_ROW, 16, m, rowScratch, 16);
      let to = corner + f + <usize>(i * width) * pixel;
      for (let j = 0; j < columns; j++) {
        let v = f32x4.add(v128.load(rowScratch + (<usize>j << 4)), shift);
        if (residual) v = f32x4.add(v, v128.load(to - y + residual));
        if (activation == Activation.relu) v = relu(v);
        else if (activation) v = activate(v, activation);
        v128.store(to, v);
        to += pixel;
      }
    }
  }
}

/** y = activation(A^T p A + bias + residual): the tiles of m x m results. Absent: 0. */
export function winogradResult(
  planes: usize, plane: i32, y: usize, bias: usize, residual: usize, activation: i32, batch: i32, height: i32, width: i32, filters: i32,
  tilesHeight: i32, tilesWidth: i32, m: i32, side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradScratchBytes(filters);
  const pixel = <usize>filters << 2, planeBytes = <usize>plane << 2;
  const tiles = batch * tilesHeight * tilesWidth;
  const end = partBegin(tiles, 1, thread + 1, threads);
  for (let tile = partBegin(tiles, 1, thread, threads); tile < end; tile++) {
    finishTile(planes + <usize>tile * pixel, planeBytes, pixel, y, bias, residual, activation, tile, height, width, pixel, tilesHeight, tilesWidth, m, side, scratch);
  }
}

/** Bytes from one plane to the next: not a multiple of a page, so that the places of one tile do not all fall on the same lines of a cache. */
// @ts-ignore: decorator
@inline
export function blockPlane(block: i32, channels: i32): usize {
  return (<usize>(block * channels) << 2) + 64;
}

export function winogradConvolutionScratchBytes(block: i32, channels: i32, filters: i32, side: i32): i32 {
  const planes = <usize>(side * side) * (blockPlane(block, channels) + blockPlane(block, filters));
  return <i32>(<usize>matmulScratchBytes() + <usize>winogradScratchBytes(max(channels, filters)) + planes + 127) & ~63;
}

/**
 * The whole convolution from the kernels' panels: each thread takes its tiles a block at a time through image, products and results,
 * so that what lies between stays in its own cache, and nobody waits for anybody.
 */
export function winogradConvolution(
  x: usize, kernels: usize, kernelPlane: i32, y: usize, bias: usize, residual: usize, activation: i32, batch: i32, height: i32, width: i32, channels: i32,
  outHeight: i32, outWidth: i32, filters: i32, tilesHeight: i32, tilesWidth: i32, m: i32, padHeight: i32, padWidth: i32, side: i32, block: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradConvolutionScratchBytes(block, channels, filters, side);
  const tileScratch = scratch + <usize>matmulScratchBytes();
  const images = (tileScratch + <usize>winogradScratchBytes(max(channels, filters)) + 63) & ~63, imagePlane = blockPlane(block, channels);
  const results = images + <usize>(side * side) * imagePlane, resultPlane = blockPlane(block, filters);
  const pixel = <usize>channels << 2, resultPixel = <usize>filters << 2;
  const tiles = batch * tilesHeight * tilesWidth;
  const end = partBegin(tiles, 1, thread + 1, threads);
  for (let first = partBegin(tiles, 1, thread, threads); first < end; first += block) {
    const count = min(block, end - first);
    for (let t = 0; t < count; t++) {
      const to = images + <usize>t * pixel;
      transformWindow(x, first + t, to, imagePlane, height, width, pixel, tilesHeight, tilesWidth, m, padHeight, padWidth, side, tileScratch, pixel, 0, false);
    }
    for (let place: usize = 0; place < <usize>(side * side); place++) {
      multiplyPanels(images + place * imagePlane, kernels + place * (<usize>kernelPlane << 2), results + place * resultPlane, count, filters, channels, scratch);
    }
    for (let t = 0; t < count; t++) {
      const from = results + <usize>t * resultPixel;
      finishTile(from, resultPlane, resultPixel, y, bias, residual, activation, first + t, outHeight, outWidth, resultPixel, tilesHeight, tilesWidth, m, side, tileScratch);
    }
  }
}
