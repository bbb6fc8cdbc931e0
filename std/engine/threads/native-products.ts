import type { NativeAccess, Product, Windows } from "./protocol.js";

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
  const { recordNumbers: numbers, flags: flag } = access;
  const koffi = require(access.koffi) as Koffi;
  // Koffi sets the stack that its calls use aside when a thread first loads a library.
  koffi.load(null);
  const multiply = koffi.decode(access.code, koffi.proto(null, "void", ["int64", "int64", "int64", "int64"]));
  const start = Number(koffi.address(new Uint8Array(memory.buffer)));
  // Parts begin at multiples of a vector, so that every part is made of whole ones.
  const tile = 16;
  const most = 64;
  // One block for both: the records' view, which is in use below, also keeps the scratch behind them.
  const block = new ArrayBuffer(64 + most * numbers * 4 + access.scratchBytes);
  const blockAt = Number(koffi.address(new Uint8Array(block)));
  const recordsAt = Math.ceil(blockAt / 64) * 64;
  const records = new Int32Array(block, recordsAt - blockAt, most * numbers);
  const scratchAt = recordsAt + records.byteLength;
  /** Rows from which packing B is worth it, and the bytes that it must lie apart in. */
  const packing = { rows: 96, bytes: 2 ** 20 };
  /** Few rows of A by a B that no cache holds: B is read row by row, a few rows side by side, as the processor expects it. */
  const streaming = { rows: 32, bytes: 2 ** 22, depth: 16 };
  /** Bytes of both operands that stay in a thread's caches while tiles of C pass. */
  const operands = 2 ** 16;
  /** Columns of A that lie farther apart than this are packed, though only one tile reads them. */
  const leastApart = 256;
  /** Depth of a product below which adding to C costs more than reading operands from a slower cache. */
  const leastDepth = 256;
  let count = 0;

  const run = (): void => {
    if (count > 0) multiply(start, recordsAt, count, scratchAt);
    count = 0;
  };
  /** Begins a record: m x n x k with row lengths in numbers. */
  const record = (
    a: number, b: number, c: number, m: number, n: number, k: number, lda: number, ldb: number, ldc: number, flags: number,
  ): number => {
    if (count === most) run();
    const at = count++ * numbers;
    const tiles = Math.ceil(m / access.rows);
    const rows = Math.floor(m / tiles);
    records[at] = a;
    records[at + 1] = b;
    records[at + 2] = c;
    records[at + 3] = m;
    records[at + 4] = n;
    records[at + 5] = k;
    records[at + 6] = lda * 4;
    records[at + 7] = ldb * 4;
    records[at + 8] = ldc * 4;
    records[at + 9] = flags;
    records[at + 10] = 1;
    records[at + 14] = rows;
    records[at + 15] = m - rows * tiles;
    records[at + 16] = 1;
    return at;
  }; // prettier-ignore
  const repeat = (at: number, batch: number, strideA: number, strideB: number, strideC: number): void => {
    records[at + 10] = batch;
    records[at + 11] = strideA * 4;
    records[at + 12] = strideB * 4;
    records[at + 13] = strideC * 4;
  };
  const finish = (at: number, product: Product, base: number, bias: number, c: number): void => {
    let flags = records[at + 9] as number;
    if (product.bias !== null) {
      flags |= flag.bias;
      records[at + 18] = product.bias.address + (product.bias.relative ? base : 0) + bias * 4;
    }
    if (product.residual !== null) {
      flags |= flag.residual;
      records[at + 19] = product.residual.address + (product.residual.relative ? base : 0) + c;
    }
    if (product.relu) flags |= flag.relu;
    records[at + 9] = flags;
  };

  const multiplyMatrices = (product: Product, base: number, part: number, parts: number): void => {
    const { transposeA, transposeB, k, lda, ldb, ldc, beta } = product;
    let { m, n } = product;
    const { batch, outer } = product;
    let [first, end] = [0, batch * (outer === null ? 1 : outer.count)];
    let a = (product.relativeA ? base : 0) + product.a;
    let b = (product.relativeB ? base : 0) + product.b;
    let c = 0;
    let firstColumn = 0;
    if (parts > 1) {
      if (product.split === "batch") {
        const all = end;
        first = Math.floor((all * part) / parts);
        end = Math.floor((all * (part + 1)) / parts);
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
          firstColumn = from;
          n = to - from;
        }
      }
    }
    if (m <= 0 || n <= 0) return;
    const result = (product.relativeC ? base : 0) + product.c;
    const streamed = !transposeB && m <= streaming.rows && k * n * 4 >= streaming.bytes;
    const deepest = streamed ? streaming.depth : access.depth;
    const depth = Math.ceil(k / Math.ceil(k / deepest));
    // What is not packed may be as wide as a second-level cache holds: C is written in longer runs.
    const widest = streamed ? n : transposeB ? access.width : Math.max(access.width, Math.floor((access.width * access.depth) / depth));
    const width = Math.ceil(n / Math.ceil(n / widest) / access.columns) * access.columns;
    while (first < end) {
      const example = Math.floor(first / batch);
      const inExample = first - example * batch;
      const many = Math.min(batch - inExample, end - first);
      const fromA = a + (inExample * product.strideA + example * (outer === null ? 0 : outer.strideA)) * 4;
      const fromB = b + (inExample * product.strideB + example * (outer === null ? 0 : outer.strideB)) * 4;
      const toC = c + (inExample * product.strideC + example * (outer === null ? 0 : outer.strideC)) * 4;
      for (let column = 0; column < n; column += width) {
        const columns = Math.min(width, n - column);
        for (let row = 0; row < k; row += depth) {
          const deep = Math.min(depth, k - row);
          const packed = columns <= access.width && m >= packing.rows && deep * ldb * 4 >= packing.bytes;
          const flags =
            (beta !== 0 || row > 0 ? flag.accumulate : 0) |
            (transposeA ? flag.transposedA : 0) |
            (transposeA && (n > access.columns || lda > leastApart) ? flag.packedA : 0) |
            (transposeB ? flag.transposedB : 0) |
            (packed ? flag.packedB : 0);
          const offset = toC + column * 4;
          const at = record(
            fromA + row * (transposeA ? lda : 1) * 4,
            fromB + (transposeB ? column * ldb + row : row * ldb + column) * 4,
            result + offset,
            m, columns, deep, lda, ldb, ldc, flags,
          ); // prettier-ignore
          repeat(at, many, product.strideA, product.strideB, product.strideC);
          if (row + deep === k) finish(at, product, base, firstColumn + column, offset);
        }
      }
      first += many;
    }
    run();
  };

  /** Visits a thread's rows of results of all images, at most so many at a time, and none of two images at once. */
  const eachRows = (
    { images, rows }: Windows, part: number, parts: number, most: number, visit: (row: number, many: number, image: number, inImage: number) => void,
  ): void => {
    const end = Math.floor((images * rows * (part + 1)) / parts);
    for (let row = Math.floor((images * rows * part) / parts); row < end; ) {
      const image = Math.floor(row / rows);
      const inImage = row - image * rows;
      const many = Math.min(rows - inImage, end - row, most);
      visit(row, many, image, inImage);
      row += many;
    }
  }; // prettier-ignore

  /** The results of a convolution: each row of an image's results is a product of windows that overlap, as deep as they have rows. */
  const multiplyWindows = (product: Product, windows: Windows, base: number, part: number, parts: number): void => {
    const { m, n, k, lda, ldb, ldc } = product;
    const { taps, tapStride, rowStride, imageStride } = windows;
    const a = (product.relativeA ? base : 0) + product.a;
    const b = (product.relativeB ? base : 0) + product.b;
    const c = (product.relativeC ? base : 0) + product.c;
    eachRows(windows, part, parts, Infinity, (row, many, image, inImage) => {
      const offset = row * m * ldc * 4;
      const at = record(a + (image * imageStride + inImage * rowStride) * 4, b, c + offset, m, n, k, lda, ldb, ldc, 0);
      repeat(at, many, rowStride, 0, m * ldc);
      records[at + 16] = taps;
      records[at + 17] = (tapStride - k) * 4;
      finish(at, product, base, 0, offset);
    });
    run();
  };

  /** The gradient of a convolution's weights: of each row of windows a product, added up over a thread's rows of all images. */
  const sumWindows = (product: Product, windows: Windows, base: number, part: number, parts: number): void => {
    const { m, n, k, lda, ldb, ldc } = product;
    const { taps, tapStride, rowStride, imageStride } = windows;
    const a = (product.relativeA ? base : 0) + product.a;
    const b = (product.relativeB ? base : 0) + product.b;
    const { others } = product;
    const c =
      part === 0 || others === null
        ? (product.relativeC ? base : 0) + product.c
        : (others.relative ? base : 0) + others.address + (part - 1) * taps * m * ldc * 4;
    const atOnce = Math.max(Math.ceil(leastDepth / k), Math.floor(operands / ((n + lda) * k * 4)));
    let flags = flag.transposedA;
    eachRows(windows, part, parts, atOnce, (row, many, image, inImage) => {
      for (let tap = 0; tap < taps; tap++) {
        const at = record(
          a + (image * imageStride + inImage * rowStride + tap * tapStride) * 4, b + row * k * ldb * 4, c + tap * m * ldc * 4,
          m, n, k, lda, ldb, ldc, flags,
        ); // prettier-ignore
        records[at + 16] = many;
        records[at + 17] = (rowStride - k * lda) * 4;
      }
      flags |= flag.accumulate;
    });
    run();
  };

  return (product, base, part, parts) => {
    const { windows } = product;
    if (windows === null) multiplyMatrices(product, base, part, parts);
    else if (windows.sums) sumWindows(product, windows, base, part, parts);
    else multiplyWindows(product, windows, base, part, parts);
  };
}
