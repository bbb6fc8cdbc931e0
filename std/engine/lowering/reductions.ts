import type { Node } from "../../tensor/graph.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { ReductionAttributes } from "../../tensor/operations/reductions.js";
import { viewAlong } from "../../tensor/offsets.js";
import { sizeOf, type Shape } from "../../tensor/shape.js";
import { input, isSingle, output } from "./arguments.js";
import type { LoweringContext, LoweringRule } from "./contract.js";

/** A run of neighbouring axes that are reduced together: `outer` before it, `inner` after it. */
interface Step {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

/** Reduces one run of neighbouring axes after the other, the last first, so that what is left stays dense. */
export function reductionSteps(shape: Shape, axes: readonly number[]): Step[] {
  const extents = [...shape];
  const steps: Step[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) continue;
    let first = axis;
    while (first > 0 && axes.includes(first - 1)) first--;
    steps.push({
      outer: sizeOf(extents.slice(0, first)),
      extent: sizeOf(extents.slice(first, axis + 1)),
      inner: sizeOf(extents.slice(axis + 1)),
    });
    extents.fill(1, first, axis + 1);
    axis = first;
  }
  return steps;
}

function lowerReduction(kernel: string, ofIntegers: string | null = null): LoweringRule {
  return {
    supports: (node) => input(node, 0).size > 0 && (isSingle(node) || (ofIntegers !== null && input(node, 0).dtype === "i32")),
    lower(node, context) {
      const x = input(node, 0);
      const called = x.dtype === "i32" && ofIntegers !== null ? ofIntegers : kernel;
      const { axes } = node.attributes as ReductionAttributes;
      const steps = reductionSteps(x.shape, axes).filter(({ extent }) => extent > 1);
      const result = context.buffer(output(node));
      if (steps.length === 0) {
        context.emit("stridedCopy", [context.buffer(x), result, 1, 1, 1, 1, 1, x.size, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1], {
          work: x.size,
        });
        return;
      }
      let from = context.buffer(x);
      for (const [index, { outer, extent, inner }] of steps.entries()) {
        const to = index === steps.length - 1 ? result : context.scratch(outer * inner * 4);
        context.emit(called, [from, to, outer, extent, inner], { work: outer * extent * inner });
        from = to;
      }
    },
  };
}

function lowerArgExtreme(smallest: number): LoweringRule {
  return {
    supports: (node) => input(node, 0).dtype === "f32" && output(node).dtype === "i32" && input(node, 0).size > 0,
    lower(node: Node, context: LoweringContext) {
      const x = input(node, 0);
      const { outer, extent, inner } = viewAlong(x.shape, (node.attributes as AxisAttributes).axis);
      context.emit("argExtreme", [context.buffer(x), context.buffer(output(node)), outer, extent, inner, smallest], { work: 2 * x.size });
    },
  };
}

export const reductionRules: Readonly<Record<"sum" | "max" | "min" | "argMax" | "argMin", LoweringRule>> = {
  sum: lowerReduction("sum", "sumIntegers"),
  max: lowerReduction("maximum"),
  min: lowerReduction("minimum"),
  argMax: lowerArgExtreme(0),
  argMin: lowerArgExtreme(1),
};
