import type { Node } from "../../tensor/graph.js";
import type { CumsumAttributes } from "../../tensor/operations/cumulative.js";
import type { ProductOfOthersAttributes, ReductionAttributes } from "../../tensor/operations/reductions.js";
import type { SortAttributes } from "../../tensor/operations/sorting.js";
import { viewAlong } from "../../tensor/offsets.js";
import type { Tensor } from "../../tensor/tensor.js";
import { input, isSingle, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";
import { axesLast, backwards, emitCopy, joinAxes, kernelAxes, withAxesLast } from "./copies.js";
import { isByte, isKnown, kindOf } from "./elements.js";
import { reductionSteps } from "./reductions.js";

/** Bytes of scratch that the kernel `sort` wants for each thread (`sortScratchBytes` in the assembly; a test holds the two equal). */
export function sortScratchBytes(extent: number): number {
  return Math.floor((4096 + 16 * extent + 127) / 64) * 64;
}

/** Rows of at most this many elements are what places and scratch are counted for. */
const longestRow = 2 ** 26;

const filled = (node: Node): boolean => isKnown(input(node, 0)) && input(node, 0).size > 0;

/** Whether the axes lie side by side, so that the array need not be copied. */
function neighbours(x: Tensor, axes: readonly number[]): boolean {
  return reductionSteps(x.shape, axes).length <= 1;
}

function arrangeable(x: Tensor, axes: readonly number[]): boolean {
  return neighbours(x, axes) || (!isByte(x) && joinAxes(axesLast(x.shape, axes)).length <= kernelAxes);
}

/** What goes through rows one number after the other, in the order and precision of the portable executor: the same bits. */
export const rowRules: Readonly<Record<"sort" | "cumsum" | "prod" | "productOfOthers", LoweringRule>> = {
  sort: {
    supports: (node) => filled(node) && (input(node, 0).shape[(node.attributes as SortAttributes).axis] as number) <= longestRow,
    lower(node, context) {
      const x = input(node, 0);
      const { axis, descending } = node.attributes as SortAttributes;
      const { outer, extent, inner } = viewAlong(x.shape, axis);
      const [values, places] = node.outputs as readonly [Tensor, Tensor];
      const scratch = context.scratch(sortScratchBytes(extent) * context.threads);
      context.emit(
        "sort",
        [context.buffer(x), context.buffer(values), context.buffer(places), outer, extent, inner, descending ? 1 : 0, kindOf(x), scratch],
        { work: 40 * x.size },
      );
    },
  },
  cumsum: {
    supports: filled,
    inPlace: [0],
    lower(node, context) {
      const x = input(node, 0);
      const { axis, reverse } = node.attributes as CumsumAttributes;
      const { outer, extent, inner } = viewAlong(x.shape, axis);
      context.emit("scan", [context.buffer(x), context.buffer(output(node)), outer, extent, inner, reverse ? 1 : 0, kindOf(x)], {
        work: 4 * x.size,
      });
    },
  },
  prod: {
    supports: (node) => filled(node) && arrangeable(input(node, 0), (node.attributes as ReductionAttributes).axes),
    lower(node, context) {
      const x = input(node, 0);
      const { axes } = node.attributes as ReductionAttributes;
      const [step = { outer: 1, extent: 1, inner: x.size }, second] = reductionSteps(x.shape, axes);
      const result = context.buffer(output(node));
      if (second === undefined) {
        const { outer, extent, inner } = step;
        context.emit("product", [context.buffer(x), result, outer, extent, inner, kindOf(x)], { work: 4 * x.size });
        return;
      }
      const { address, rows, columns } = withAxesLast(context, x, axes);
      context.emit("product", [address, result, rows, columns, 1, kindOf(x)], { work: 4 * x.size });
    },
  },
  productOfOthers: {
    supports: (node) => isSingle(node) && filled(node) && arrangeable(input(node, 0), (node.attributes as ProductOfOthersAttributes).axes),
    lower(node, context) {
      const x = input(node, 0);
      const { axes } = node.attributes as ProductOfOthersAttributes;
      const [step = { outer: 1, extent: 1, inner: x.size }, second] = reductionSteps(x.shape, axes);
      const result = context.buffer(output(node));
      if (second === undefined) {
        const { outer, extent, inner } = step;
        context.emit("productOfOthers", [context.buffer(x), result, outer, extent, inner], { work: 8 * x.size });
        return;
      }
      const { address, rows, columns } = withAxesLast(context, x, axes);
      const products = context.scratch(x.size * 4);
      context.emit("productOfOthers", [address, products, rows, columns, 1], { work: 8 * x.size });
      emitCopy(context, products, result, backwards(axesLast(x.shape, axes)));
    },
  },
};
