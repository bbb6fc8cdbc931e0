import type { Node } from "../../tensor/graph.js";
import { viewAlong } from "../../tensor/offsets.js";
import type { UpsampleAttributes } from "../../tensor/operations/upsampling.js";
import { sizeOf } from "../../tensor/shape.js";
import { input, isSingle, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";

const supports = (node: Node): boolean => isSingle(node) && output(node).size > 0;

/** One spatial axis after the other; `long` is the axis' extent on the longer side of a step. */
function lowerAxes(kernel: string, shrinks: boolean): LoweringRule {
  return {
    supports,
    lower(node, context) {
      const { factors } = node.attributes as UpsampleAttributes;
      let from = context.buffer(input(node, 0));
      const shape = [...input(node, 0).shape];
      for (const [index, factor] of factors.entries()) {
        const axis = index + 1;
        const { outer, extent, inner } = viewAlong(shape, axis);
        const short = shrinks ? extent / factor : extent;
        shape[axis] = shrinks ? short : extent * factor;
        const to = index === factors.length - 1 ? context.buffer(output(node)) : context.scratch(sizeOf(shape) * 4);
        context.emit(kernel, [from, to, outer, short, inner, factor], { work: 2 * outer * short * factor * inner });
        from = to;
      }
    },
  };
}

export const upsamplingRules: Readonly<Record<"upsampleNearest" | "upsampleBilinear" | "upsampleBilinearGradient", LoweringRule>> = {
  upsampleNearest: lowerAxes("repeatAxis", false),
  upsampleBilinear: lowerAxes("interpolateAxis", false),
  upsampleBilinearGradient: lowerAxes("interpolateAxisGradient", true),
};
