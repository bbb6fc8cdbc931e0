import { afterAll, describe, expect, test } from "vitest";
import { configureEngine, executor } from "../../std/engine/index.js";
import type { PlanExecutable } from "../../std/engine/executable.js";
import {
  add,
  gradients,
  matmul,
  mean,
  portableExecutor,
  relu,
  reshape,
  softmaxCrossEntropy,
  Tensor,
  trace,
  type Graph,
} from "../../std/tensor/index.js";
import { error, noise } from "./kernels/kernels.js";
import { hasWideProducts, ways } from "./ways.js";

afterAll(() => configureEngine({}));

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
const f32 = (shape: number[], seed: number): Tensor => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), seed));
const labelsOf = (count: number, classes: number): Tensor =>
  new Tensor(
    { shape: [count], dtype: "i32" },
    Int32Array.from({ length: count }, (_, at) => (at * 7) % classes),
  );

/** Runs a graph as a plan and portably; gives the plan's calls, and the largest difference of any result. */
function compare(graph: Graph, inputs: readonly Tensor[]): { calls: string[]; worst: number } {
  const plan = executor().prepare(graph) as PlanExecutable;
  const expected = portableExecutor.prepare(graph).run(inputs);
  const worst = Math.max(...plan.run(inputs).map((result, index) => error(result.data, (expected[index] as Tensor).data)));
  const calls = plan.plan.listing.map((line) => line.slice(4).split(":")[0] as string);
  plan.dispose();
  return { calls, worst };
}

describe.each([1, 2])("with %i threads", (threads) => {
  test.each([
    [32, 2, null],
    [7, 3, 1],
    [5, 40, null],
    [9, 17, 3],
    [64, 1, null],
  ] as const)("a loss over %i examples of %i classes comes with its gradient, ignoring %s", (count, classes, ignore) => {
    configureEngine({ threads });
    const graph = trace(
      (logits, labels) => {
        const loss = softmaxCrossEntropy(logits, labels, ignore === null ? {} : { ignore });
        return [loss, ...gradients(mean(loss), [logits])];
      },
      [
        { shape: [count, classes], dtype: "f32" },
        { shape: [count], dtype: "i32" },
      ],
    );
    const { calls, worst } = compare(graph, [f32([count, classes], 3), labelsOf(count, classes)]);
    expect(calls.filter((call) => call.startsWith("crossEntropy"))).toEqual(["crossEntropyGradient"]);
    expect(worst).toBeLessThan(1e-6);
  });

  test.each(ways)("a product is finished with its bias, a residual and an activation in its place, by $way", ({ native, blas }) => {
    configureEngine({ threads, native, blas });
    for (const [rows, inner, columns] of [
      [3, 5, 7],
      [200, 64, 50],
      [24, 40, 640],
    ] as const) {
      const graph = trace(
        (x, weight, bias, residual) => {
          const product = reshape(matmul(x, weight), [1, rows, columns]);
          return relu(add(residual, add(product, bias)));
        },
        [[rows, inner], [inner, columns], [columns], [1, rows, columns]].map((shape) => ({ shape, dtype: "f32" as const })),
      );
      const { calls, worst } = compare(graph, [
        f32([rows, inner], 1),
        f32([inner, columns], 2),
        f32([columns], 3),
        f32([1, rows, columns], 4),
      ]);
      const wide = hasWideProducts() && rows * inner * columns >= 500_000;
      const product = `product ${rows}x${columns}x${inner} (1)`;
      // Machine code finishes what it multiplies.
      expect(calls).toEqual(!wide ? ["matmul"] : blas === "off" ? [product] : [product, "finishProduct"]);
      expect(worst).toBeLessThan(2e-5);
    }
  });
});
