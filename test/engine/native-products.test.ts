import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { nativeProducts } from "../../std/engine/native/load.js";
import { createNativeProducts } from "../../std/engine/threads/native-products.js";
import type { Product } from "../../std/engine/threads/protocol.js";

/** Guards on all sides of each matrix show what is read or written beside it. */
const guard = 40;

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  readonly says: string;
}

const cases: readonly Case[] = [
  { m: 1, n: 1, k: 1, says: "one number" },
  { m: 12, n: 32, k: 16, says: "one tile" },
  { m: 13, n: 33, k: 17, says: "one more of each" },
  { m: 25, n: 40, k: 100, says: "three tiles of rows, columns for one vector and a half" },
  { m: 3, n: 5, k: 7, says: "less than a vector of each" },
  { m: 50, n: 15, k: 40, says: "few columns" },
  { m: 37, n: 300, k: 530, says: "more columns and depth than a block has" },
  { m: 100, n: 31, k: 1030, says: "three blocks of depth" },
  { m: 6, n: 9, k: 21, batch: 5, says: "several matrices" },
];

function wholeNumbers(length: number, seed: number): Float32Array {
  // Sums of products of such numbers are exact, in whatever order they are added.
  return Float32Array.from({ length }, (_, at) => ((at * 7919 + seed * 104_729) % 17) - 8);
}

/** What a product is that nothing is said of. */
const plain = {
  transposeA: false, transposeB: false, relativeA: true, relativeB: true, relativeC: true, beta: 0, batch: 1, strideA: 0, strideB: 0, strideC: 0,
  split: "batch", bias: null, residual: null, relu: false, windows: null, others: null, outer: null, blas: false,
} as const; // prettier-ignore

const chosen = (["auto", "avx2"] as const).map((choice) => ({ choice, native: nativeProducts(choice) }));

describe.each(chosen)("machine code ($choice)", ({ choice, native }) => {
  test.skipIf(process.platform !== "linux" || process.arch !== "x64")("is there on Linux with AVX2", () => {
    expect(native?.name).toMatch(choice === "auto" ? /^AVX/ : /^AVX2$/);
  });

  describe.skipIf(native === null).each(cases)("of $m x $n x $k: $says", ({ m, n, k, batch = 1 }) => {
    test.each([
      { transposeA: false, transposeB: false },
      { transposeA: true, transposeB: false },
      { transposeA: false, transposeB: true },
      { transposeA: true, transposeB: true },
    ])("transposed: $transposeA and $transposeB", ({ transposeA, transposeB }) => {
      const access = (native as NonNullable<typeof native>).access;
      const [lda, ldb, ldc] = [(transposeA ? m : k) + 3, (transposeB ? k : n) + 2, n + 1];
      const [strideA, strideB, strideC] = [(transposeA ? k : m) * lda + 1, (transposeB ? n : k) * ldb, m * ldc + 5];
      const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true });
      const all = new Float32Array(memory.buffer);
      const a = guard;
      const b = a + batch * strideA + guard;
      const c = b + batch * strideB + guard;
      const end = c + batch * strideC + guard;
      all.set(wholeNumbers(end, 1));
      const before = all.slice(0, end);
      const multiply = createNativeProducts(createRequire(import.meta.url), access, memory);
      for (const beta of [0, 1]) {
        for (const split of ["m", "n", "batch"] as const) {
          for (const parts of [1, 3]) {
            all.set(before);
            const product: Product = {
              transposeA, transposeB, m, n, k, a: a * 4, b: b * 4, c: (c - 10) * 4, relativeA: false, relativeB: false, relativeC: true,
              lda, ldb, ldc, beta, batch, strideA, strideB, strideC, split, bias: null, residual: null, relu: false, windows: null, others: null, outer: null, blas: false,
            }; // prettier-ignore
            for (let part = 0; part < parts; part++) multiply(product, 40, part, parts);
            const expected = before.slice();
            for (let entry = 0; entry < batch; entry++)
              for (let i = 0; i < m; i++)
                for (let j = 0; j < n; j++) {
                  let sum = beta * (before[c + entry * strideC + i * ldc + j] as number);
                  for (let p = 0; p < k; p++) {
                    const left = before[a + entry * strideA + (transposeA ? p * lda + i : i * lda + p)] as number;
                    sum += left * (before[b + entry * strideB + (transposeB ? j * ldb + p : p * ldb + j)] as number);
                  }
                  expected[c + entry * strideC + i * ldc + j] = sum;
                }
            expect(Buffer.from(all.buffer, 0, end * 4).equals(Buffer.from(expected.buffer))).toBe(true);
          }
        }
      }
    });
  });

  test.skipIf(native === null)("beyond 2 GiB of engine memory", () => {
    const access = (native as NonNullable<typeof native>).access;
    const memory = new WebAssembly.Memory({ initial: 36_000, maximum: 36_000, shared: true });
    const base = 2_300_000_000;
    const [m, n, k] = [30, 40, 50];
    const [a, b] = [wholeNumbers(m * k, 1), wholeNumbers(k * n, 2)];
    const places = new Float32Array(memory.buffer, base, m * k + k * n + m * n);
    places.set(a);
    places.set(b, a.length);
    const [atB, atC] = [a.length * 4, (a.length + b.length) * 4];
    const multiply = createNativeProducts(createRequire(import.meta.url), access, memory);
    multiply({ ...plain, m, n, k, a: 0, b: atB, c: atC, lda: k, ldb: n, ldc: n }, base, 0, 1);
    for (const [i, j] of [[0, 0], [29, 39], [11, 33]] as const) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[p * n + j] as number);
      expect(places[a.length + b.length + i * n + j]).toBe(sum);
    } // prettier-ignore
  });

  test.skipIf(native === null).each([
    { batch: 3, count: 4, parts: 1 },
    { batch: 3, count: 4, parts: 5 },
    { batch: 1, count: 7, parts: 2 },
  ])("$batch heads of $count examples on $parts threads", ({ batch, count, parts }) => {
    const access = (native as NonNullable<typeof native>).access;
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
    const all = new Float32Array(memory.buffer);
    const [m, n, k] = [5, 6, 7];
    // Heads lie beside each other in the rows of an example.
    const [lda, ldb, ldc] = [batch * k, batch * n, batch * n];
    const [a, b] = [wholeNumbers(count * m * lda, 1), wholeNumbers(count * k * ldb, 2)];
    all.set(a);
    all.set(b, a.length);
    const c = a.length + b.length;
    const multiply = createNativeProducts(createRequire(import.meta.url), access, memory);
    const outer = { count, strideA: m * lda, strideB: k * ldb, strideC: m * ldc };
    const product = { ...plain, m, n, k, a: 0, b: a.length * 4, c: c * 4, lda, ldb, ldc, batch, strideA: k, strideB: n, strideC: n, outer };
    for (let part = 0; part < parts; part++) multiply(product, 0, part, parts);
    for (let example = 0; example < count; example++)
      for (let head = 0; head < batch; head++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++) {
              const left = a[(example * m + i) * lda + head * k + p] as number;
              sum += left * (b[(example * k + p) * ldb + head * n + j] as number);
            }
            expect(all[c + (example * m + i) * ldc + head * n + j]).toBe(sum);
          }
  });
});
