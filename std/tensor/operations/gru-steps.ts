import type { Tensor } from "../tensor.js";
import { sigmoid } from "./activations.js";
import { add, mul, square, sub } from "./arithmetic.js";
import { tanh } from "./exponential.js";
import { concat, split, stack } from "./joining.js";
import { matmul } from "./matmul.js";
import { stateBefore } from "./recurrent.js";
import { select } from "./slicing.js";

/** Inputs of the operation `gru`: z N x T x 3H, the recurrent weight H x 3H, the recurrent bias 3H, h N x H. */
export type GruInputs = readonly [z: Tensor, weight: Tensor, bias: Tensor, h: Tensor];

/** What the operation `gru` computes, one time after the other in simpler operations: y, and r, u, n, q side by side. */
export function gruSteps([z, weight, bias, h]: GruInputs): readonly Tensor[] {
  const [states, gates]: [Tensor[], Tensor[]] = [[], []];
  for (let t = 0; t < (z.shape[1] as number); t++) {
    const before = states.at(-1) ?? h;
    const [zr, zu, zn] = split(select(z, 1, t), 3, 1) as [Tensor, Tensor, Tensor]; // N x H each
    const [ar, au, recurrent] = split(add(matmul(before, weight), bias), 3, 1) as [Tensor, Tensor, Tensor]; // N x H each
    const [reset, update] = [sigmoid(add(zr, ar)), sigmoid(add(zu, au))];
    const candidate = tanh(add(zn, mul(reset, recurrent)));
    gates.push(concat([reset, update, candidate, recurrent], 1));
    states.push(add(mul(sub(1, update), candidate), mul(update, before)));
  }
  return [stack(states, 1), stack(gates, 1)];
}

/** Inputs of the operation `gruGradient`. */
export type GruGradientInputs = readonly [weight: Tensor, h: Tensor, y: Tensor, gates: Tensor, gy: Tensor];

/** What the operation `gruGradient` computes, from the last time to the first in simpler operations. */
export function gruGradientSteps([weight, h, y, gates, gy]: GruGradientInputs): readonly Tensor[] {
  const [inputs, products]: [Tensor[], Tensor[]] = [[], []];
  let toState: Tensor | null = null; // what later times say about h
  for (let t = (y.shape[1] as number) - 1; t >= 0; t--) {
    const [reset, update, candidate, recurrent] = split(select(gates, 1, t), 4, 1) as [Tensor, Tensor, Tensor, Tensor]; // N x H each
    const incoming: Tensor = toState === null ? select(gy, 1, t) : add(select(gy, 1, t), toState);
    const toUpdate = mul(mul(incoming, sub(stateBefore(y, h, t), candidate)), mul(update, sub(1, update)));
    const toCandidate = mul(mul(incoming, sub(1, update)), sub(1, square(candidate)));
    const toReset = mul(mul(toCandidate, recurrent), mul(reset, sub(1, reset)));
    const product = concat([toReset, toUpdate, mul(toCandidate, reset)], 1); // N x 3H
    inputs.unshift(concat([toReset, toUpdate, toCandidate], 1));
    products.unshift(product);
    toState = add(mul(incoming, update), matmul(product, weight, { transposeB: true }));
  }
  return [stack(inputs, 1), stack(products, 1), toState as Tensor];
}
