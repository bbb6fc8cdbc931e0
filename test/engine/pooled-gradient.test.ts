import { afterAll, describe, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { add, conv, gradients, matmul, maxPool, mul, portableExecutor, relu, sum, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";

afterAll(() => configureEngine({}));

interface Case {
  readonly image: readonly [batch: number, height: number, width: number, channels: number];
  readonly filters: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride?: number;
  readonly pad?: number;
  readonly pool: { readonly size: number; readonly stride?: number; readonly pad?: number };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
const f32 = (shape: readonly number[], seed: number): Tensor => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), seed));

/** Whole numbers, so that many entries of a window are equal. */
const coarse = (shape: readonly number[], seed: number): Tensor =>
  new Tensor(
    { shape, dtype: "f32" },
    noise(sizeOf(shape), seed).map((x) => Math.round(2 * x)),
  );

const cases: readonly Case[] = [
  { image: [9, 12, 12, 1], filters: 6, kernel: [5, 5], pad: 2, pool: { size: 2 } },
  { image: [5, 14, 14, 6], filters: 16, kernel: [5, 5], pool: { size: 2 } },
  { image: [3, 13, 11, 2], filters: 5, kernel: [3, 3], pad: 1, pool: { size: 3, stride: 2 } },
  { image: [2, 15, 17, 3], filters: 3, kernel: [7, 7], stride: 2, pad: 3, pool: { size: 3, stride: 2, pad: 1 } },
  { image: [2, 12, 12, 1], filters: 7, kernel: [7, 6], pool: { size: 2 } },
  { image: [2, 8, 8, 1], filters: 3, kernel: [5, 5], pool: { size: 2 } },
  { image: [1, 40, 40, 7], filters: 9, kernel: [4, 9], pad: 1, pool: { size: 3 } },
];

describe.each([1, 2, 3])("with %i threads", (threads) => {
  test.each(cases)("the gradients of a convolution before a max pooling follow the routes: %o", ({ image, filters, kernel, ...rest }) => {
    configureEngine({ threads, native: "off", blas: "off" });
    const shapes = [image, [...kernel, image[3], filters], [filters], [100, 100]];
    for (const values of [f32, coarse]) {
      const graph = trace(
        (x, weight, bias, other) => {
          const pooled = maxPool(relu(add(conv(x, weight, { stride: rest.stride ?? 1, pad: rest.pad ?? 0 }), bias)), rest.pool);
          // The product is work enough for the plan to have all threads, also where the convolution is not.
          return [...gradients(sum(mul(pooled, pooled)), [x, weight, bias]), matmul(other, other)];
        },
        shapes.map((shape) => ({ shape, dtype: "f32" as const })),
      );
      const inputs = shapes.map((shape, index) => values(shape, index + 1));
      const plan = executor().prepare(graph) as PlanExecutable;
      const expected = portableExecutor.prepare(graph).run(inputs);
      const results = plan.run(inputs);
      expect(plan.plan.listing.join("\n")).toContain("pooledWeightGradient");
      expect(plan.plan.listing.join("\n")).not.toContain("maxPoolRoute: maxPoolGradient mul");
      for (const [index, { data }] of results.entries()) {
        const reference = Array.from((expected[index] as Tensor).data);
        const largest = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
        const worst = reference.reduce((most, x, at) => Math.max(most, Math.abs(x - (data[at] as number))), 0);
        // Sums of whole numbers are exact in any order; those of others differ by some roundings of the largest term (2^-24 each).
        expect(worst / largest).toBeLessThanOrEqual(values === coarse ? 0 : 2e-6);
      }
      expect(plan.run(inputs).map(({ data }) => data)).toEqual(results.map(({ data }) => data));
      plan.dispose();
    }
  });
});

/** A convolution with its pooling, and the plan's lines. */
function pooledConvolution(image: readonly number[], filters: number, kept: boolean): { listing: string; worst: number } {
  const shapes = [image, [5, 5, image[3] as number, filters], [filters]];
  const graph = trace(
    (x, weight, bias) => {
      const results = relu(add(conv(x, weight, { pad: 2 }), bias));
      const pooled = maxPool(results, { size: 2 });
      return kept ? [pooled, results, ...gradients(sum(mul(pooled, pooled)), [weight])] : [pooled];
    },
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => f32(shape, index + 1));
  const plan = executor().prepare(graph) as PlanExecutable;
  const results = plan.run(inputs);
  const expected = portableExecutor.prepare(graph).run(inputs);
  const differences = results.map(({ data }, index) => {
    const reference = Array.from((expected[index] as Tensor).data);
    const largest = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
    return reference.reduce((most, x, at) => Math.max(most, Math.abs(x - (data[at] as number))), 0) / largest;
  });
  return { listing: plan.plan.listing.join("\n"), worst: Math.max(...differences) };
}

describe.each([1, 2])("a convolution and the max pooling after it, %i threads", (threads) => {
  test.each([
    { image: [9, 12, 12, 1], filters: 6 },
    { image: [8, 11, 13, 2], filters: 5 },
    { image: [10, 2, 3, 3], filters: 4 },
  ])("are one kernel where images are lanes: %o", ({ image, filters }) => {
    configureEngine({ threads, native: "off", blas: "off" });
    const { listing, worst } = pooledConvolution(image, filters, false);
    expect(listing).toContain("laneConvolution: conv add relu maxPool");
    // Sums of at most 75 products of numbers below 1, each rounded to 2^-24 of it.
    expect(worst).toBeLessThanOrEqual(2e-6);
  });

  test("stay two where somebody else needs the convolution's results", () => {
    configureEngine({ threads, native: "off", blas: "off" });
    const { listing, worst } = pooledConvolution([9, 12, 12, 1], 6, true);
    expect(listing).toContain("maxPool: maxPool");
    expect(listing).toContain("pooledWeightSums");
    expect(worst).toBeLessThanOrEqual(2e-6);
  });
});

test.each([1, 8])("a NaN is the largest of its window and takes the gradient, as in PyTorch: batch %i", (batch) => {
  configureEngine({ threads: 1, native: "off", blas: "off" });
  const shapes = [
    [batch, 6, 6, 1],
    [3, 3, 1, 4],
  ];
  const graph = trace(
    (x, weight) => gradients(sum(maxPool(conv(x, weight, { pad: 1 }), { size: 2 })), [weight]),
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => f32(shape, index + 1));
  (inputs[0] as Tensor).data[7] = NaN;
  const [found] = executor().prepare(graph).run(inputs);
  const [expected] = portableExecutor.prepare(graph).run(inputs);
  expect(Array.from((found as Tensor).data, Number.isNaN)).toEqual(Array.from((expected as Tensor).data, Number.isNaN));
});
