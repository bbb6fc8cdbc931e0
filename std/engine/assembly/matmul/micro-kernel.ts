import { loadLanes, multiplyAdd, storeLanes } from "../simd";
import { activate, Activation, relu } from "./activation";

/** Rows of one register tile. */
export const TILE_ROWS: i32 = 4;
/** Columns of one register tile: 4 x 8 keeps 8 sums, 2 vectors of B and one of A in the 16 registers of x86-64. */
export const TILE_COLUMNS: i32 = 8;

/** Rows of the taller register tile, from packed rows of A. */
export const TALL_ROWS: i32 = 6;

/** Adds to what C holds instead of overwriting it. */
export const ACCUMULATE: i32 = 1;

/**
 * Finishes and stores one row of a tile: sums + C (when accumulating) + bias + residual, then the activation.
 * `columns` is 8 but for the last tile of a row. `bias` is an address or 0; `residual` is the residual's distance from C in
 * bytes (modulo 2^32), or 0.
 */
// @ts-ignore: decorator
@inline
export function finishRow(c: usize, low: v128, high: v128, columns: i32, accumulate: i32, bias: usize, residual: usize, activation: i32): void {
  if (columns == TILE_COLUMNS) {
    if (accumulate) {
      low = f32x4.add(low, v128.load(c));
      high = f32x4.add(high, v128.load(c, 16));
    }
    if (bias) {
      low = f32x4.add(low, v128.load(bias));
      high = f32x4.add(high, v128.load(bias, 16));
    }
    if (residual) {
      low = f32x4.add(low, v128.load(c + residual));
      high = f32x4.add(high, v128.load(c + residual, 16));
    }
    if (activation == Activation.relu) {
      low = relu(low);
      high = relu(high);
    } else if (activation) {
      low = activate(low, activation);
      high = activate(high, activation);
    }
    v128.store(c, low);
    v128.store(c, high, 16);
  } else {
    finishPart(c, low, high, columns, accumulate, bias, residual, activation);
  }
}

function finishPart(c: usize, low: v128, high: v128, columns: i32, accumulate: i32, bias: usize, residual: usize, activation: i32): void {
  if (columns >= 4) {
    if (accumulate) low = f32x4.add(low, v128.load(c));
    if (bias) low = f32x4.add(low, v128.load(bias));
    if (residual) low = f32x4.add(low, v128.load(c + residual));
    if (activation) low = activate(low, activation);
    v128.store(c, low);
    columns -= 4;
    if (columns == 0) return;
    low = high;
    c += 16;
    if (bias) bias += 16;
  }
  if (accumulate) low = f32x4.add(low, loadLanes(c, columns));
  if (bias) low = f32x4.add(low, loadLanes(bias, columns));
  if (residual) low = f32x4.add(low, loadLanes(c + residual, columns));
  if (activation) low = activate(low, activation);
  storeLanes(c, low, columns);
}

/**
 * One 4 x 8 tile of C from rows of A: a0 … a3 are the addresses of the four rows (rows past the last repeat it).
 * B is read 8 columns at a time with `ldb` bytes between rows; columns past the last are read and not stored.
 */
export function tileFromRows(
  a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, k: i32, rows: i32, columns: i32,
  accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
  let a1 = rows > 1 ? a + lda : a;
  let a2 = rows > 2 ? a1 + lda : a1;
  let a3 = rows > 3 ? a2 + lda : a2;
  const end = a + (<usize>k << 2);
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, b0, s00);
    s01 = multiplyAdd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = multiplyAdd(x, b0, s10);
    s11 = multiplyAdd(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = multiplyAdd(x, b0, s20);
    s21 = multiplyAdd(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = multiplyAdd(x, b0, s30);
    s31 = multiplyAdd(x, b1, s31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += ldb;
  }
  finishRow(c, s00, s01, columns, accumulate, bias, residual, activation);
  if (rows > 1) finishRow(c + ldc, s10, s11, columns, accumulate, bias, residual, activation);
  if (rows > 2) finishRow(c + 2 * ldc, s20, s21, columns, accumulate, bias, residual, activation);
  if (rows > 3) finishRow(c + 3 * ldc, s30, s31, columns, accumulate, bias, residual, activation);
}

/** The same from columns of A: four neighbouring numbers every `lda` bytes, as a packed or a transposed A has them. */
export function tileFromColumns(
  a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, k: i32, rows: i32, columns: i32,
  accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
  while (k > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, b0, s00);
    s01 = multiplyAdd(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = multiplyAdd(x, b0, s10);
    s11 = multiplyAdd(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = multiplyAdd(x, b0, s20);
    s21 = multiplyAdd(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = multiplyAdd(x, b0, s30);
    s31 = multiplyAdd(x, b1, s31);
    a += lda;
    b += ldb;
    k--;
  }
  finishRow(c, s00, s01, columns, accumulate, bias, residual, activation);
  if (rows > 1) finishRow(c + ldc, s10, s11, columns, accumulate, bias, residual, activation);
  if (rows > 2) finishRow(c + 2 * ldc, s20, s21, columns, accumulate, bias, residual, activation);
  if (rows > 3) finishRow(c + 3 * ldc, s30, s31, columns, accumulate, bias, residual, activation);
}

/**
 * One 6 x 8 tile of C from a strip of six packed rows of A (24 bytes for each step along k) and a packed panel of B. Only the
 * build with fused multiply-add uses it: its 12 sums, 2 vectors of B and one of A leave no register for a separate product.
 */
export function tileFromStrip(
  a: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, columns: i32, accumulate: i32, bias: usize, residual: usize, activation: i32, sums: usize,
): void {
  if (columns == TILE_COLUMNS && rows == TALL_ROWS && !accumulate && !bias && !residual && !activation) {
    sumStrip(a, b, k, c, ldc);
    return;
  }
  sumStrip(a, b, k, sums, 32);
  if (columns == TILE_COLUMNS && accumulate && !bias && !residual && !activation) {
    for (let row = 0; row < rows; row++) {
      v128.store(c, f32x4.add(v128.load(c), v128.load(sums)));
      v128.store(c, f32x4.add(v128.load(c, 16), v128.load(sums, 16)), 16);
      sums += 32;
      c += ldc;
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    finishRow(c, v128.load(sums), v128.load(sums, 16), columns, accumulate, bias, residual, activation);
    sums += 32;
    c += ldc;
  }
}

/**
 * The sums alone, rows `lead` bytes apart, in a function that is exported so that it stays one: inlined into its caller, V8 runs out of registers and the
 * loop takes more than twice as long.
 */
export function sumStrip(a: usize, b: usize, k: i32, sums: usize, lead: usize): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0), s20 = f32x4.splat(0), s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0), s31 = f32x4.splat(0), s40 = f32x4.splat(0), s41 = f32x4.splat(0), s50 = f32x4.splat(0), s51 = f32x4.splat(0);
  while (k > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, b0, s00);
    s01 = multiplyAdd(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = multiplyAdd(x, b0, s10);
    s11 = multiplyAdd(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = multiplyAdd(x, b0, s20);
    s21 = multiplyAdd(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = multiplyAdd(x, b0, s30);
    s31 = multiplyAdd(x, b1, s31);
    x = v128.load32_splat(a, 16);
    s40 = multiplyAdd(x, b0, s40);
    s41 = multiplyAdd(x, b1, s41);
    x = v128.load32_splat(a, 20);
    s50 = multiplyAdd(x, b0, s50);
    s51 = multiplyAdd(x, b1, s51);
    a += 24;
    b += 32;
    k--;
  }
  v128.store(sums, s00);
  v128.store(sums, s01, 16);
  sums += lead;
  v128.store(sums, s10);
  v128.store(sums, s11, 16);
  sums += lead;
  v128.store(sums, s20);
  v128.store(sums, s21, 16);
  sums += lead;
  v128.store(sums, s30);
  v128.store(sums, s31, 16);
  sums += lead;
  v128.store(sums, s40);
  v128.store(sums, s41, 16);
  sums += lead;
  v128.store(sums, s50);
  v128.store(sums, s51, 16);
}

/**
 * One 6 x 8 tile of C = initial + A^T B from operands that are not packed: six neighbouring numbers of A every `lda` bytes, eight of B every `ldb`.
 * The sums begin with the tile at `initial`, rows `leadInitial` bytes apart. Exported for the same reason as sumStrip.
 */
export function sumColumns(
  a: usize, lda: usize, b: usize, ldb: usize, k: i32, initial: usize, leadInitial: usize, c: usize, ldc: usize,
): void {
  let s00 = v128.load(initial), s01 = v128.load(initial, 16);
  initial += leadInitial;
  let s10 = v128.load(initial), s11 = v128.load(initial, 16);
  initial += leadInitial;
  let s20 = v128.load(initial), s21 = v128.load(initial, 16);
  initial += leadInitial;
  let s30 = v128.load(initial), s31 = v128.load(initial, 16);
  initial += leadInitial;
  let s40 = v128.load(initial), s41 = v128.load(initial, 16);
  initial += leadInitial;
  let s50 = v128.load(initial), s51 = v128.load(initial, 16);
  while (k > 0) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, b0, s00);
    s01 = multiplyAdd(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = multiplyAdd(x, b0, s10);
    s11 = multiplyAdd(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = multiplyAdd(x, b0, s20);
    s21 = multiplyAdd(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = multiplyAdd(x, b0, s30);
    s31 = multiplyAdd(x, b1, s31);
    x = v128.load32_splat(a, 16);
    s40 = multiplyAdd(x, b0, s40);
    s41 = multiplyAdd(x, b1, s41);
    x = v128.load32_splat(a, 20);
    s50 = multiplyAdd(x, b0, s50);
    s51 = multiplyAdd(x, b1, s51);
    a += lda;
    b += ldb;
    k--;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  c += ldc;
  v128.store(c, s10);
  v128.store(c, s11, 16);
  c += ldc;
  v128.store(c, s20);
  v128.store(c, s21, 16);
  c += ldc;
  v128.store(c, s30);
  v128.store(c, s31, 16);
  c += ldc;
  v128.store(c, s40);
  v128.store(c, s41, 16);
  c += ldc;
  v128.store(c, s50);
  v128.store(c, s51, 16);
}
