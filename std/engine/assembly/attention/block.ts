import { ACCUMULATE, TILE_COLUMNS, TILE_ROWS, tileFromColumns, tileFromRows } from "../matmul/micro-kernel";

/** Multiplies what lies from `x` on, a multiple of 32 bytes. */
// @ts-ignore: decorator
@inline
export function scaleNumbers(x: usize, bytes: usize, scale: f32): void {
  const factor = f32x4.splat(scale);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(x + at, f32x4.mul(v128.load(x + at), factor));
}

/** Up to four rows of A (`depth` numbers each) times a B packed into panels of 8 columns. */
// @ts-ignore: decorator
@inline
export function multiplyPanels(a: usize, lda: usize, panels: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32): void {
  const step = <usize>depth * 32;
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    tileFromRows(a, lda, panels, 32, c + (<usize>j << 2), ldc, depth, rows, min(TILE_COLUMNS, columns - j), 0, 0, 0, 0);
    panels += step;
  }
}

/** C (+)= A^T B: A is depth x rows, B depth x columns, packed into panels of 8 columns. */
// @ts-ignore: decorator
@inline
export function multiplyTransposed(a: usize, lda: usize, panels: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32, accumulate: bool): void {
  const step = <usize>depth * 32;
  for (let i = 0; i < rows; i += TILE_ROWS) {
    for (let j = 0, panel = panels; j < columns; j += TILE_COLUMNS, panel += step) {
      tileFromColumns(
        a + (<usize>i << 2), lda, panel, 32, c + <usize>i * ldc + (<usize>j << 2), ldc, depth, min(TILE_ROWS, rows - i), min(TILE_COLUMNS, columns - j),
        accumulate ? ACCUMULATE : 0, 0, 0, 0,
      );
    }
  }
}

/** Replaces the numbers of a row where the mask's byte is 0. */
// @ts-ignore: decorator
@inline
export function blockOut(x: usize, mask: usize, count: i32, value: f32): void {
  for (let i = 0; i < count; i++) if (load<u8>(mask + <usize>i) == 0) store<f32>(x + (<usize>i << 2), value);
}
