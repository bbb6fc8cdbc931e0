import { afterAll, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { nativeProducts } from "../../std/engine/native/load.js";
import { add, conv, gradients, portableExecutor, relu, sum, square, tanh, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";
import { bitsOf, worstError } from "./results.js";

afterAll(() => configureEngine({}));

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

const cases = [
  { image: [3, 30, 33, 5], kernel: [3, 3, 5, 20], pad: 1, says: "channels that no vector divides" },
  { image: [1, 35, 31, 3], kernel: [11, 11, 3, 48], stride: 4, pad: 2, says: "AlexNet's first, one image" },
  { image: [3, 16, 15, 16], kernel: [3, 3, 16, 40], stride: 2, pad: 1, says: "stride 2" },
  { image: [2, 20, 18, 8], kernel: [2, 4, 8, 24], pad: [[1, 0], [2, 1]], says: "a kernel that is not square, padding of each side" },
  { image: [2, 24, 17, 8], kernel: [3, 3, 8, 70], dilation: [2, 1], pad: 2, says: "gaps between the rows of a window" },
  { image: [2, 28, 28, 6], kernel: [5, 5, 6, 17], says: "no padding" },
  { image: [5, 200, 12], kernel: [5, 12, 32], pad: 2, says: "one axis" },
  { image: [2, 14, 12, 8], kernel: [7, 7, 8, 110], pad: 3, says: "four vectors of filters and a half" },
] as const; // prettier-ignore

test.skipIf(nativeProducts("auto") === null).each(cases)(
  "a convolution and its gradients by machine code: $says",
  ({ image, kernel, says, ...attributes }) => {
    const shapes = [[...image], [...kernel], [kernel.at(-1) as number]];
    const graph = trace(
      (x, weight, bias) => {
        const y = conv(x, weight, attributes);
        const results = [relu(add(y, bias)), tanh(add(y, bias))];
        return [...results, ...gradients(sum(square(results[0] as typeof y)), [x, weight])];
      },
      shapes.map((shape) => ({ shape, dtype: "f32" as const })),
    );
    const inputs = shapes.map((shape, index) => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), index + 1)));
    const expected = portableExecutor.prepare(graph).run(inputs);
    // Sums of up to 7 x 7 x 130 terms in another order than the portable executor's.
    const bound = 2e-5;
    for (const native of ["auto", "avx2"] as const) {
      for (const threads of [1, 2, 3]) {
        configureEngine({ threads, native, blas: "off" });
        const plan = executor().prepare(graph) as PlanExecutable;
        const listing = plan.plan.listing.join("\n");
        expect(listing, says).toContain("multiplyWindows");
        expect(listing).toContain("sumWindows");
        const results = plan.run(inputs);
        for (const [index, result] of results.entries()) {
          expect(worstError(result, expected[index] as Tensor), `result ${index} on ${threads} threads`).toBeLessThan(bound);
        }
        for (let again = 0; again < 3; again++) expect(bitsOf(plan.run(inputs)).equals(bitsOf(results))).toBe(true);
        plan.dispose();
      }
    }
  },
);
