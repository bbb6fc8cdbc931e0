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

/** Positions whose offsets are listed at a time. */
export const LISTED: i32 = 256;

/** Lists the offsets, in the image read and in the result written, of `count` positions from `first` on. */
export function listPositions(grid: Grid, first: i32, count: i32, table: usize): void {
  const width = grid.width, height = grid.height, depth = grid.depth;
  let row = first / width;
  let x = first - row * width;
  const end = table + (<usize>count << 3);
  while (table < end) {
    const slice = row / height;
    const batch = slice / depth;
    const y = row - slice * height, z = slice - batch * depth;
    let read = <usize>batch * grid.readBatch + <usize>z * grid.readDepth + <usize>y * grid.readHeight + <usize>x * grid.readWidth;
    let write = <usize>batch * grid.writeBatch + <usize>z * grid.writeDepth + <usize>y * grid.writeHeight + <usize>x * grid.writeWidth;
    const stop = min(end, table + (<usize>(width - x) << 3));
    while (table < stop) {
      store<usize>(table, read);
      store<usize>(table, write, 4);
      read += grid.readWidth;
      write += grid.writeWidth;
      table += 8;
    }
    x = 0;
    row++;
  }
}
