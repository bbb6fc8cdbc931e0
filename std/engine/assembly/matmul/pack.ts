import { TALL_ROWS, TILE_COLUMNS } from "./micro-kernel";

/** Numbers of B a thread packs at a time: 256 KiB, a quarter to a half of a second-level cache. */
export const PACK_CAPACITY: i32 = 65536;
/** Longest stretch of the inner axis done at a time, so that a panel of B (10 KiB) and a strip of A stay in the first-level cache. */
export const DEPTH: i32 = 320;
/** Rows of a transposed A packed at a time: one cache line. */
export const STRIP_ROWS: i32 = 16;

/** Bytes of scratch each thread of a matrix product needs. */
export const SCRATCH_BYTES: usize = 4 * (<usize>PACK_CAPACITY + <usize>STRIP_ROWS * DEPTH + 64);

/** Depth of the blocks the inner axis is cut into: as equal as they come, at most DEPTH. */
export function depthOf(k: i32): i32 {
  const blocks = (k + DEPTH - 1) / DEPTH;
  return (k + blocks - 1) / blocks;
}

/** Columns of B that fit the scratch at a depth: a multiple of the tile's. */
export function widthOf(depth: i32): i32 {
  return max(TILE_COLUMNS, (PACK_CAPACITY / depth) & ~(TILE_COLUMNS - 1));
}

/** Copies B[depth x columns] (`ldb` bytes a row) into panels of 8 columns, `panelStep` bytes apart. Columns past the last are whatever lies there. */
export function packColumns(b: usize, ldb: usize, depth: i32, columns: i32, packed: usize, panelStep: usize): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    let from = b + (<usize>j << 2);
    let to = packed;
    const end = packed + <usize>depth * 32;
    while (to < end) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      to += 32;
      from += ldb;
    }
    packed += panelStep;
  }
}

/** The same from a transposed B: its columns lie as rows of `ldb` bytes. */
export function packTransposed(b: usize, ldb: usize, depth: i32, columns: i32, packed: usize, panelStep: usize): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    packFour(b + <usize>j * ldb, ldb, depth, min(4, columns - j), packed);
    // with fewer than 5 columns the upper half repeats one that exists: it is computed and not stored
    const upper = min(j + 4, columns - 1);
    packFour(b + <usize>upper * ldb, ldb, depth, max(1, min(4, columns - j - 4)), packed + 16);
    packed += panelStep;
  }
}

/** Interleaves four rows (the last repeated when there are fewer) into every other 16 bytes from `packed` on. */
function packFour(r0: usize, ldb: usize, depth: i32, count: i32, packed: usize): void {
  let r1 = count > 1 ? r0 + ldb : r0;
  let r2 = count > 2 ? r1 + ldb : r1;
  let r3 = count > 3 ? r2 + ldb : r2;
  let left = depth;
  while (left >= 4) {
    const x0 = v128.load(r0), x1 = v128.load(r1), x2 = v128.load(r2), x3 = v128.load(r3);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    v128.store(packed, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(packed, v128.shuffle<i64>(low01, low23, 1, 3), 32);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 0, 2), 64);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 1, 3), 96);
    packed += 128;
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
    left -= 4;
  }
  while (left > 0) {
    store<f32>(packed, load<f32>(r0));
    store<f32>(packed, load<f32>(r1), 4);
    store<f32>(packed, load<f32>(r2), 8);
    store<f32>(packed, load<f32>(r3), 12);
    packed += 32;
    r0 += 4;
    r1 += 4;
    r2 += 4;
    r3 += 4;
    left--;
  }
}

/** Copies 16 neighbouring rows of a transposed A (a row of which is a column here, `lda` bytes apart) into four strips of 4. */
export function packStrips(a: usize, lda: usize, depth: i32, packed: usize): void {
  const strip = <usize>depth * 16;
  const end = packed + strip;
  while (packed < end) {
    v128.store(packed, v128.load(a));
    v128.store(packed + strip, v128.load(a, 16));
    v128.store(packed + 2 * strip, v128.load(a, 32));
    v128.store(packed + 3 * strip, v128.load(a, 48));
    packed += 16;
    a += lda;
  }
}

/** Bytes of a step along k in a tall strip. */
const TALL_BYTES: usize = 4 * <usize>TALL_ROWS;

/** Interleaves up to six rows of A into a tall strip; the last row stands in for those that are missing. */
export function packTall(r0: usize, lda: usize, rows: i32, depth: i32, packed: usize): void {
  const r1 = rows > 1 ? r0 + lda : r0, r2 = rows > 2 ? r1 + lda : r1, r3 = rows > 3 ? r2 + lda : r2;
  const r4 = rows > 4 ? r3 + lda : r3, r5 = rows > 5 ? r4 + lda : r4;
  let at: usize = 0;
  let left = depth;
  while (left >= 4) {
    const x0 = v128.load(r0 + at), x1 = v128.load(r1 + at), x2 = v128.load(r2 + at), x3 = v128.load(r3 + at);
    const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
    const x4 = v128.load(r4 + at), x5 = v128.load(r5 + at);
    const low45 = v128.shuffle<i32>(x4, x5, 0, 4, 1, 5), high45 = v128.shuffle<i32>(x4, x5, 2, 6, 3, 7);
    v128.store(packed, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store64_lane(packed, low45, 0, 16);
    v128.store(packed, v128.shuffle<i64>(low01, low23, 1, 3), 24);
    v128.store64_lane(packed, low45, 1, 40);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 0, 2), 48);
    v128.store64_lane(packed, high45, 0, 64);
    v128.store(packed, v128.shuffle<i64>(high01, high23, 1, 3), 72);
    v128.store64_lane(packed, high45, 1, 88);
    packed += 4 * TALL_BYTES;
    at += 16;
    left -= 4;
  }
  while (left > 0) {
    store<f32>(packed, load<f32>(r0 + at));
    store<f32>(packed, load<f32>(r1 + at), 4);
    store<f32>(packed, load<f32>(r2 + at), 8);
    store<f32>(packed, load<f32>(r3 + at), 12);
    store<f32>(packed, load<f32>(r4 + at), 16);
    store<f32>(packed, load<f32>(r5 + at), 20);
    packed += TALL_BYTES;
    at += 4;
    left--;
  }
}

/** Tall strips of a transposed A packed at a time: three quarters of a cache line. */
export const TALL_STRIPS: i32 = 2;

/** Copies 12 neighbouring rows of a transposed A into two tall strips. Rows past the last are whatever lies there. */
export function packTallColumns(a: usize, lda: usize, depth: i32, packed: usize): void {
  const strip = <usize>depth * TALL_BYTES;
  const end = packed + strip;
  while (packed < end) {
    v128.store(packed, v128.load(a));
    const middle = v128.load(a, 16);
    v128.store64_lane(packed, middle, 0, 16);
    v128.store64_lane(packed + strip, middle, 1);
    v128.store(packed + strip, v128.load(a, 32), 8);
    packed += TALL_BYTES;
    a += lda;
  }
}
