import { matmulScratchBytes, multiplyPanels } from "../matmul/matmul";
import { partBegin } from "../simd";
import { blockPlane, finishTile, KERNEL_SCRATCH, writePanels, writeTurnedPanels } from "./winograd";

// Winograd's algorithm for few tiles and many channels: the transformed kernels are several times as large as all else, so that each
// thread makes those of some columns of the products at a time, uses them while they are in its cache, and forgets them.

export function winogradColumnsScratchBytes(tiles: i32, depth: i32, columns: i32, side: i32): i32 {
  const planes = <usize>(side * side) * (blockPlane(depth, columns) + blockPlane(tiles, columns));
  return <i32>(<usize>matmulScratchBytes() + KERNEL_SCRATCH + planes + 127) & ~63;
}

/**
 * y = activation(A^T [image planes times kernels] A + bias + residual) for all tiles: a convolution, or the gradient of its input when
 * `turned`. Threads have columns of the products: filters, or channels when they are turned, multiples of 8.
 */
export function winogradColumns(
  images: usize, imagePlane: i32, w: usize, y: usize, bias: usize, residual: usize, activation: i32, channels: i32, filters: i32, r: i32, turned: i32,
  batch: i32, height: i32, width: i32, tilesHeight: i32, tilesWidth: i32, m: i32, side: i32, columns: i32, scratch: usize, thread: i32, threads: i32,
): void {
  const depth = turned ? filters : channels, all = turned ? channels : filters, tiles = batch * tilesHeight * tilesWidth;
  scratch += <usize>thread * <usize>winogradColumnsScratchBytes(tiles, depth, columns, side);
  const tileScratch = scratch + <usize>matmulScratchBytes(), kernels = (tileScratch + KERNEL_SCRATCH + 63) & ~63;
  const plane = blockPlane(depth, columns), results = kernels + <usize>(side * side) * plane, resultPlane = blockPlane(tiles, columns);
  const rowBytes = <usize>filters << 2, matrix = <usize>channels * rowBytes, pixelOut = <usize>all << 2, added = residual ? residual - y : 0;
  const end = partBegin(all, 8, thread + 1, threads);
  for (let column = partBegin(all, 8, thread, threads); column < end; column += columns) {
    const last = min(end, column + columns), now = last - column, pixel = <usize>now << 2;
    const panels = kernels - <usize>(column >> 3) * (<usize>depth << 5);
    if (turned) writeTurnedPanels(w, panels, plane, r, rowBytes, matrix, side, depth, column, last, tileScratch);
    else writePanels(w, panels, plane, r, rowBytes, matrix, side, depth, 0, depth, column, last, tileScratch);
    for (let place: usize = 0; place < <usize>(side * side); place++) {
      multiplyPanels(images + place * (<usize>imagePlane << 2), kernels + place * plane, results + place * resultPlane, tiles, now, depth, scratch);
    }
    const to = y + (<usize>column << 2), shift = bias ? bias + (<usize>column << 2) : 0, plus = residual ? to + added : 0;
    for (let tile = 0; tile < tiles; tile++) {
      finishTile(
        results + <usize>tile * pixel, resultPlane, pixel, to, shift, plus, activation, tile, height, width, pixelOut, tilesHeight, tilesWidth, m, side, tileScratch,
      );
    }
  }
}
