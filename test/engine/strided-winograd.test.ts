import { afterAll, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { add, conv, gradients, portableExecutor, relu, sum, square, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";
import { bitsOf, worstError } from "./results.js";

afterAll(() => configureEngine({}));

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Even and odd extents and paddings, whose phases begin in both orders; tiles cut off at the edges, in one piece and in several. */
const cases = [
  { image: [16, 16, 16, 32], filters: 64, pad: 1, says: "whole tiles" },
  { image: [5, 31, 23, 40], filters: 48, pad: 1, says: "odd extents, channels that fill no panel of 64" },
  { image: [6, 17, 15, 48], filters: 40, pad: 0, says: "no padding" },
  { image: [4, 13, 12, 32], filters: 136, pad: 2, says: "zeros all around" },
  { image: [3, 66, 62, 64], filters: 128, pad: 1, says: "pieces" },
  { image: [16, 8, 8, 256], filters: 264, pad: 1, says: "few small images" },
] as const;

test.each(cases)("a 3 x 3 convolution with stride 2 and its gradients by Winograd's algorithm: $says", ({ image, filters, pad }) => {
  const [height, width] = image.slice(1, 3).map((extent) => Math.floor((extent + 2 * pad - 3) / 2) + 1) as [number, number];
  const shapes = [image, [3, 3, image[3], filters], [filters], [image[0], height, width, filters]];
  const graph = trace(
    (x, weight, bias, residual) => {
      const y = relu(add(add(conv(x, weight, { stride: 2, pad }), bias), residual));
      return [y, ...gradients(sum(square(y)), [x, weight])];
    },
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  const inputs = shapes.map((shape, index) => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), index + 1)));
  const expected = portableExecutor.prepare(graph).run(inputs);
  for (const threads of [1, 2, 3]) {
    configureEngine({ threads, native: "off", blas: "off" });
    const plan = executor().prepare(graph) as PlanExecutable;
    for (const kernel of ["stridedConvolution: conv ", "stridedConvolution: convInputGradient", "stridedWeightGradient"])
      expect(plan.plan.listing.join("\n")).toContain(kernel);
    const results = plan.run(inputs);
    for (const [index, result] of results.entries()) {
      // F(4, 2)'s constants cost about half a digit of the 2^-24 that f32 rounds by, F(4, 3)'s a whole one; sums of 2000 terms some of another.
      expect(worstError(result, expected[index] as Tensor), `result ${index} on ${threads} threads`).toBeLessThan(1e-5);
    }
    for (let again = 0; again < 5; again++) expect(bitsOf(plan.run(inputs)).equals(bitsOf(results))).toBe(true);
    plan.dispose();
  }
});
