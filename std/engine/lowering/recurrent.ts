import type { Node } from "../../tensor/graph.js";
import type { RnnAttributes } from "../../tensor/operations/rnn.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isSingle } from "./arguments.js";
import type { LoweringContext, LoweringRule } from "./contract.js";
import { scratchBytes } from "./scratch.js";

const supports = (node: Node): boolean => isSingle(node) && node.inputs.every((tensor) => tensor.size > 0);

/**
 * A recurrent operation: all inputs and outputs in the operation's order, then flags, batch, times and width (taken from
 * `states`, which is N x T x H) and scratch for each thread.
 */
function lowerRecurrent(
  kernel: string,
  gates: number,
  states: (node: Node) => Tensor,
  scratch: (batch: number, width: number) => number,
  flags: (node: Node) => number[] = () => [],
): LoweringRule {
  return {
    supports,
    lower(node: Node, context: LoweringContext) {
      const [batch, times, width] = states(node).shape as [number, number, number];
      const buffers = [...node.inputs, ...node.outputs].map((tensor) => context.buffer(tensor));
      context.emit(kernel, [...buffers, ...flags(node), batch, times, width, context.scratch(scratch(batch, width) * context.threads)], {
        work: batch * times * width * gates * (width + 12),
      });
    },
  };
}

const rectified = (node: Node): number[] => [(node.attributes as RnnAttributes).activation === "relu" ? 1 : 0];
const inputAt = (index: number) => (node: Node) => node.inputs[index] as Tensor;
const result = (node: Node): Tensor => node.outputs[0] as Tensor;

export const recurrentRules: Readonly<Record<"lstm" | "lstmGradient" | "gru" | "gruGradient" | "rnn" | "rnnGradient", LoweringRule>> = {
  lstm: lowerRecurrent("lstm", 4, result, scratchBytes.lstm),
  lstmGradient: lowerRecurrent("lstmGradient", 4, inputAt(3), scratchBytes.lstm),
  gru: lowerRecurrent("gru", 3, result, scratchBytes.gru),
  gruGradient: lowerRecurrent("gruGradient", 3, inputAt(2), scratchBytes.gru),
  rnn: lowerRecurrent("rnn", 1, result, (_, width) => scratchBytes.rnn(width), rectified),
  rnnGradient: lowerRecurrent("rnnGradient", 1, inputAt(1), (_, width) => scratchBytes.rnn(width), rectified),
};
