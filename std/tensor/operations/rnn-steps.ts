import type { Tensor } from "../tensor.js";
import { step } from "./activations.js";
import { add, mul, square, sub } from "./arithmetic.js";
import { stack } from "./joining.js";
import { matmul } from "./matmul.js";
import { select } from "./slicing.js";

/** Inputs of the operation `rnnGradient`. */
export type RnnGradientInputs = readonly [weight: Tensor, y: Tensor, gy: Tensor];

/** What the operation `rnnGradient` computes, from the last time to the first in simpler operations. */
export function rnnGradientSteps([weight, y, gy]: RnnGradientInputs, activation: "tanh" | "relu"): readonly Tensor[] {
  const sums: Tensor[] = [];
  let toState: Tensor | null = null; // what later times say about h
  for (let t = (y.shape[1] as number) - 1; t >= 0; t--) {
    const state = select(y, 1, t); // N x H
    const incoming: Tensor = toState === null ? select(gy, 1, t) : add(select(gy, 1, t), toState);
    const sum = mul(incoming, activation === "tanh" ? sub(1, square(state)) : step(state));
    sums.unshift(sum);
    toState = matmul(sum, weight, { transposeB: true });
  }
  return [stack(sums, 1), toState as Tensor];
}
