import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { ScatterAttributes } from "../../tensor/operations/indexing.js";
import { viewAlong } from "../../tensor/offsets.js";
import { input, isWord, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";
import { isByte, isKnown } from "./elements.js";

/** The bits of NaN, which stands for what an index out of range names; whole numbers have 0. */
const notANumber = 0x7fc00000;

/** Picking and adding along an axis, each element by the index at its own place. */
export const alongRules: Readonly<Record<"gatherAlong" | "scatterAlong", LoweringRule>> = {
  gatherAlong: {
    supports: (node) => isKnown(output(node)) && output(node).size > 0,
    lower(node, context) {
      const [x, indices, out] = [input(node, 0), input(node, 1), output(node)];
      const { axis } = node.attributes as AxisAttributes;
      const { outer, extent, inner } = viewAlong(x.shape, axis);
      const sizes = [outer, extent, indices.shape[axis] as number, inner];
      const missing = x.dtype === "f32" ? notANumber : 0;
      context.emit("gatherAlong", [context.buffer(x), context.buffer(indices), context.buffer(out), ...sizes, isByte(x) ? 1 : 0, missing], {
        work: 4 * out.size,
      });
    },
  },
  scatterAlong: {
    supports: (node) => isWord(node) && output(node).size > 0,
    lower(node, context) {
      const [indices, updates, out] = [input(node, 0), input(node, 1), output(node)];
      const { axis } = node.attributes as ScatterAttributes;
      const { outer, extent, inner } = viewAlong(out.shape, axis);
      const sizes = [outer, extent, indices.shape[axis] as number, inner];
      context.emit(
        "scatterAlong",
        [context.buffer(indices), context.buffer(updates), context.buffer(out), ...sizes, out.dtype === "i32" ? 1 : 0],
        { work: out.size + 4 * updates.size },
      );
    },
  },
};
