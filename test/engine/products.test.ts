import { createRequire } from "node:module";
import { afterAll, describe, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { findBlas } from "../../std/engine/blas/find.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { createProducts } from "../../std/engine/threads/products.js";
import { add, matmul, portableExecutor, relu, Tensor, trace, transpose, Variable } from "../../std/tensor/index.js";
import { ways } from "./ways.js";

afterAll(() => configureEngine({}));

/** Products of whole numbers are exact in f32, in whatever order they are summed. */
function wholeNumbers(shape: readonly number[], seed: number): Tensor {
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let at = 0; at < values.length; at++) values[at] = ((at * 7919 + seed * 104_729) % 17) - 8;
  return new Tensor({ shape, dtype: "f32" }, values);
}

// Sizes that the BLAS is asked for in one piece, by rows, by columns, and with B alone transposed, where other limits hold.
const sizes = [
  { m: 70, n: 90, k: 100, says: "one piece" },
  { m: 1511, n: 48, k: 96, says: "by rows" },
  { m: 40, n: 517, k: 300, says: "by columns" },
  { m: 16, n: 131, k: 700, says: "by columns, few rows" },
  { m: 160, n: 170, k: 310, says: "one piece, packed" },
];
const cases = sizes.flatMap((size) => [false, true].flatMap((a) => [false, true].map((b) => ({ ...size, a, b }))));

const bitsOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

describe.each(cases)("a product of $m x $n x $k ($says), transposed: $a and $b", ({ m, n, k, a, b }) => {
  const shapes = [a ? [k, m] : [m, k], b ? [n, k] : [k, n]];
  const inputs = shapes.map((shape, index) => wholeNumbers(shape, index + 1));
  const graph = trace((left, right) => [matmul(a ? transpose(left) : left, b ? transpose(right) : right)], inputs);
  const expected = bitsOf(portableExecutor.prepare(graph).run(inputs)[0]?.data as Float32Array);

  test("planned, in every way", () => {
    for (const { native, blas } of ways) {
      for (const threads of [1, 2, 3]) {
        configureEngine({ threads, native, blas });
        const plan = executor().prepare(graph);
        expect(bitsOf(plan.run(inputs)[0]?.data as Float32Array).equals(expected)).toBe(true);
        plan.dispose();
      }
    }
  });

  const blas = findBlas("auto");
  test.skipIf(blas === null)("by a BLAS in pieces that it need not pack, in parts, onto what is there", () => {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
    const [left, right] = inputs.map(({ data }) => data as Float32Array) as [Float32Array, Float32Array];
    const placeA = 65_536;
    const placeB = placeA + left.byteLength;
    const placeC = placeB + right.byteLength;
    new Float32Array(memory.buffer, placeA).set(left);
    new Float32Array(memory.buffer, placeB).set(right);
    const access = { ...(blas as NonNullable<typeof blas>).access, unpacked: { product: 1e6, transposedResult: 1200 } };
    const multiply = createProducts(createRequire(import.meta.url), access, memory);
    const result = new Float32Array(memory.buffer, placeC, m * n);
    for (const split of ["m", "n"] as const) {
      for (const parts of [1, 3]) {
        result.fill(1);
        for (let part = 0; part < parts; part++) {
          multiply(
            {
              transposeA: a, transposeB: b, m, n, k, a: placeA, b: placeB, c: placeC, relativeA: false, relativeB: false, relativeC: false,
              lda: a ? m : k, ldb: b ? k : n, ldc: n, beta: 1, batch: 1, strideA: m * k, strideB: k * n, strideC: m * n, split, bias: null, residual: null, relu: false, windows: null, others: null, outer: null, blas: false,
            },
            0,
            part,
            parts,
          ); // prettier-ignore
        }
        expect(bitsOf(result.map((value) => value - 1)).equals(expected)).toBe(true);
      }
    }
  });
});

describe.each(ways)("products with weights by $way", ({ native, blas }) => {
  test.each([
    { m: 32, k: 784, n: 130, shared: true, says: "many rows of weights" },
    { m: 15, k: 1201, n: 70, shared: true, says: "rows that do not deal out evenly" },
    { m: 64, k: 200, n: 130, shared: false, says: "few rows" },
    { m: 4, k: 2000, n: 600, shared: false, says: "more than caches hold" },
  ])("$says: each thread takes rows of them is $shared", ({ m, k, n, shared }) => {
    const weights = new Variable("w", wholeNumbers([k, n], 2));
    const inputs = [wholeNumbers([m, k], 1), wholeNumbers([n], 3)];
    const graph = trace((x, bias) => [matmul(x, weights.value), relu(add(matmul(x, weights.value), bias))], inputs);
    const expected = portableExecutor.prepare(graph).run(inputs);
    for (const threads of [1, 2, 3]) {
      configureEngine({ threads, native, blas });
      const plan = executor().prepare(graph) as PlanExecutable;
      for (const [index, { data }] of plan.run(inputs).entries())
        expect(bitsOf(data as Float32Array).equals(bitsOf(expected[index]?.data as Float32Array))).toBe(true);
      expect(plan.plan.listing.some((line) => line.includes(`finishProduct: matmul -> ${m}x${n}`))).toBe(shared && threads > 1);
      plan.dispose();
    }
  });
});
