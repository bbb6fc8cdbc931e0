import { ACCUMULATE, TILE_COLUMNS, TILE_ROWS } from "../matmul/micro-kernel";
import { DEPTH, PACK_CAPACITY, packColumns, packTransposed } from "../matmul/pack";
import { Grid, GRID_BYTES, MAXIMUM_TAPS, readOffset, writeOffset } from "./grid";
import { tileFromWindows } from "./tiles";

/** Bytes of scratch each thread of a convolution needs: packed weights, two tables of taps, the grid. */
export const CONVOLUTION_SCRATCH: usize = 4 * (<usize>PACK_CAPACITY + 2 * MAXIMUM_TAPS + 64) + GRID_BYTES;

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
  const blocks = parts > 1 ? tapCount : max(1, (tapCount * run + DEPTH - 1) / DEPTH);
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
        image + (<usize>begin << 2), result + (<usize>j << 2), gridOf(scratch), offsets + (<usize>tap << 2), taps, deep, scratch, panelStep, wide, first, last,
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
  image: usize, result: usize, grid: Grid, taps: usize, tapCount: i32, run: i32, panels: usize, panelStep: usize, columns: i32,
  first: i32, last: i32, accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  for (let i = first; i < last; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, last - i);
    const a0 = image + readOffset(grid, i);
    const a1 = rows > 1 ? image + readOffset(grid, i + 1) : a0;
    const a2 = rows > 2 ? image + readOffset(grid, i + 2) : a0;
    const a3 = rows > 3 ? image + readOffset(grid, i + 3) : a0;
    let c0 = result + writeOffset(grid, i);
    let c1 = rows > 1 ? result + writeOffset(grid, i + 1) : c0;
    let c2 = rows > 2 ? result + writeOffset(grid, i + 2) : c0;
    let c3 = rows > 3 ? result + writeOffset(grid, i + 3) : c0;
    let panel = panels, bias1 = bias;
    for (let j = 0; j < columns; j += TILE_COLUMNS) {
      tileFromWindows(
        a0, a1, a2, a3, taps, tapCount, run, panel, c0, c1, c2, c3, rows, min(TILE_COLUMNS, columns - j), accumulate, bias1, residual, activation,
      );
      panel += panelStep;
      c0 += 32;
      c1 += 32;
      c2 += 32;
      c3 += 32;
      if (bias) bias1 += 32;
    }
  }
}
