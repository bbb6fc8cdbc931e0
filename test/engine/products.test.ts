import { afterAll, expect, test } from "vitest";
import { configureEngine, executor } from "../../std/engine/index.js";
import { matmul, portableExecutor, Tensor, trace, transpose } from "../../std/tensor/index.js";

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

test.each(cases)("a product of $m x $n x $k ($says), transposed: $a and $b", ({ m, n, k, a, b }) => {
  const shapes = [a ? [k, m] : [m, k], b ? [n, k] : [k, n]];
  const graph = trace(
    (left, right) => [matmul(a ? transpose(left) : left, b ? transpose(right) : right)],
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => wholeNumbers(shape, index + 1));
  const bits = ([result]: readonly Tensor[]): Buffer => Buffer.from((result as Tensor).data.buffer);
  const expected = bits(portableExecutor.prepare(graph).run(inputs));
  for (const blas of ["auto", "off"]) {
    for (const threads of [1, 2, 3]) {
      configureEngine({ threads, blas });
      const plan = executor().prepare(graph);
      expect(bits(plan.run(inputs)).equals(expected)).toBe(true);
      plan.dispose();
    }
  }
});
