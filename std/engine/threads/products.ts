import type { BlasAccess, Product } from "./protocol.js";

type Sgemm = (
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

interface Koffi {
  load(library: string): { func(declaration: string): unknown };
  address(view: Uint8Array): bigint;
}

/**
 * Calls `cblas_sgemm` of the system's BLAS on engine memory. Self-contained, because its text is also what workers run
 * (see `worker.ts`): nothing from outside the function may be used in it.
 */
export function createProducts(
  require: (module: string) => unknown,
  access: BlasAccess,
  memory: WebAssembly.Memory,
): (product: Product, base: number, part: number, parts: number) => void {
  const koffi = require(access.koffi) as Koffi;
  const library = koffi.load(access.library);
  // Addresses travel as int64: a shared WebAssembly memory never moves, so that its start is asked for once.
  const sgemm = library.func("void cblas_sgemm(int, int, int, int, int, int, float, int64, int, int64, int, float, int64, int)") as Sgemm;
  const start = Number(koffi.address(new Uint8Array(memory.buffer)));
  const rowMajor = 101;
  const plain = 111;
  const transposed = 112;
  // Parts begin at multiples of the widest micro-kernel, so that every part is made of whole tiles.
  const tile = 16;

  /**
   * Rows and columns of the result to ask for at a time: as many as the library makes without packing, where those are not
   * so few that reading the other matrix again for each costs more.
   */
  const extentsOf = (m: number, n: number, k: number, onlyB: boolean): [number, number] => {
    if (access.unpacked === null || m * n * k <= access.unpacked.product) return [m, n];
    const rows = Math.floor(access.unpacked.product / (n * k));
    if (rows >= 6 * tile && !onlyB) return [Math.ceil(m / Math.ceil(m / rows)), n];
    const columns = Math.min(access.unpacked.product / (m * k), onlyB ? access.unpacked.transposedResult / m : n);
    if (columns < 2 * tile) return [m, n];
    const count = Math.ceil(n / (Math.floor(columns / tile) * tile));
    return [m, Math.ceil(n / count / tile) * tile];
  };

  return (product, base, part, parts) => {
    const { transposeA, transposeB, k, lda, ldb, ldc, beta } = product;
    let { m, n, batch } = product;
    const workspace = start + (base >>> 0);
    let a = (product.relativeA ? workspace : start) + product.a;
    let b = (product.relativeB ? workspace : start) + product.b;
    let c = (product.relativeC ? workspace : start) + product.c;
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
      if (m <= 0 || n <= 0) return;
    }
    const transA = transposeA ? transposed : plain;
    const transB = transposeB ? transposed : plain;
    const [tall, wide] = extentsOf(m, n, k, transposeB && !transposeA);
    for (let entry = 0; entry < batch; entry++) {
      for (let row = 0; row < m; row += tall) {
        for (let column = 0; column < n; column += wide) {
          sgemm(
            rowMajor, transA, transB, Math.min(tall, m - row), Math.min(wide, n - column), k, 1,
            a + (entry * product.strideA + row * (transposeA ? 1 : lda)) * 4, lda,
            b + (entry * product.strideB + column * (transposeB ? ldb : 1)) * 4, ldb,
            beta,
            c + (entry * product.strideC + row * ldc + column) * 4, ldc,
          ); // prettier-ignore
        }
      }
    }
  };
}
