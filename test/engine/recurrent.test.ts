import { afterAll, expect, test } from "vitest";
import type { PlanExecutable } from "../../std/engine/executable.js";
import { configureEngine, executor } from "../../std/engine/index.js";
import { add, gradients, gru, lstm, portableExecutor, rnn, square, sum, Tensor, trace } from "../../std/tensor/index.js";
import { noise } from "./kernels/kernels.js";
import { bitsOf, worstError } from "./results.js";
import { hasWideProducts, ways } from "./ways.js";

afterAll(() => configureEngine({}));

const [features, width, times] = [12, 122, 7];
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

const recurrences = {
  lstm: { gates: 4, run: (x: Tensor, w: Tensor, u: Tensor, b: Tensor, h: Tensor, c: Tensor) => lstm(x, w, u, b, { h, c }) },
  gru: { gates: 3, run: (x: Tensor, w: Tensor, u: Tensor, b: Tensor, h: Tensor) => gru(x, w, u, b, b, { h }) },
  rnn: { gates: 1, run: (x: Tensor, w: Tensor, u: Tensor, b: Tensor, h: Tensor) => rnn(x, w, u, b, { h, activation: "relu" }) },
} as const;

const cases = (Object.keys(recurrences) as (keyof typeof recurrences)[]).flatMap((name) =>
  // A thread gets sequences of its own where there are 8 for each.
  [8, 37, 64].map((batch) => ({ name, batch })),
);

test.each(cases)("$name over $batch sequences and its gradients, each time a product of its own", ({ name, batch }) => {
  const { gates, run } = recurrences[name];
  const shapes = [
    [batch, times, features],
    [features, gates * width],
    [width, gates * width],
    [gates * width],
    [batch, width],
    [batch, width],
  ];
  const graph = trace(
    (x, w, u, b, h, c) => {
      const result = run(x, w, u, b, h, c);
      const last = "c" in result ? add(result.h, result.c as Tensor) : result.h;
      const loss = add(sum(square(result.y)), sum(last));
      return [result.y, last, ...gradients(loss, name === "lstm" ? [x, w, u, b, h, c] : [x, w, u, b, h])];
    },
    shapes.map((shape) => ({ shape, dtype: "f32" as const })),
  );
  // Weights as small as an initialiser's, so that no state saturates or grows.
  const inputs = shapes.map((shape, index) => {
    const values = noise(sizeOf(shape), index + 1);
    return new Tensor({ shape, dtype: "f32" }, index === 1 || index === 2 ? values.map((value) => value / 10) : values);
  });
  const expected = portableExecutor.prepare(graph).run(inputs);
  for (const { native, blas } of ways) {
    for (const threads of [1, 2, 3]) {
      configureEngine({ threads, native, blas });
      const plan = executor().prepare(graph) as PlanExecutable;
      if (hasWideProducts()) expect(plan.plan.listing.join("\n")).toContain(`${name}Step`);
      const results = plan.run(inputs);
      for (const [index, result] of results.entries()) {
        // Sums of some 400 products of f32 (2^-24 each), carried through 7 times; the reference sums in f64.
        expect(worstError(result, expected[index] as Tensor), `result ${index} on ${threads} threads`).toBeLessThan(1e-5);
      }
      for (let again = 0; again < 5; again++) expect(bitsOf(plan.run(inputs)).equals(bitsOf(results))).toBe(true);
      plan.dispose();
    }
  }
});
