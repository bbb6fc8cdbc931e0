import { afterAll, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { add, conv, gradients, portableExecutor, relu, sum, square, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";
import { bitsOf, worstError } from "./results.js";
import { ways } from "./ways.js";

afterAll(() => configureEngine({}));

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Enough tiles for each thread to take its own through all steps; too few channels or too many for the kernel that does all steps at once. */
const cases = [
  { image: [4, 28, 28, 12], filters: 28, says: "pieces of threads of their own, channels that fill no panels" },
  { image: [5, 22, 26, 16], filters: 24, says: "all steps in one kernel" },
  { image: [1, 70, 61, 12], filters: 28, says: "one image in bands of rows" },
  { image: [3, 32, 32, 64], filters: 64, says: "products by a BLAS where there is one" },
  { image: [20, 4, 4, 32], filters: 40, says: "few small images" },
  { image: [6, 24, 20, 72], filters: 100, says: "channels that are cut into chunks, some of them with fewer" },
  { image: [9, 8, 8, 132], filters: 140, says: "more channels than one thread's cache has sums for" },
  { image: [1, 53, 57, 132], filters: 140, says: "such of one image in bands of rows" },
  { image: [17, 4, 4, 200], filters: 12, says: "few tiles of many channels" },
  { image: [9, 12, 12, 36], filters: 44, kernel: 5, says: "kernels of 5 x 5" },
] satisfies { image: [number, number, number, number]; filters: number; kernel?: number; says: string }[];

test.each(cases)("a convolution and its gradients by Winograd's algorithm: $says", ({ image, filters, kernel = 3 }) => {
  const shapes = [image, [kernel, kernel, image[3], filters], [filters]];
  // Winograd's constants cost about a digit of the 2^-24 that f32 rounds by (Lavin and Gray 2016, table 4), sums of 600 terms some of another.
  const bound = 1e-5 * Math.max(1, (kernel * kernel * Math.max(image[3], filters)) / 600);
  const graph = trace(
    (x, weight, bias) => {
      const y = relu(add(conv(x, weight, { pad: (kernel - 1) / 2 }), bias));
      return [y, ...gradients(sum(square(y)), [x, weight])];
    },
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), index + 1)));
  const expected = portableExecutor.prepare(graph).run(inputs);
  for (const { native, blas } of ways) {
    for (const threads of [1, 2, 3]) {
      configureEngine({ threads, native, blas });
      const plan = executor().prepare(graph) as PlanExecutable;
      expect(plan.plan.listing.join("\n")).toContain("winograd");
      const results = plan.run(inputs);
      for (const [index, result] of results.entries()) {
        expect(worstError(result, expected[index] as Tensor), `result ${index} on ${threads} threads`).toBeLessThan(bound);
      }
      for (let again = 0; again < 5; again++) expect(bitsOf(plan.run(inputs)).equals(bitsOf(results))).toBe(true);
      plan.dispose();
    }
  }
});
