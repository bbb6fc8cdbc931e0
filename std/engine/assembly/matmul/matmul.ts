import { partBegin } from "../simd";
import { ACCUMULATE, sumColumns, TALL_ROWS, TILE_COLUMNS, TILE_ROWS, tileFromColumns, tileFromRows, tileFromStrip } from "./micro-kernel";
import {
  DEPTH, depthOf, packColumns, packStrips, packTall, packTallColumns, packTransposed, PACK_CAPACITY, SCRATCH_BYTES, STRIP_ROWS, TALL_STRIPS, widthOf,
} from "./pack";

export const TRANSPOSE_A: i32 = 2;
export const TRANSPOSE_B: i32 = 4;
/** B lies in panels of 8 columns already, each of k rows of 32 bytes; n is a multiple of 8. */
export const PACKED_B: i32 = 8;

export function matmulScratchBytes(): i32 {
  return <i32>SCRATCH_BYTES;
}

/**
 * C = activation(A B + bias + residual), or C + A B with ACCUMULATE, for `batch` products in a row.
 *
 * A is m x k (k x m when transposed), B is k x n (n x k), C and the residual m x n; lda, ldb, ldc are in numbers between
 * rows, the strides in numbers between products (0: the same operand for each). `bias` has n numbers. Addresses may be 0
 * where there is no bias or residual. `scratch` has matmulScratchBytes() for each thread.
 */
export function matmul(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, flags: i32, activation: i32,
  bias: usize, residual: usize, batch: i32, strideA: i32, strideB: i32, strideC: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * SCRATCH_BYTES;
  const bytesA = <usize>strideA << 2, bytesB = <usize>strideB << 2, bytesC = <usize>strideC << 2;
  let first = 0, last = batch;
  let rowBegin = 0, rowEnd = m, columnBegin = 0, columnEnd = n;
  if (threads > 1) {
    if (batch % threads == 0 || batch >= 4 * threads) {
      first = partBegin(batch, 1, thread, threads);
      last = partBegin(batch, 1, thread + 1, threads);
    } else if (n >= 32 * threads && (n >= 2 * m || n >= 128 * threads)) {
      columnBegin = partBegin(n, TILE_COLUMNS, thread, threads);
      columnEnd = partBegin(n, TILE_COLUMNS, thread + 1, threads);
    } else {
      rowBegin = partBegin(m, TILE_ROWS, thread, threads);
      rowEnd = partBegin(m, TILE_ROWS, thread + 1, threads);
    }
  }
  if (rowBegin >= rowEnd || columnBegin >= columnEnd) return;
  const leadA = <usize>lda << 2, leadB = <usize>ldb << 2, leadC = <usize>ldc << 2;
  for (let index = first; index < last; index++) {
    block(
      a + <usize>index * bytesA, b + <usize>index * bytesB, c + <usize>index * bytesC, rowBegin, rowEnd, columnBegin, columnEnd, k,
      leadA, leadB, leadC, flags, activation, bias, residual ? residual - c : 0, scratch,
    );
  }
}

/** C = A B for dense A and C, with B in panels. */
export function multiplyPanels(a: usize, panels: usize, c: usize, rows: i32, columns: i32, k: i32, scratch: usize): void {
  block(a, panels, c, 0, rows, 0, columns, k, <usize>k << 2, 0, <usize>columns << 2, PACKED_B, 0, 0, 0, scratch);
}

/**
 * C = A^T B, or C + A^T B where `zeros` is 0 and not the address of 32 bytes of zeros: of operands that the first-level cache holds, so
 * that they are read where they lie. Up to a tile's columns past the last are read.
 */
export function addTransposedProduct(
  a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, rows: i32, columns: i32, k: i32, zeros: usize,
): void {
  const accumulate = zeros == 0;
  const wide = columns - (columns % TILE_COLUMNS);
  const tall = ASC_FEATURE_RELAXED_SIMD ? rows - (rows % TALL_ROWS) : 0;
  for (let i = 0; i < tall; i += TALL_ROWS) {
    const strip = a + (<usize>i << 2), out = c + <usize>i * ldc;
    for (let j: usize = 0; j < <usize>wide << 2; j += 32) {
      sumColumns(strip, lda, b + j, ldb, k, accumulate ? out + j : zeros, accumulate ? ldc : 0, out + j, ldc);
    }
    if (wide == columns) continue;
    for (let row = 0; row < TALL_ROWS; row += TILE_ROWS) {
      tileFromColumns(
        strip + (<usize>row << 2), lda, b + (<usize>wide << 2), ldb, out + <usize>row * ldc + (<usize>wide << 2), ldc, k, min(TILE_ROWS, TALL_ROWS - row),
        columns - wide, accumulate, 0, 0, 0,
      );
    }
  }
  for (let i = tall; i < rows; i += TILE_ROWS) {
    const strip = a + (<usize>i << 2), out = c + <usize>i * ldc;
    for (let j = 0; j < columns; j += TILE_COLUMNS) {
      const at = <usize>j << 2;
      tileFromColumns(strip, lda, b + at, ldb, out + at, ldc, k, min(TILE_ROWS, rows - i), min(TILE_COLUMNS, columns - j), accumulate, 0, 0, 0);
    }
  }
}

/** Rows and columns [begin, end) of one product. Leads are in bytes. */
function block(
  a: usize, b: usize, c: usize, rowBegin: i32, rowEnd: i32, columnBegin: i32, columnEnd: i32, k: i32,
  lda: usize, ldb: usize, ldc: usize, flags: i32, activation: i32, bias: usize, residual: usize, scratch: usize,
): void {
  const rows = rowEnd - rowBegin, columns = columnEnd - columnBegin;
  const transposedA = (flags & TRANSPOSE_A) != 0, transposedB = (flags & TRANSPOSE_B) != 0;
  a += transposedA ? <usize>rowBegin << 2 : <usize>rowBegin * lda;
  const panelled = (flags & PACKED_B) != 0;
  b += panelled ? <usize>columnBegin * (<usize>k << 2) : transposedB ? <usize>columnBegin * ldb : <usize>columnBegin << 2;
  c += <usize>rowBegin * ldc + (<usize>columnBegin << 2);
  if (bias) bias += <usize>columnBegin << 2;
  // Packing moves every number of B once; below some 16 rows, or with a B that the first-level cache holds, that costs more than it brings.
  const packed = panelled || transposedB || (rows > 16 && k * columns > 2048) || <usize>k * ldb > 262144;
  const depth = packed ? depthOf(k) : k;
  const width = packed ? widthOf(depth) : columns;
  const strips = scratch + <usize>PACK_CAPACITY * 4;
  // Tall tiles read packed rows of A, which is worth packing for some columns.
  const tall = ASC_FEATURE_RELAXED_SIMD && packed && rows >= TALL_ROWS && (columns >= 48 || (transposedA && columns >= 32));
  const packA = transposedA && packed && lda > 64 && columns > 16;
  for (let j = 0; j < columns; j += width) {
    const part = min(width, columns - j);
    const biasPart = bias ? bias + (<usize>j << 2) : 0;
    for (let p = 0; p < k; p += depth) {
      const deep = min(depth, k - p);
      const final = p + deep == k;
      let panels = transposedB ? b + <usize>j * ldb + (<usize>p << 2) : b + <usize>p * ldb + (<usize>j << 2);
      let panelLead = ldb, panelStep: usize = 32;
      if (panelled) {
        panels = b + <usize>j * (<usize>k << 2) + (<usize>p << 5);
        panelLead = 32;
        panelStep = <usize>k << 5;
      } else if (packed) {
        if (transposedB) packTransposed(panels, ldb, deep, part, scratch, <usize>deep * 32);
        else packColumns(panels, ldb, deep, part, scratch, <usize>deep * 32);
        panels = scratch;
        panelLead = 32;
        panelStep = <usize>deep * 32;
      }
      if (tall) {
        tallStripes(
          transposedA ? a + <usize>p * lda : a + (<usize>p << 2), lda, panels, panelStep, c + (<usize>j << 2), ldc, rows, part, deep,
          p > 0 ? ACCUMULATE : flags & ACCUMULATE, final ? biasPart : 0, final ? residual : 0, final ? activation : 0, transposedA, strips,
        );
        continue;
      }
      stripes(
        transposedA ? a + <usize>p * lda : a + (<usize>p << 2), lda, panels, panelLead, panelStep, c + (<usize>j << 2), ldc, rows, part, deep,
        p > 0 ? ACCUMULATE : flags & ACCUMULATE, final ? biasPart : 0, final ? residual : 0, final ? activation : 0, transposedA, packA, strips,
      );
    }
  }
}

/** All rows of A against the panels of B at hand, four rows at a time, so that C is written row after row. */
function stripes(
  a: usize, lda: usize, panels: usize, panelLead: usize, panelStep: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32,
  accumulate: i32, bias: usize, residual: usize, activation: i32, transposedA: bool, packA: bool, strips: usize,
): void {
  const spills = !accumulate && ldc == <usize>columns << 2;
  for (let i = 0; i < rows; i += TILE_ROWS) {
    let strip = transposedA ? a + (<usize>i << 2) : a + <usize>i * lda;
    let stripLead = lda;
    if (packA) {
      if ((i & (STRIP_ROWS - 1)) == 0) packStrips(strip, lda, depth, strips);
      strip = strips + <usize>((i & (STRIP_ROWS - 1)) >> 2) * <usize>depth * 16;
      stripLead = 16;
    }
    const out = c + <usize>i * ldc;
    const tall = min(TILE_ROWS, rows - i);
    // The panels run from the last to the first: where rows follow each other without a gap, the last tile of a row may then
    // store all its 8 columns, since what it spills into the next rows is written later. Not in the last rows, nor onto sums.
    const exact = !spills || (rows - i - TILE_ROWS) * columns < TILE_COLUMNS;
    for (let j = (columns - 1) & ~(TILE_COLUMNS - 1); j >= 0; j -= TILE_COLUMNS) {
      const wide = exact ? min(TILE_COLUMNS, columns - j) : TILE_COLUMNS;
      const panel = panels + <usize>(j >> 3) * panelStep;
      const at = <usize>j << 2;
      const bias1 = bias ? bias + at : 0;
      if (transposedA) tileFromColumns(strip, stripLead, panel, panelLead, out + at, ldc, depth, tall, wide, accumulate, bias1, residual, activation);
      else tileFromRows(strip, lda, panel, panelLead, out + at, ldc, depth, tall, wide, accumulate, bias1, residual, activation);
    }
  }
}

/** The same, six packed rows of A at a time. */
function tallStripes(
  a: usize, lda: usize, panels: usize, panelStep: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32,
  accumulate: i32, bias: usize, residual: usize, activation: i32, transposedA: bool, strips: usize,
): void {
  const spills = !accumulate && ldc == <usize>columns << 2;
  const stripBytes = <usize>depth * 24;
  const sums = strips + <usize>STRIP_ROWS * DEPTH * 4;
  for (let i = 0; i < rows; i += TALL_ROWS) {
    const height = min(TALL_ROWS, rows - i);
    let strip = strips;
    if (transposedA) {
      const which = (i / TALL_ROWS) % TALL_STRIPS;
      if (which == 0) packTallColumns(a + (<usize>i << 2), lda, depth, strips);
      strip += <usize>which * stripBytes;
    } else packTall(a + <usize>i * lda, lda, height, depth, strips);
    const out = c + <usize>i * ldc;
    const exact = !spills || (rows - i - TALL_ROWS) * columns < TILE_COLUMNS;
    for (let j = (columns - 1) & ~(TILE_COLUMNS - 1); j >= 0; j -= TILE_COLUMNS) {
      const at = <usize>j << 2;
      tileFromStrip(
        strip, panels + <usize>(j >> 3) * panelStep, out + at, ldc, depth, height, exact ? min(TILE_COLUMNS, columns - j) : TILE_COLUMNS,
        accumulate, bias ? bias + at : 0, residual, activation, sums,
      );
    }
  }
}
