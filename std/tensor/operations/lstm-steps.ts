import type { Tensor } from "../tensor.js";
import { add, mul, square, sub } from "./arithmetic.js";
import { sigmoid } from "./activations.js";
import { tanh } from "./exponential.js";
import { concat, split, stack } from "./joining.js";
import { matmul } from "./matmul.js";
import { select } from "./slicing.js";
import { stateBefore } from "./recurrent.js";

/** Inputs of the operation `lstm`: z N x T x 4H, the recurrent weight H x 4H, h N x H, c N x H. */
export type LstmInputs = readonly [z: Tensor, weight: Tensor, h: Tensor, c: Tensor];

/** What the operation `lstm` computes, one time after the other in simpler operations: y, the last c, the gates, c at each time. */
export function lstmSteps([z, weight, h, c]: LstmInputs): readonly Tensor[] {
  const [states, cells, gates]: [Tensor[], Tensor[], Tensor[]] = [[], [], []];
  for (let t = 0; t < (z.shape[1] as number); t++) {
    const sums = add(select(z, 1, t), matmul(states.at(-1) ?? h, weight)); // N x 4H
    const [i, f, g, o] = split(sums, 4, 1) as [Tensor, Tensor, Tensor, Tensor]; // N x H each
    const [input, forget, candidate, output] = [sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)];
    const cell = add(mul(forget, cells.at(-1) ?? c), mul(input, candidate));
    gates.push(concat([input, forget, candidate, output], 1));
    cells.push(cell);
    states.push(mul(output, tanh(cell)));
  }
  return [stack(states, 1), cells.at(-1) as Tensor, stack(gates, 1), stack(cells, 1)];
}

/** Inputs of the operation `lstmGradient`. */
export type LstmGradientInputs = readonly [weight: Tensor, c: Tensor, gates: Tensor, cells: Tensor, gy: Tensor, gc: Tensor];

/** What the operation `lstmGradient` computes, from the last time to the first in simpler operations. */
export function lstmGradientSteps([weight, c, gates, cells, gy, gc]: LstmGradientInputs): readonly Tensor[] {
  const sums: Tensor[] = [];
  let toState: Tensor | null = null; // what later times say about h
  let toCell = gc;
  for (let t = (gates.shape[1] as number) - 1; t >= 0; t--) {
    const [input, forget, candidate, output] = split(select(gates, 1, t), 4, 1) as [Tensor, Tensor, Tensor, Tensor]; // N x H each
    const squashed = tanh(select(cells, 1, t));
    const incoming: Tensor = toState === null ? select(gy, 1, t) : add(select(gy, 1, t), toState);
    const cell = add(toCell, mul(mul(incoming, output), sub(1, square(squashed))));
    const slope = (gate: Tensor): Tensor => mul(gate, sub(1, gate));
    const sum = concat(
      [
        mul(mul(cell, candidate), slope(input)),
        mul(mul(cell, stateBefore(cells, c, t)), slope(forget)),
        mul(mul(cell, input), sub(1, square(candidate))),
        mul(mul(incoming, squashed), slope(output)),
      ],
      1,
    ); // N x 4H
    sums.unshift(sum);
    toState = matmul(sum, weight, { transposeB: true });
    toCell = mul(cell, forget);
  }
  return [stack(sums, 1), toState as Tensor, toCell];
}
