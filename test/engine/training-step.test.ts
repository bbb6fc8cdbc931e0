import { describe, expect, test } from "vitest";
import { portableExecutor, type Tensor, type Variable } from "../../std/tensor/index.js";
import { executor, engineInfo } from "../../std/engine/index.js";
import { leNetStep, mlpStep, sgd, type Step } from "./networks.js";

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i] as number));
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }
  expect(worst, `${what}: largest difference, largest number ${scale}`).toBeLessThanOrEqual(tolerance * Math.max(scale, 1e-3));
}

const cases: [string, () => Step][] = [
  ["MLP 2-16-2, SGD", () => mlpStep(32, [2, 16, 2], sgd({ lr: 0.1 }))],
  ["MLP 2-16-2, momentum", () => mlpStep(32, [2, 16, 2], sgd({ lr: 0.1, momentum: 0.9 }))],
  ["MLP 20-33-7, Adam", () => mlpStep(13, [20, 33, 7])],
  ["MLP 784-128-10, Adam", () => mlpStep(64, [784, 128, 10])],
  ["LeNet, batch 3", () => leNetStep(3)],
];

describe("a planned training step against the portable executor", () => {
  test("the engine is what runs here", () => {
    expect(executor().name).toBe("engine");
    expect(engineInfo().simd).not.toBe("none");
  });

  test.each(cases)("%s: loss and every variable after three steps", (_, make) => {
    const ours = make();
    const reference = make();
    const planned = executor().prepare(ours.graph, { name: "step" });
    const portable = portableExecutor.prepare(reference.graph);
    for (let step = 0; step < 3; step++) {
      const [loss] = planned.run(ours.inputs);
      const [expected] = portable.run(reference.inputs);
      // Sums of up to 784 products in f32 against f64: relative error below 784 * 2^-24 = 5e-5; Adam divides by sqrt(v), which is small at first.
      close((loss as Tensor).data, (expected as Tensor).data, 1e-4, `loss ${step}`);
    }
    for (const [index, variable] of ours.variables.entries())
      close(variable.storage, (reference.variables[index] as Variable).storage, 2e-3, variable.name);
    planned.dispose();
  });
});
