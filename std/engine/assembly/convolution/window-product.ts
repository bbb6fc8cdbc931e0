import { ACCUMULATE, TILE_COLUMNS, TILE_ROWS } from "../matmul/micro-kernel";
import { DEPTH, PACK_CAPACITY, packColumns, packTransposed } from "../matmul/pack";
import { Grid, GRID_BYTES, LISTED, listPositions, MAXIMUM_TAPS } from "./grid";
import { tileFromWindows } from "./tiles";

/** Bytes of scratch each thread of a convolution needs: packed weights, two tables of taps, the grid, a table of positions. */
export const CONVOLUTION_SCRATCH: usize = 4 * (<usize>PACK_CAPACITY + 2 * MAXIMUM_TAPS + 64) + GRID_BYTES + 8 * (<usize>LISTED + 4);

export function convolutionScratchBytes(): i32 {
  return <i32>CONVOLUTION_SCRATCH;
}

// @ts-ignore: decorator
@inline
export function tapOffsets(scratch: usize): usize {
  return scratch + 4 * <usize>PACK_CAPACITY;
}

// @ts-ignore: decorator
@inline
export function tapWeights(scratch: usize): usize {
  return tapOffsets(scratch) + 4 * <usize>MAXIMUM_TAPS;
}

// @ts-ignore: decorator
@inline
export function gridOf(scratch: usize): Grid {
  return changetype<Grid>(tapWeights(scratch) + 4 * <usize>MAXIMUM_TAPS + 128);
}

// @ts-ignore: decorator
@inline
export function positionTable(scratch: usize): usize {
  return changetype<usize>(gridOf(scratch)) + GRID_BYTES;
}

/**
 * For each position [first, last) of the grid: the sum over taps of a run of numbers of the image times a matrix of weights
 * (run x columns; columns x run when `transposed`), `lead` bytes between its rows. The tables and the grid lie in `scratch`.
 * Weights are packed in blocks and all positions pass before the next block, so that they are packed once.
 */
export function windowProduct(
  image: usize, result: usize, scratch: usize, tapCount: i32, run: i32, lead: usize, transposed: bool, columns: i32,
  first: i32, last: i32, accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  // Blocks of the inner axis: several whole taps, or a part of one tap's run.
  const parts = (run + DEPTH - 1) / DEPTH;
  const partRun = (run + parts - 1) / parts;
  const blocks = max(1, parts > 1 ? tapCount : (tapCount * run + DEPTH - 1) / DEPTH);
  const tapsAtOnce = max(1, (tapCount + blocks - 1) / blocks);
  const width = max(TILE_COLUMNS, (PACK_CAPACITY / (tapsAtOnce * partRun)) & ~(TILE_COLUMNS - 1));
  const weights = tapWeights(scratch), offsets = tapOffsets(scratch);
  for (let j = 0; j < columns; j += width) {
    const wide = min(width, columns - j);
    const columnOffset = transposed ? <usize>j * lead : <usize>j << 2;
    let tap = 0, begin = 0;
    do {
      const taps = min(tapsAtOnce, tapCount - tap);
      const deep = min(partRun, run - begin);
      const panelStep = <usize>(taps * deep) * 32;
      for (let t = 0; t < taps; t++) {
        const from = load<usize>(weights + (<usize>(tap + t) << 2)) + columnOffset;
        const to = scratch + <usize>(t * deep) * 32;
        if (transposed) packTransposed(from + (<usize>begin << 2), lead, deep, wide, to, panelStep);
        else packColumns(from + <usize>begin * lead, lead, deep, wide, to, panelStep);
      }
      const earlier = tap > 0 || begin > 0;
      const final = tap + taps >= tapCount && begin + deep >= run;
      positions(
        image + (<usize>begin << 2), result + (<usize>j << 2), gridOf(scratch), positionTable(scratch), offsets + (<usize>tap << 2), taps, deep, scratch, panelStep, wide, first, last,
        earlier ? ACCUMULATE : accumulate, final && bias ? bias + (<usize>j << 2) : 0, final ? residual : 0, final ? activation : 0,
      );
      begin += deep;
      if (begin >= run) {
        begin = 0;
        tap += taps;
      }
    } while (tap < tapCount); // without any tap, one pass that stores zeros
  }
}

/** Every position against the panels at hand, four at a time. */
function positions(
  image: usize, result: usize, grid: Grid, table: usize, taps: usize, tapCount: i32, run: i32, panels: usize, panelStep: usize, columns: i32,
  first: i32, last: i32, accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  const pixel = <usize>columns << 2;
  const dense =
    grid.writeWidth == pixel && grid.writeHeight == pixel * grid.width && grid.writeDepth == grid.writeHeight * grid.height &&
    grid.writeBatch == grid.writeDepth * grid.depth;
  const spills = !accumulate && dense;
  for (let i = first; i < last; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, last - i);
    const listed = (i - first) & (LISTED - 1);
    if (listed == 0) {
      const count = min(LISTED, last - i);
      listPositions(grid, i, count, table);
      // past the end the last position is repeated: a tile may compute it again, but does not store it
      const repeated = load<u64>(table + (<usize>(count - 1) << 3));
      for (let k = 0; k < 3; k++) store<u64>(table + (<usize>(count + k) << 3), repeated);
    }
    const at0 = table + (<usize>listed << 3);
    const a0 = image + load<usize>(at0), a1 = image + load<usize>(at0, 8), a2 = image + load<usize>(at0, 16), a3 = image + load<usize>(at0, 24);
    const c0 = result + load<usize>(at0, 4), c1 = result + load<usize>(at0, 12), c2 = result + load<usize>(at0, 20), c3 = result + load<usize>(at0, 28);
    // From the last panel to the first, for the reason given in matmul.ts.
    const exact = !spills || (last - i - TILE_ROWS) * columns < TILE_COLUMNS;
    for (let j = (columns - 1) & ~(TILE_COLUMNS - 1); j >= 0; j -= TILE_COLUMNS) {
      const at = <usize>j << 2;
      tileFromWindows(
        a0, a1, a2, a3, taps, tapCount, run, panels + <usize>(j >> 3) * panelStep, c0 + at, c1 + at, c2 + at, c3 + at, rows,
        exact ? min(TILE_COLUMNS, columns - j) : TILE_COLUMNS, accumulate, bias ? bias + at : 0, residual, activation,
      );
    }
  }
}
