import type { Node } from "../../tensor/graph.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { CrossEntropyAttributes } from "../../tensor/operations/cross-entropy.js";
import { absent, input, isSingle, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";

/** Elementary steps of an exponential, for the planner's estimate. */
const exponentialWork = 8;

/** The kernels take rows: the axis must be the last that has more than one entry. */
function isLastAxis(node: Node): boolean {
  const { axis } = node.attributes as AxisAttributes;
  const shape = output(node).shape;
  return isSingle(node) && output(node).size > 0 && shape.slice(axis + 1).every((extent) => extent === 1);
}

function lowerRows(kernel: string, inputs: number): LoweringRule {
  return {
    supports: isLastAxis,
    inPlace: Array.from({ length: inputs }, (_, index) => index),
    lower(node, context) {
      const out = output(node);
      const extent = out.shape[(node.attributes as AxisAttributes).axis] as number;
      const operands = Array.from({ length: inputs }, (_, index) => context.buffer(input(node, index)));
      context.emit(kernel, [...operands, context.buffer(out), out.size / extent, extent], { work: exponentialWork * out.size });
    },
  };
}

const supportsLabels = (node: Node): boolean => input(node, 0).dtype === "f32" && input(node, 1).dtype === "i32" && input(node, 0).size > 0;

function labelArguments(node: Node): number[] {
  const { ignore } = node.attributes as CrossEntropyAttributes;
  const classes = input(node, 0).shape.at(-1) as number;
  return [input(node, 0).size / classes, classes, ignore === null ? 0 : 1, ignore ?? 0];
}

export const softmaxRules: Readonly<
  Record<
    "softmax" | "softmaxGradient" | "logSoftmax" | "logSoftmaxGradient" | "softmaxCrossEntropy" | "softmaxCrossEntropyGradient",
    LoweringRule
  >
> = {
  softmax: lowerRows("softmax", 1),
  softmaxGradient: lowerRows("softmaxGradient", 2),
  logSoftmax: lowerRows("logSoftmax", 1),
  logSoftmaxGradient: lowerRows("logSoftmaxGradient", 2),
  softmaxCrossEntropy: {
    supports: supportsLabels,
    lower(node, context) {
      const [logits, labels] = [input(node, 0), input(node, 1)];
      context.emit(
        "crossEntropy",
        [context.buffer(logits), context.buffer(labels), context.buffer(output(node)), ...labelArguments(node)],
        {
          work: exponentialWork * logits.size,
        },
      );
    },
  },
  softmaxCrossEntropyGradient: {
    supports: supportsLabels,
    inPlace: [0],
    lower(node, context) {
      const [logits, labels, g] = [input(node, 0), input(node, 1), input(node, 2)];
      const args = [
        context.buffer(logits),
        context.buffer(labels),
        context.buffer(g),
        1,
        context.buffer(output(node)),
        absent,
        ...labelArguments(node),
      ];
      context.emit("crossEntropyGradient", args, { work: exponentialWork * logits.size });
    },
  },
};
