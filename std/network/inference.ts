import type { Tensor } from "../tensor/tensor.js";
import type { Network } from "./network.js";

/** The forward pass of a network, planned for inference. */
export interface CompiledForward {
  run(inputs: readonly Tensor[]): Tensor;
}

export function compileForward(network: Network): CompiledForward {
  return { run: (inputs) => network.forward(inputs, { training: false }).outputs[0] as Tensor };
}
