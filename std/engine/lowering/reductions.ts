import type { Node } from "../../tensor/graph.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { ReductionAttributes } from "../../tensor/operations/reductions.js";
import { viewAlong } from "../../tensor/offsets.js";
import { sizeOf, type Shape } from "../../tensor/shape.js";
import { input, isSingle, output } from "./arguments.js";
import type { LoweringContext, LoweringRule } from "./contract.js";
import { emitCopy } from "./copies.js";
import { isByte, isKnown, kindOf } from "./elements.js";

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

function lowerReduction(kernel: string): LoweringRule {
  return {
    supports: (node) =>
      input(node, 0).size > 0 && (isSingle(node) || (kernel === "sum" ? input(node, 0).dtype === "i32" : isKnown(input(node, 0)))),
    lower(node, context) {
      const x = input(node, 0);
      const bytes = isByte(x);
      const { axes } = node.attributes as ReductionAttributes;
      const steps = reductionSteps(x.shape, axes).filter(({ extent }) => extent > 1);
      const result = context.buffer(output(node));
      if (steps.length === 0) {
        emitCopy(context, context.buffer(x), result, [{ extent: x.size, from: 1, to: 1 }], { bytes });
        return;
      }
      let from = context.buffer(x);
      for (const [index, { outer, extent, inner }] of steps.entries()) {
        const to = index === steps.length - 1 ? result : context.scratch(outer * inner * 4);
        const args = [from, to, outer, extent, inner];
        const work = outer * extent * inner;
        if (x.dtype === "f32") context.emit(kernel, args, { work });
        else if (kernel === "sum") context.emit("sumIntegers", args, { work });
        else context.emit("integerExtreme", [...args, kernel === "minimum" ? 1 : 0, 0, kindOf(x)], { work });
        from = to;
      }
    },
  };
}

function lowerArgExtreme(smallest: number): LoweringRule {
  return {
    supports: (node) => isKnown(input(node, 0)) && input(node, 0).size > 0,
    lower(node: Node, context: LoweringContext) {
      const x = input(node, 0);
      const { outer, extent, inner } = viewAlong(x.shape, (node.attributes as AxisAttributes).axis);
      const args = [context.buffer(x), context.buffer(output(node)), outer, extent, inner, smallest];
      if (x.dtype === "f32") context.emit("argExtreme", args, { work: 2 * x.size });
      else context.emit("integerExtreme", [...args, 1, kindOf(x)], { work: 2 * x.size });
    },
  };
}

export const reductionRules: Readonly<Record<"sum" | "max" | "min" | "argMax" | "argMin", LoweringRule>> = {
  sum: lowerReduction("sum"),
  max: lowerReduction("maximum"),
  min: lowerReduction("minimum"),
  argMax: lowerArgExtreme(0),
  argMin: lowerArgExtreme(1),
};
