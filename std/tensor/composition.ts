import { gradients } from "./gradients.js";
import { add, mul } from "./operations/arithmetic.js";
import { identity } from "./operations/cast.js";
import { sum } from "./operations/reductions.js";
import type { Tensor } from "./tensor.js";

/**
 * The gradient of a fused operation from its meaning in simpler ones. The gradients that are on every training step's
 * way have kernels of their own; this serves the gradients of those (second order: gradient penalties), where a kernel
 * would never pay.
 * @param compose the outputs from the inputs, in operations that have gradients
 */
export function gradientByComposition<Inputs extends readonly Tensor[]>(
  compose: (inputs: Inputs) => readonly Tensor[],
  request: { readonly inputs: Inputs; readonly gradients: readonly (Tensor | null)[]; readonly wanted: readonly boolean[] },
): { [K in keyof Inputs]: Tensor | null } {
  // Nodes of their own, so that only the way through `compose` counts.
  const inputs = request.inputs.map((input, index) =>
    request.wanted[index] === true ? identity(input) : input,
  ) as readonly Tensor[] as Inputs;
  let total: Tensor | null = null;
  for (const [index, output] of compose(inputs).entries()) {
    const gradient = request.gradients[index];
    if (gradient === null || gradient === undefined) continue;
    const term = sum(mul(output, gradient));
    total = total === null ? term : add(total, term);
  }
  const targets = inputs.filter((_, index) => request.wanted[index] === true);
  const found = total === null ? [] : gradients(total, targets);
  let next = 0;
  return inputs.map((_, index) => (request.wanted[index] === true ? (found[next++] ?? null) : null)) as {
    [K in keyof Inputs]: Tensor | null;
  };
}

/** The gradients of all inputs of `compose`, from those of its outputs: what a fused gradient operation computes, in simpler ones. */
export function gradientsThrough<Inputs extends readonly Tensor[]>(
  compose: (inputs: Inputs) => readonly Tensor[],
  inputs: Inputs,
  outputs: readonly (Tensor | null)[],
): { [K in keyof Inputs]: Tensor } {
  return gradientByComposition(compose, { inputs, gradients: outputs, wanted: inputs.map(() => true) }) as { [K in keyof Inputs]: Tensor };
}
