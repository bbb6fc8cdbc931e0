import { afterAll, describe, expect, test } from "vitest";
import { configureEngine, executor } from "../../../std/engine/index.js";
import type { PlanExecutable } from "../../../std/engine/executable.js";
import {
  attention,
  causalMask,
  gradients,
  mul,
  portableExecutor,
  reshape,
  sum,
  Tensor,
  trace,
  transpose,
  type Graph,
} from "../../../std/tensor/index.js";
import { nativeProducts } from "../../../std/engine/native/load.js";
import { error, noise } from "./kernels.js";

afterAll(() => configureEngine({}));

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly mask?: (batch: number, queries: number, keys: number) => Tensor;
  readonly weights?: boolean;
}

const bool = (shape: number[], seed: number): Tensor => {
  const numbers = noise(
    shape.reduce((a, b) => a * b, 1),
    seed,
  );
  return new Tensor(
    { shape, dtype: "bool" },
    Uint8Array.from(numbers, (x) => (x > -0.4 ? 1 : 0)),
  );
};

const causal = (_: number, queries: number, keys: number): Tensor => causalMask(queries, keys);

const cases: readonly Case[] = [
  { name: "heads of 8", batch: 2, heads: 3, queries: 12, keys: 12, width: 8 },
  { name: "sizes that are no multiple of a tile", batch: 3, heads: 2, queries: 7, keys: 13, width: 5 },
  { name: "one query and one key", batch: 2, heads: 1, queries: 1, keys: 1, width: 4 },
  { name: "more keys than one block of queries holds", batch: 1, heads: 2, queries: 150, keys: 300, width: 6 },
  { name: "causal", batch: 2, heads: 2, queries: 9, keys: 9, width: 4, mask: causal },
  {
    name: "a mask for each example",
    batch: 3, heads: 2, queries: 5, keys: 6, width: 4, mask: (batch, _, keys) => bool([batch, 1, 1, keys], 5),
  },
  { name: "weights that are looked at", batch: 2, heads: 2, queries: 6, keys: 10, width: 4, weights: true },
]; // prettier-ignore

/** Attention as the layer does it, with its gradients: heads are dealt out of rows by a transpose. */
function graphOf({ batch, heads, queries, keys, width, mask, weights }: Case): { graph: Graph; inputs: Tensor[] } {
  const f32 = (shape: number[], seed: number): Tensor =>
    new Tensor(
      { shape, dtype: "f32" },
      noise(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
  const all = heads * width;
  const inputs = [f32([batch, queries, all], 1), f32([batch, keys, all], 2), f32([batch, keys, all], 3), f32([batch, queries, all], 4)];
  const graph = trace((q, k, v, g) => {
    const split = (x: Tensor): Tensor => transpose(reshape(x, [batch, x.shape[1] as number, heads, width]), [0, 2, 1, 3]);
    const seen = attention(split(q), split(k), split(v), mask === undefined ? {} : { mask: mask(batch, queries, keys) });
    const y = reshape(transpose(seen.y, [0, 2, 1, 3]), [batch, queries, all]);
    const loss = sum(mul(y, g));
    return [y, ...gradients(loss, [q, k, v] as Tensor[]), ...(weights === true ? [seen.weights] : [])];
  }, inputs);
  return { graph, inputs };
}

/** Masks and threads in every combination; the second way also with heads enough for machine code to be worth it. */
const larger: readonly Case[] = [
  ...cases.map((given) => ({ ...given, name: `${given.name}, many of them`, batch: 5 * given.batch, heads: 4 })),
  { name: "one head more than the threads share evenly", batch: 1, heads: 5, queries: 40, keys: 24, width: 16, mask: causal },
];

function check({ graph, inputs }: { graph: Graph; inputs: Tensor[] }, looked: (listing: readonly string[]) => void): void {
  const plan = executor().prepare(graph) as PlanExecutable;
  looked(plan.plan.listing);
  const results = plan.run(inputs);
  const expected = portableExecutor.prepare(graph).run(inputs);
  expect(results).toHaveLength(expected.length);
  for (const [index, result] of results.entries()) expect(error(result.data, (expected[index] as Tensor).data)).toBeLessThan(2e-5);
  plan.dispose();
}

const count = (listing: readonly string[], name: string): number => listing.filter((line) => line.includes(name)).length;

describe.each([1, 2])("with %i threads", (threads) => {
  test.each(cases)("attention is one kernel, its gradient another: $name", (given) => {
    configureEngine({ threads, native: "off" });
    check(graphOf(given), (listing) => {
      expect(count(listing, "attention:")).toBe(1);
      expect(count(listing, "attentionGradient:")).toBe(1);
      expect(listing.filter((line) => /(matmul|stridedCopy|product .*):/.test(line))).toEqual([]);
    });
  });

  test.skipIf(nativeProducts("auto") === null).each(larger)("machine code makes its products: $name", (given) => {
    configureEngine({ threads, blas: "off" });
    check(graphOf(given), (listing) => {
      const byMachineCode = given.batch * given.heads * given.queries * given.keys * 2 * given.width >= 10_000;
      expect(count(listing, "attentionWeights:")).toBe(byMachineCode ? 1 : 0);
      expect(count(listing, "product ")).toBe(byMachineCode ? 6 : 0);
      expect(listing.filter((line) => /(matmul|stridedCopy):/.test(line))).toEqual([]);
    });
  });
});
