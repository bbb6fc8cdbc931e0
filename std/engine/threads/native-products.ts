import type { NativeAccess, Product } from "./protocol.js";

interface Koffi {
  load(path: null): unknown;
  proto(name: null, result: string, parameters: readonly string[]): object;
  decode(address: number, type: object): (memory: number, records: number, count: number, scratch: number) => void;
  address(view: Uint8Array): bigint;
}

/**
 * Calls the engine's own machine code (`native/product-code.ts`) on engine memory. Self-contained, because its text is also what
 * workers run (see `worker.ts`): nothing from outside the function may be used in it.
 */
export function createNativeProducts(
  require: (module: string) => unknown,
  access: NativeAccess,
  memory: WebAssembly.Memory,
): (product: Product, base: number, part: number, parts: number) => void {
  const koffi = require(access.koffi) as Koffi;
  // Koffi sets the stack that its calls use aside when a thread first loads a library.
  koffi.load(null);
  const multiply = koffi.decode(access.code, koffi.proto(null, "void", ["int64", "int64", "int64", "int64"]));
  const start = Number(koffi.address(new Uint8Array(memory.buffer)));
  // Parts begin at multiples of a vector, so that every part is made of whole ones.
  const tile = 16;
  const numbers = 16;
  const most = 64;
  // One block for both: the records' view, which is in use below, also keeps the scratch behind them.
  const block = new ArrayBuffer(64 + most * numbers * 4 + access.scratchBytes);
  const blockAt = Number(koffi.address(new Uint8Array(block)));
  const recordsAt = Math.ceil(blockAt / 64) * 64;
  const records = new Int32Array(block, recordsAt - blockAt, most * numbers);
  const scratchAt = recordsAt + records.byteLength;
  const flag = { accumulate: 1, transposedA: 2, transposedB: 4, packedB: 8 };
  /** Rows from which packing B is worth it, and the bytes that it must lie apart in. */
  const packing = { rows: 96, bytes: 2 ** 20 };

  return (product, base, part, parts) => {
    const { transposeA, transposeB, k, lda, ldb, ldc, beta } = product;
    let { m, n, batch } = product;
    let a = (product.relativeA ? base : 0) + product.a;
    let b = (product.relativeB ? base : 0) + product.b;
    let c = (product.relativeC ? base : 0) + product.c;
    if (parts > 1) {
      if (product.split === "batch") {
        const from = Math.floor((batch * part) / parts);
        const to = Math.floor((batch * (part + 1)) / parts);
        a += from * product.strideA * 4;
        b += from * product.strideB * 4;
        c += from * product.strideC * 4;
        batch = to - from;
      } else {
        const extent = product.split === "m" ? m : n;
        const tiles = Math.ceil(extent / tile);
        const from = Math.min(extent, Math.floor((tiles * part) / parts) * tile);
        const to = Math.min(extent, Math.floor((tiles * (part + 1)) / parts) * tile);
        if (product.split === "m") {
          a += from * (transposeA ? 1 : lda) * 4;
          c += from * ldc * 4;
          m = to - from;
        } else {
          b += from * (transposeB ? ldb : 1) * 4;
          c += from * 4;
          n = to - from;
        }
      }
    }
    if (m <= 0 || n <= 0 || batch <= 0) return;
    const tiles = Math.ceil(m / access.rows);
    const rows = Math.floor(m / tiles);
    const depth = Math.ceil(k / Math.ceil(k / access.depth));
    const width = Math.ceil(n / Math.ceil(n / access.width) / access.columns) * access.columns;
    let count = 0;
    for (let column = 0; column < n; column += width) {
      const columns = Math.min(width, n - column);
      for (let row = 0; row < k; row += depth) {
        const deep = Math.min(depth, k - row);
        const packed = (m >= packing.rows && deep * ldb * 4 > packing.bytes) || (!access.masked && columns % access.columns !== 0);
        const at = count * numbers;
        records[at] = a + row * (transposeA ? lda : 1) * 4;
        records[at + 1] = b + (transposeB ? column * ldb + row : row * ldb + column) * 4;
        records[at + 2] = c + column * 4;
        records[at + 3] = m;
        records[at + 4] = columns;
        records[at + 5] = deep;
        records[at + 6] = lda * 4;
        records[at + 7] = ldb * 4;
        records[at + 8] = ldc * 4;
        records[at + 9] =
          (beta !== 0 || row > 0 ? flag.accumulate : 0) |
          (transposeA ? flag.transposedA : 0) |
          (transposeB ? flag.transposedB : 0) |
          (packed ? flag.packedB : 0);
        records[at + 10] = batch;
        records[at + 11] = product.strideA * 4;
        records[at + 12] = product.strideB * 4;
        records[at + 13] = product.strideC * 4;
        records[at + 14] = rows;
        records[at + 15] = m - rows * tiles;
        if (++count === most) {
          multiply(start, recordsAt, count, scratchAt);
          count = 0;
        }
      }
    }
    if (count > 0) multiply(start, recordsAt, count, scratchAt);
  };
}
