import type { Node } from "../../tensor/graph.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { CrossEntropyAttributes } from "../../tensor/operations/cross-entropy.js";
import { absent, input, isSingle, output } from "./arguments.js";
import type { Address, Fusion, FusionMatch, LoweringRule } from "./contract.js";
import { axesLast, backwards, emitCopy, joinAxes, kernelAxes, movesData, withAxesLast, type CopyAxis } from "./copies.js";

/** Elementary steps of an exponential, for the planner's estimate. */
const exponentialWork = 8;

/** The kernels take rows: along another axis than the last, rows are made of the operands and the result is put back. */
function lowerRows(kernel: string, inputs: number): LoweringRule {
  return {
    supports: (node) => isSingle(node) && output(node).size > 0 && joinAxes(turned(node)).length <= kernelAxes,
    inPlace: Array.from({ length: inputs }, (_, index) => index),
    lower(node, context) {
      const out = output(node);
      const { axis } = node.attributes as AxisAttributes;
      const extent = out.shape[axis] as number;
      const moves = movesData(out.shape, [axis]);
      const operands = Array.from({ length: inputs }, (_, index) => withAxesLast(context, input(node, index), [axis]).address);
      const result = moves ? context.scratch(out.size * 4) : context.buffer(out);
      context.emit(kernel, [...operands, result, out.size / extent, extent], { work: exponentialWork * out.size });
      if (moves) emitCopy(context, result, context.buffer(out), backwards(turned(node)));
    },
  };
}

/** The copy that puts the axis of the rows last. */
function turned(node: Node): CopyAxis[] {
  return axesLast(output(node).shape, [(node.attributes as AxisAttributes).axis]);
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

const ignored = (node: Node): number | null => (node.attributes as CrossEntropyAttributes).ignore;

/** The loss and its gradient in one walk over the logits: both need the same exponentials. */
export const crossEntropyFusion: Fusion = {
  name: "cross entropy with its gradient",
  operation: "softmaxCrossEntropy",
  match(node, graph): FusionMatch | null {
    const [logits, labels] = [input(node, 0), input(node, 1)];
    const gradient = graph
      .consumers(logits)
      .find(
        (reader) => reader.operation?.name === "softmaxCrossEntropyGradient" && reader.inputs[0] === logits && reader.inputs[1] === labels,
      );
    if (gradient === undefined || !supportsLabels(node) || ignored(node) !== ignored(gradient)) return null;
    const incoming = input(gradient, 2);
    return {
      nodes: [node, gradient],
      inputs: [logits, labels, incoming],
      outputs: [output(node), output(gradient)],
      lower(context) {
        const [from, places, g, slopes, loss] = [logits, labels, incoming, output(gradient), output(node)].map((tensor) =>
          context.buffer(tensor),
        ) as [Address, Address, Address, Address, Address];
        context.emit("crossEntropyGradient", [from, places, g, 1, slopes, loss, ...labelArguments(node)], {
          work: exponentialWork * logits.size,
        });
      },
    };
  },
};
