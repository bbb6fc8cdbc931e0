import type { Tensor } from "../tensor/tensor.js";

const known = new WeakMap<Tensor, Tensor>();

/** Says that `output` is the softmax or sigmoid of `logits` (a network's forward knows). Gives `output` back. */
export function withLogits(output: Tensor, logits: Tensor | null): Tensor {
  if (logits !== null) known.set(output, logits);
  return output;
}

/**
 * What a softmax or sigmoid was taken of, where `prediction` comes straight from one; else `prediction` itself, which then counts
 * as logits. Losses on logits neither overflow nor lose the small probabilities.
 */
export function logitsOf(prediction: Tensor, activation: "softmax" | "sigmoid"): Tensor {
  const told = known.get(prediction);
  if (told !== undefined) return told;
  const node = prediction.node;
  return node?.operation?.name === activation ? (node.inputs[0] as Tensor) : prediction;
}
