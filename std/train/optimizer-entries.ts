import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainEntry } from "./entry.js";

const lr = (fallback: number): ArgumentSpec => ({
  name: "lr",
  kind: "number",
  doc: "learning rate",
  positional: true,
  default: fallback,
  minimum: 0,
});
const decay: ArgumentSpec = {
  name: "decay",
  kind: "number",
  doc: "weight decay: adds decay * weight to the gradient (L2)",
  default: 0,
  minimum: 0,
};
const epsilon: ArgumentSpec = { name: "eps", kind: "number", doc: "keeps the division finite", default: 1e-8, minimum: 0 };
const beta1: ArgumentSpec = { name: "beta1", kind: "number", doc: "memory of the mean gradient", default: 0.9, minimum: 0, maximum: 1 };
const beta2: ArgumentSpec = {
  name: "beta2",
  kind: "number",
  doc: "memory of the mean squared gradient",
  default: 0.999,
  minimum: 0,
  maximum: 1,
};

function optimizer(name: string, summary: string, details: string, args: readonly ArgumentSpec[]): TrainEntry {
  return { family: "optimizer", name, summary, details, arguments: args, typescript: name };
}

/** Names and arguments of the optimisers; the update rules are in `optimizers.ts`. Formulas as PyTorch computes them. */
export const optimizerEntries: readonly TrainEntry[] = [
  optimizer(
    "sgd",
    "Stochastic gradient descent, with momentum when asked.",
    "`v <- momentum v + g`, `w <- w - lr v`; Nesterov: `w <- w - lr (g + momentum v)`.",
    [
      lr(0.01),
      { name: "momentum", kind: "number", doc: "share of the last update that is kept", default: 0, minimum: 0, maximum: 1 },
      { name: "nesterov", kind: "boolean", doc: "look ahead along the momentum", default: false },
      decay,
    ],
  ),
  optimizer(
    "adam",
    "Steps scaled by running means of the gradient and its square.",
    "D. P. Kingma, J. Ba, ICLR 2015, with bias correction.",
    [lr(0.001), beta1, beta2, epsilon, decay],
  ),
  optimizer(
    "adamw",
    "Adam with the weight decay kept out of the running means.",
    "I. Loshchilov, F. Hutter, ICLR 2019: `w <- w - lr decay w` beside Adam's step.",
    [lr(0.001), beta1, beta2, epsilon, { ...decay, doc: "weight decay, apart from the gradient", default: 0.01 }],
  ),
  optimizer("rmsprop", "Steps scaled by a running mean of the squared gradient.", "G. Hinton, Coursera lecture 6e (2012).", [
    lr(0.01),
    { name: "alpha", kind: "number", doc: "memory of the mean squared gradient", default: 0.99, minimum: 0, maximum: 1 },
    epsilon,
    { name: "momentum", kind: "number", doc: "share of the last update that is kept", default: 0, minimum: 0, maximum: 1 },
    { name: "centered", kind: "boolean", doc: "subtract the mean gradient: scale by the variance", default: false },
    decay,
  ]),
  optimizer("adagrad", "Steps scaled by the sum of all squared gradients so far.", "J. Duchi, E. Hazan, Y. Singer, JMLR 12 (2011).", [
    lr(0.01),
    { ...epsilon, default: 1e-10 },
    decay,
  ]),
];
