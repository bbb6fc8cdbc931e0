import { afterAll, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { add, conv, gradients, portableExecutor, relu, sum, square, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";
import { bitsOf, worstError } from "./results.js";

afterAll(() => configureEngine({}));

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Enough tiles for each thread to take its own through all steps; too few channels or too many for the kernel that does all steps at once. */
const cases = [
  { image: [4, 28, 28, 12], filters: 28, says: "pieces of threads of their own, channels that fill no panels" },
  { image: [5, 22, 26, 16], filters: 24, says: "all steps in one kernel" },
  { image: [1, 70, 61, 12], filters: 28, says: "one image in bands of rows" },
  { image: [3, 32, 32, 64], filters: 64, says: "products by a BLAS where there is one" },
  { image: [20, 4, 4, 32], filters: 40, says: "few small images" },
] as const;

test.each(cases)("a 3 x 3 convolution and its gradients by Winograd's algorithm: $says", ({ image, filters }) => {
  const shapes = [image, [3, 3, image[3], filters], [filters]];
  const graph = trace(
    (x, weight, bias) => {
      const y = relu(add(conv(x, weight, { pad: 1 }), bias));
      return [y, ...gradients(sum(square(y)), [x, weight])];
    },
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), index + 1)));
  const expected = portableExecutor.prepare(graph).run(inputs);
  for (const blas of ["auto", "off"] as const) {
    for (const threads of [1, 2, 3]) {
      configureEngine({ threads, blas });
      const plan = executor().prepare(graph) as PlanExecutable;
      expect(plan.plan.listing.join("\n")).toContain("winograd");
      const results = plan.run(inputs);
      for (const [index, result] of results.entries()) {
        // Winograd's constants cost about a digit of the 2^-24 that f32 rounds by (Lavin and Gray 2016, table 4), sums of 600 terms some of another.
        expect(worstError(result, expected[index] as Tensor), `result ${index} on ${threads} threads`).toBeLessThan(1e-5);
      }
      for (let again = 0; again < 5; again++) expect(bitsOf(plan.run(inputs)).equals(bitsOf(results))).toBe(true);
      plan.dispose();
    }
  }
});
