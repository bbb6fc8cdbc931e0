import { compile } from "../engine/compile.js";
import { currentTrace } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Network } from "./network.js";

/** The forward pass of a network, planned for inference. */
export interface CompiledForward {
  run(inputs: readonly Tensor[]): Tensor;
}

export function compileForward(network: Network): CompiledForward {
  const forward = (...inputs: Tensor[]): Tensor => network.forward(inputs, { training: false }).outputs[0] as Tensor;
  const planned = compile(forward, { name: `inference of ${network.name}` });
  // Inside a trace the network becomes part of the graph that is being made.
  return { run: (inputs) => (currentTrace() === null ? planned(...inputs) : forward(...inputs)) };
}
