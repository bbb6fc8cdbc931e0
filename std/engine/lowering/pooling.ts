import type { Node } from "../../tensor/graph.js";
import type { AvgPoolAttributes, PoolAttributes } from "../../tensor/operations/pooling.js";
import { geometryOf } from "../../tensor/operations/window.js";
import { sizeOf, type Shape } from "../../tensor/shape.js";
import { input, isSingle, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";
import { scratchBytes } from "./scratch.js";

/** The geometry both pooling kernels share, and the work of one pass. */
function poolingArguments(node: Node, image: Shape, result: Shape): { args: number[]; work: number } {
  const attributes = node.attributes as PoolAttributes;
  const dilation = attributes.size.map(() => 1);
  const {
    batch,
    input: extent,
    output: out,
    size,
    stride,
    pad,
  } = geometryOf(image[0] as number, image.slice(1, -1), result.slice(1, -1), { ...attributes, dilation });
  const args = [batch, ...extent, image.at(-1) as number, ...out, ...size, ...stride, ...pad.map(([before]) => before)];
  return { args, work: sizeOf(result) * sizeOf(size) };
}

const supports = (node: Node): boolean => isSingle(node) && output(node).size > 0;

function lowerRoute(spread: number): LoweringRule {
  return {
    supports,
    lower(node, context) {
      const [x, g, out] = [input(node, 0), input(node, 1), output(node)];
      const { args, work } = poolingArguments(node, x.shape, spread === 1 ? g.shape : out.shape);
      context.emit("maxPoolRoute", [context.buffer(x), context.buffer(g), context.buffer(out), spread, ...args], { work: 2 * work });
    },
  };
}

export const poolingRules: Readonly<Record<"maxPool" | "maxPoolGradient" | "maxPoolPick" | "avgPool" | "avgPoolGradient", LoweringRule>> = {
  maxPool: {
    supports,
    lower(node, context) {
      const { shape } = input(node, 0);
      const { args, work } = poolingArguments(node, shape, output(node).shape);
      const scratch = context.scratch(scratchBytes.maxPool(shape.at(-2) as number, shape.at(-1) as number) * context.threads);
      context.emit("maxPool", [context.buffer(input(node, 0)), context.buffer(output(node)), ...args, scratch], { work });
    },
  },
  maxPoolGradient: lowerRoute(1),
  maxPoolPick: lowerRoute(0),
  avgPool: {
    supports,
    lower(node, context) {
      const { args, work } = poolingArguments(node, input(node, 0).shape, output(node).shape);
      const countPadding = (node.attributes as AvgPoolAttributes).countPadding ? 1 : 0;
      context.emit("avgPool", [context.buffer(input(node, 0)), context.buffer(output(node)), countPadding, ...args], { work });
    },
  },
  avgPoolGradient: {
    supports,
    lower(node, context) {
      const { args, work } = poolingArguments(node, output(node).shape, input(node, 0).shape);
      const countPadding = (node.attributes as AvgPoolAttributes).countPadding ? 1 : 0;
      context.emit("avgPoolGradient", [context.buffer(input(node, 0)), context.buffer(output(node)), countPadding, ...args], { work });
    },
  },
};
