import type { VectorBytes } from "./assembler.js";

/**
 * A matrix product as machine code reads it: 32-bit numbers, in this order. Distances are in bytes, places are distances from the
 * start of engine memory, and the parts of a matrix that is more than `mostDepth` deep or `mostColumns` wide are products of their own.
 */
export const field = {
  a: 0, b: 1, c: 2, m: 3, n: 4, k: 5,
  /** From a row of A to the next; of a transposed A, from a column. */
  strideA: 6,
  /** From a row of B to the next; of a transposed B, from a column. */
  strideB: 7,
  strideC: 8,
  flags: 9,
  /** How many products of this shape there are, and the distances between their matrices. */
  batch: 10, batchA: 11, batchB: 12, batchC: 13,
  /** Rows of a tile, and how many of the first tiles have a row more. */
  rows: 14, longer: 15,
  /**
   * The depth may be so many segments of k, as the rows of a window are: A goes on so many bytes behind where a segment ends, B lies
   * without a gap.
   */
  segments: 16, segmentA: 17,
  /** One number for each column, and what is added to C: places, for the flags of that name. */
  bias: 18, residual: 19,
} as const; // prettier-ignore

export const recordNumbers = 20;

export const flag = {
  /** Adds to C. */
  accumulate: 1,
  transposedA: 2,
  transposedB: 4,
  /** B is packed before it is used; a transposed one always is. */
  packedB: 8,
  /** A transposed A is packed before it is used. */
  packedA: 16,
  /** A bias is added, then a residual, and what is less than 0 becomes 0. */
  bias: 32,
  residual: 64,
  relu: 128,
} as const;

export const mostDepth = 512;
export const mostColumns = 256;

/** What the code does at most at a time, for vectors of so many bytes. */
export interface Tile {
  readonly vectorBytes: VectorBytes;
  /** Rows of a tile of C: as many as leave registers for the operands. */
  readonly rows: number;
  /** Columns of a tile: two vectors. */
  readonly columns: number;
}

export const tileOf = (vectorBytes: VectorBytes): Tile => ({
  vectorBytes,
  rows: vectorBytes === 64 ? 12 : 6,
  columns: vectorBytes / 2,
});

/** Bytes of scratch that a call needs: a packed tile of A and packed columns of B. */
export function nativeScratchBytes({ rows }: Tile): number {
  return packedTile(rows) + mostDepth * mostColumns * 4 + 64;
}

/** Bytes of a tile of A, packed. */
export const packedTile = (rows: number): number => (mostDepth * rows * 4 + 127) & ~63;
