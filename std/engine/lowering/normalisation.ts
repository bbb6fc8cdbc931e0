import type { Node } from "../../tensor/graph.js";
import type { NormAttributes } from "../../tensor/operations/batch-norm.js";
import type { LrnAttributes } from "../../tensor/operations/lrn.js";
import { input, isSingle, output } from "./arguments.js";
import type { Address, LoweringContext, LoweringRule } from "./contract.js";
import { scratchBytes } from "./scratch.js";

const supports = (node: Node): boolean => isSingle(node) && input(node, 0).size > 0;

/** Rows and columns of x, all axes but the last being rows. */
function rowsOf(node: Node): readonly [rows: number, columns: number] {
  const x = input(node, 0);
  const columns = x.shape.at(-1) as number;
  return [x.size / columns, columns];
}

const buffers = (node: Node, context: LoweringContext): { inputs: Address[]; outputs: Address[] } => ({
  inputs: node.inputs.map((tensor) => context.buffer(tensor)),
  outputs: node.outputs.map((tensor) => context.buffer(tensor)),
});

/** Inputs and outputs in the operation's order, then rows, columns and epsilon. */
function lowerNorm(kernel: string, passes: number, inPlace: readonly number[]): LoweringRule {
  return {
    supports,
    inPlace,
    lower(node, context) {
      const { inputs, outputs } = buffers(node, context);
      const { epsilon } = node.attributes as NormAttributes;
      context.emit(kernel, [...inputs, ...outputs, ...rowsOf(node), epsilon], { work: passes * input(node, 0).size });
    },
  };
}

export const normalisationRules: Readonly<
  Record<"batchNorm" | "batchNormGradient" | "layerNorm" | "layerNormGradient" | "lrn" | "lrnGradient", LoweringRule>
> = {
  batchNorm: {
    supports,
    inPlace: [0],
    lower(node, context) {
      const { inputs, outputs } = buffers(node, context);
      const { epsilon } = node.attributes as NormAttributes;
      const [rows, channels] = rowsOf(node);
      const parts = context.scratch(scratchBytes.batchNorm(channels) * context.threads);
      const { size } = input(node, 0);
      context.emit("batchNormParts", [inputs[0] as Address, parts, context.threads, rows, channels], { work: 2 * size });
      context.emit("batchNorm", [...inputs, ...outputs, parts, context.threads, rows, channels, epsilon], { work: 2 * size });
    },
  },
  batchNormGradient: {
    supports,
    inPlace: [0, 4],
    lower(node, context) {
      const { inputs, outputs } = buffers(node, context);
      const [x, , mean, , g] = inputs as [Address, Address, Address, Address, Address];
      const { epsilon } = node.attributes as NormAttributes;
      const [rows, channels] = rowsOf(node);
      const parts = context.scratch(scratchBytes.batchNorm(channels) * context.threads);
      const { size } = input(node, 0);
      context.emit("batchNormGradientParts", [x, mean, g, parts, context.threads, rows, channels], { work: 3 * size });
      context.emit("batchNormGradient", [...inputs, ...outputs, parts, context.threads, rows, channels, epsilon], { work: 3 * size });
    },
  },
  layerNorm: lowerNorm("layerNorm", 4, [0]),
  layerNormGradient: {
    supports,
    inPlace: [0, 4],
    lower(node, context) {
      const { inputs, outputs } = buffers(node, context);
      const [x, scale, mean, variance, g] = inputs as [Address, Address, Address, Address, Address];
      const [gx, gScale, gShift] = outputs as [Address, Address, Address];
      const { epsilon } = node.attributes as NormAttributes;
      const [rows, width] = rowsOf(node);
      const parts = context.scratch(scratchBytes.layerNorm(width) * context.threads);
      const work = 6 * input(node, 0).size;
      context.emit("layerNormGradient", [x, scale, mean, variance, g, gx, parts, context.threads, rows, width, epsilon], { work });
      context.emit("addLayerNormParts", [parts, gScale, gShift, context.threads, width], { work: 2 * context.threads * width });
    },
  },
  lrn: {
    supports,
    inPlace: [0],
    lower(node, context) {
      const { size, alpha, beta, k } = node.attributes as LrnAttributes;
      const [rows, channels] = rowsOf(node);
      const scratch = context.scratch(scratchBytes.lrn(channels, size) * context.threads);
      context.emit("lrn", [context.buffer(input(node, 0)), context.buffer(output(node)), rows, channels, size, alpha, beta, k, scratch], {
        work: (size + 6) * output(node).size,
      });
    },
  },
  lrnGradient: {
    supports,
    inPlace: [1],
    lower(node, context) {
      const { size, alpha, beta, k } = node.attributes as LrnAttributes;
      const { inputs, outputs } = buffers(node, context);
      const [rows, channels] = rowsOf(node);
      const scratch = context.scratch(2 * scratchBytes.lrn(channels, size) * context.threads);
      context.emit("lrnGradient", [...inputs, ...outputs, rows, channels, size, alpha, beta, k, scratch], {
        work: 2 * (size + 6) * output(node).size,
      });
    },
  },
};
