/** Most taps of a window (kernel depth x height x width) the tables hold. */
export const MAXIMUM_TAPS: i32 = 4096;

/**
 * A walk over the positions of a batch of images, in row-major order, giving two addresses at once (where a window begins
 * and where its result goes). Kept in memory, since AssemblyScript functions give one result: 64 bytes of scratch.
 */
// @ts-ignore: decorator
@unmanaged
export class Grid {
  depth: i32;
  height: i32;
  width: i32;
  /** Bytes between neighbours along batch, depth, height and width; in the image read and in the result written. */
  readBatch: usize;
  readDepth: usize;
  readHeight: usize;
  readWidth: usize;
  writeBatch: usize;
  writeDepth: usize;
  writeHeight: usize;
  writeWidth: usize;
}

export const GRID_BYTES: usize = 64;

/** The offset in the image read of position `index`. */
export function readOffset(grid: Grid, index: i32): usize {
  const width = grid.width, height = grid.height, depth = grid.depth;
  const row = index / width;
  const slice = row / height;
  const batch = slice / depth;
  return (
    <usize>(index - row * width) * grid.readWidth +
    <usize>(row - slice * height) * grid.readHeight +
    <usize>(slice - batch * depth) * grid.readDepth +
    <usize>batch * grid.readBatch
  );
}

/** The offset in the result written of position `index`. */
export function writeOffset(grid: Grid, index: i32): usize {
  const width = grid.width, height = grid.height, depth = grid.depth;
  const row = index / width;
  const slice = row / height;
  const batch = slice / depth;
  return (
    <usize>(index - row * width) * grid.writeWidth +
    <usize>(row - slice * height) * grid.writeHeight +
    <usize>(slice - batch * depth) * grid.writeDepth +
    <usize>batch * grid.writeBatch
  );
}
