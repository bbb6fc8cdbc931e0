import { addTransposedProduct } from "../matmul/matmul";
import { partBegin } from "../simd";
import { blockPlane, KERNEL_SCRATCH, TILE_BYTES, TILE_ROW, transformSlopes, transformWindow, winogradScratchBytes } from "./winograd";
import { transformResults } from "./winograd-transforms";

// The gradient of a convolution's weights by Winograd's algorithm: dw = A^T [sum over tiles of (B^T d B)(G g G^T)] A. Of both transformed
// images the channels are cut into chunks of `width` and `filterWidth`, whose planes lie together: each product is of two matrices
// tiles x width that the first-level cache holds.

/** Bytes of the planes of all chunks. */
// @ts-ignore: decorator
@inline
function chunkedBytes(tiles: i32, channels: i32, width: i32, places: usize): usize {
  return <usize>((channels + width - 1) / width) * places * blockPlane(tiles, width);
}

/** A^T p A of four kernels. */
// @ts-ignore: decorator
@inline
function finishKernel(from: usize, column: usize, to: usize, matrix: usize, r: i32, side: i32, scratch: usize): void {
  for (let j = 0; j < side; j++) transformResults(side, from + <usize>j * column, <usize>side * column, r, scratch + (<usize>j << 4), TILE_ROW);
  for (let i = 0; i < r; i++) transformResults(side, scratch + <usize>i * TILE_ROW, 16, r, to + <usize>(i * r) * matrix, matrix);
}

/**
 * dw[r x r][element] = A^T p A of the planes of each element: the gradient of the weights, `lead` numbers from one tap to the next.
 * The planes are the sum of `parts` of them, `partBytes` apart.
 */
export function winogradKernelGradient(
  planes: usize, plane: i32, parts: i32, partBytes: i32, dw: usize, r: i32, elements: i32, lead: i32, side: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * KERNEL_SCRATCH;
  const matrix = <usize>lead << 2, planeBytes = <usize>plane << 2;
  const places = <usize>(side * side), sums = scratch + TILE_BYTES;
  const end = <usize>partBegin(elements, 4, thread + 1, threads) << 2;
  for (let at = <usize>partBegin(elements, 4, thread, threads) << 2; at < end; at += 16) {
    let from = planes + at, column = planeBytes;
    if (parts > 1) {
      for (let place: usize = 0; place < places; place++) {
        let v = v128.load(from + place * planeBytes);
        for (let part = 1; part < parts; part++) v = f32x4.add(v, v128.load(from + place * planeBytes + <usize>part * <usize>partBytes));
        v128.store(sums + (place << 4), v);
      }
      from = sums;
      column = 16;
    }
    finishKernel(from, column, dw + at, matrix, r, side, scratch);
  }
}

/**
 * Bytes of a pixel from which on a window is copied row by row before it is read four channels at a time: its lines then come from memory, where
 * the forward pass left them, in order.
 */
const COPIED_PIXEL: usize = 256;

/** Both images of a tile, to the place `at` of their planes. */
function transformTile(
  x: usize, g: usize, tile: i32, at: i32, images: usize, slopes: usize, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filters: i32,
  tilesHeight: i32, tilesWidth: i32, extent: i32, padHeight: i32, padWidth: i32, side: i32, chunk: i32, filterChunk: i32, room: i32, scratch: usize,
): void {
  const pixel = <usize>channels << 2, resultPixel = <usize>filters << 2;
  const chunkBytes = <usize>chunk << 2, filterBytes = <usize>filterChunk << 2;
  const imagePlane = blockPlane(room, chunk), slopesPlane = blockPlane(room, filterChunk);
  const places = <usize>(side * side);
  transformWindow(
    x, tile, images + <usize>at * chunkBytes, imagePlane, height, width, pixel, tilesHeight, tilesWidth, extent, padHeight, padWidth,
    side, scratch, chunkBytes, places * imagePlane, pixel >= COPIED_PIXEL,
  );
  transformSlopes(
    g, tile, slopes + <usize>at * filterBytes, slopesPlane, outHeight, outWidth, resultPixel, tilesHeight, tilesWidth, extent, side, scratch,
    filterBytes, places * slopesPlane, resultPixel >= COPIED_PIXEL,
  );
}

/** Bytes of scratch per thread of winogradWeightProducts. */
export function winogradWeightProductsScratchBytes(block: i32, channels: i32, filters: i32, width: i32, filterWidth: i32, side: i32): i32 {
  const places = <usize>(side * side);
  const planes = chunkedBytes(block, channels, width, places) + chunkedBytes(block, filters, filterWidth, places);
  return <i32>(32 + <usize>winogradScratchBytes(max(channels, filters)) + planes + 127) & ~63;
}

/**
 * products[thread][place] = sum over the thread's tiles of the transformed image times the transformed gradient, channels x filters, a
 * block of tiles at a time: what winogradKernelGradient makes the gradient of the weights of.
 */
export function winogradWeightProducts(
  x: usize, g: usize, products: usize, plane: i32, partBytes: i32, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filters: i32,
  tilesHeight: i32, tilesWidth: i32, extent: i32, padHeight: i32, padWidth: i32, side: i32, chunk: i32, filterChunk: i32, block: i32, scratch: usize,
  thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradWeightProductsScratchBytes(block, channels, filters, chunk, filterChunk, side);
  const places = <usize>(side * side);
  const zeros = scratch, tileScratch = scratch + 32;
  memory.fill(zeros, 0, 32);
  const images = (tileScratch + <usize>winogradScratchBytes(max(channels, filters)) + 63) & ~63;
  const slopes = images + chunkedBytes(block, channels, chunk, places);
  const imagePlane = blockPlane(block, chunk), slopesPlane = blockPlane(block, filterChunk);
  const chunkBytes = <usize>chunk << 2, filterBytes = <usize>filterChunk << 2;
  const resultPixel = <usize>filters << 2;
  products += <usize>thread * <usize>partBytes;
  const tiles = batch * tilesHeight * tilesWidth;
  const begin = partBegin(tiles, 1, thread, threads), end = partBegin(tiles, 1, thread + 1, threads);
  if (begin == end) memory.fill(products, 0, <usize>partBytes);
  for (let first = begin; first < end; first += block) {
    const count = min(block, end - first);
    for (let t = 0; t < count; t++) {
      transformTile(
        x, g, first + t, t, images, slopes, height, width, channels, outHeight, outWidth, filters, tilesHeight, tilesWidth, extent, padHeight, padWidth,
        side, chunk, filterChunk, block, tileScratch,
      );
    }
    for (let c = 0, a = images; c < channels; c += chunk) {
      for (let f = 0, b = slopes; f < filters; f += filterChunk) {
        const to = products + (<usize>(c * filters + f) << 2);
        for (let place: usize = 0; place < places; place++) {
          addTransposedProduct(
            a + place * imagePlane, chunkBytes, b + place * slopesPlane, filterBytes, to + place * (<usize>plane << 2), resultPixel,
            min(chunk, channels - c), min(filterChunk, filters - f), count, first > begin ? 0 : zeros,
          );
        }
        b += places * slopesPlane;
      }
      a += places * imagePlane;
    }
  }
}

/**
 * planes[chunk][place][tile][channel] of both images, those of the chunks of the result's gradient after those of the image: what
 * winogradChunkGradient multiplies. `room` is for as many tiles.
 */
export function winogradChunks(
  x: usize, g: usize, planes: usize, batch: i32, height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filters: i32,
  tilesHeight: i32, tilesWidth: i32, extent: i32, padHeight: i32, padWidth: i32, side: i32, chunk: i32, filterChunk: i32, room: i32, scratch: usize,
  thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradScratchBytes(max(channels, filters));
  const places = <usize>(side * side);
  const slopes = planes + chunkedBytes(room, channels, chunk, places);
  const tiles = batch * tilesHeight * tilesWidth;
  const end = partBegin(tiles, 1, thread + 1, threads);
  for (let tile = partBegin(tiles, 1, thread, threads); tile < end; tile++) {
    transformTile(
      x, g, tile, tile, planes, slopes, height, width, channels, outHeight, outWidth, filters, tilesHeight, tilesWidth, extent, padHeight, padWidth, side,
      chunk, filterChunk, room, scratch,
    );
  }
}

export function winogradChunkGradientScratchBytes(chunk: i32, filterChunk: i32, side: i32): i32 {
  return <i32>(32 + KERNEL_SCRATCH + <usize>(side * side) * blockPlane(chunk, filterChunk) + 63) & ~63;
}

/**
 * dw of all pairs of a chunk of channels and one of filters, dealt out among the threads: the products of all tiles, and their transform while a
 * cache holds them. Where the tiles come in several pieces, the sums of products are `kept` for each pair from the first piece to the last.
 */
export function winogradChunkGradient(
  planes: usize, tiles: i32, room: i32, kept: usize, first: i32, last: i32, dw: usize, r: i32, channels: i32, filters: i32, side: i32,
  chunk: i32, filterChunk: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>winogradChunkGradientScratchBytes(chunk, filterChunk, side);
  const zeros = scratch, tileScratch = scratch + 32;
  memory.fill(zeros, 0, 32);
  const places = <usize>(side * side);
  const slopes = planes + chunkedBytes(room, channels, chunk, places);
  const imagePlane = blockPlane(room, chunk), slopesPlane = blockPlane(room, filterChunk), sumsPlane = blockPlane(chunk, filterChunk);
  const chunkBytes = <usize>chunk << 2, filterBytes = <usize>filterChunk << 2;
  const matrix = <usize>(channels * filters) << 2;
  const chunks = (channels + chunk - 1) / chunk, filterChunks = (filters + filterChunk - 1) / filterChunk;
  const end = partBegin(chunks * filterChunks, 1, thread + 1, threads);
  for (let pair = partBegin(chunks * filterChunks, 1, thread, threads); pair < end; pair++) {
    const c = pair / filterChunks, f = pair % filterChunks;
    const rows = min(chunk, channels - c * chunk), columns = min(filterChunk, filters - f * filterChunk);
    const a = planes + <usize>c * places * imagePlane, b = slopes + <usize>f * places * slopesPlane;
    const sums = kept ? kept + <usize>pair * places * sumsPlane : tileScratch + KERNEL_SCRATCH;
    for (let place: usize = 0; place < places; place++) {
      addTransposedProduct(
        a + place * imagePlane, chunkBytes, b + place * slopesPlane, filterBytes, sums + place * sumsPlane, filterBytes, rows, columns, tiles,
        first ? zeros : 0,
      );
    }
    if (!last) continue;
    const corner = dw + (<usize>(c * chunk * filters + f * filterChunk) << 2);
    for (let row = 0; row < rows; row++) {
      const from = sums + <usize>row * filterBytes, to = corner + (<usize>(row * filters) << 2);
      for (let at: usize = 0; at < <usize>columns << 2; at += 16) finishKernel(from + at, sumsPlane, to + at, matrix, r, side, tileScratch);
    }
  }
}
