import { TILE_COLUMNS, TILE_ROWS, tileFromRows } from "../matmul/micro-kernel";
import { packColumns, packTransposed } from "../matmul/pack";

/** Bytes of a weight of depth x columns packed into panels. */
// @ts-ignore: decorator
@inline
export function panelBytes(depth: i32, columns: i32): usize {
  return <usize>depth * 4 * <usize>((columns + TILE_COLUMNS - 1) & ~(TILE_COLUMNS - 1));
}

/** Packs the recurrent weight once for all times; `transposed`: the weight lies as columns x depth. */
export function packWeight(weight: usize, depth: i32, columns: i32, transposed: bool, panels: usize): void {
  const step = <usize>depth * 32;
  if (transposed) packTransposed(weight, <usize>depth << 2, depth, columns, panels, step);
  else packColumns(weight, <usize>columns << 2, depth, columns, panels, step);
}

/** C = A times the packed weight, or what is added to C, for a few rows. */
export function timesPanels(
  a: usize, lda: usize, panels: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32, accumulate: i32,
): void {
  const step = <usize>depth * 32;
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    const wide = min(TILE_COLUMNS, columns - j);
    const at = <usize>j << 2;
    for (let i = 0; i < rows; i += TILE_ROWS) {
      tileFromRows(a + <usize>i * lda, lda, panels, 32, c + <usize>i * ldc + at, ldc, depth, min(TILE_ROWS, rows - i), wide, accumulate, 0, 0, 0);
    }
    panels += step;
  }
}
