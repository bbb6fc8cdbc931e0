import type { Node } from "../../tensor/graph.js";
import { viewAlong } from "../../tensor/offsets.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { GatherAttributes, OneHotAttributes, ScatterAttributes } from "../../tensor/operations/indexing.js";
import type { TransposeAttributes } from "../../tensor/operations/reshaping.js";
import type { FlipAttributes, PadAttributes, SliceAttributes } from "../../tensor/operations/slicing.js";
import { sizeOf, stridesOf } from "../../tensor/shape.js";
import { input, isWord, output } from "./arguments.js";
import type { Address, CallOptions, LoweringContext, LoweringRule } from "./contract.js";

/** One axis of a box that is copied: how many elements, and how far apart (in elements) they are read and written. */
interface CopyAxis {
  readonly extent: number;
  readonly from: number;
  readonly to: number;
}

const kernelAxes = 6;

/** Drops axes of one element and joins neighbours that are one run on both sides. */
export function joinAxes(axes: readonly CopyAxis[]): CopyAxis[] {
  const joined: CopyAxis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = joined.at(-1);
    if (outer !== undefined && outer.from === axis.from * axis.extent && outer.to === axis.to * axis.extent) {
      joined[joined.length - 1] = { extent: outer.extent * axis.extent, from: axis.from, to: axis.to };
    } else joined.push(axis);
  }
  return joined;
}

function emitCopy(
  context: LoweringContext,
  from: Address,
  to: Address,
  axes: readonly CopyAxis[],
  options: Pick<CallOptions, "independent"> = {},
): void {
  const joined = joinAxes(axes);
  const elements = joined.reduce((product, { extent }) => product * extent, 1);
  if (elements === 0) return;
  const all = [...new Array<CopyAxis>(kernelAxes - joined.length).fill({ extent: 1, from: 0, to: 0 }), ...joined];
  const last = joined.length === 0 ? [{ extent: 1, from: 1, to: 1 }] : [];
  const filled = [...all.slice(last.length), ...last];
  context.emit(
    "stridedCopy",
    [from, to, ...filled.map(({ extent }) => extent), ...filled.map((axis) => axis.from), ...filled.map((axis) => axis.to)],
    {
      work: 2 * elements,
      ...options,
    },
  );
}

/** Nodes that are one copied box: where it begins on both sides, and its axes. */
function copyRule(boxOf: (node: Node) => { axes: CopyAxis[]; from?: number; to?: number }): LoweringRule {
  return {
    supports: (node) => isWord(node) && joinAxes(boxOf(node).axes).length <= kernelAxes,
    lower(node, context) {
      const { axes, from = 0, to = 0 } = boxOf(node);
      emitCopy(context, context.buffer(input(node, 0)).plus(from * 4), context.buffer(output(node)).plus(to * 4), axes);
    },
  };
}

function boxOfPad(node: Node): { axes: CopyAxis[]; to: number } {
  const { pads } = node.attributes as PadAttributes;
  const [from, to] = [stridesOf(input(node, 0).shape), stridesOf(output(node).shape)];
  return {
    axes: input(node, 0).shape.map((extent, axis) => ({ extent, from: from[axis] as number, to: to[axis] as number })),
    to: pads.reduce((sum, [before], axis) => sum + before * (to[axis] as number), 0),
  };
}

export const layoutRules: Readonly<
  Record<"transpose" | "slice" | "flip" | "pad" | "concat" | "gather" | "scatterAdd" | "oneHot", LoweringRule>
> = {
  transpose: copyRule((node) => {
    const { permutation } = node.attributes as TransposeAttributes;
    const from = stridesOf(input(node, 0).shape);
    const to = stridesOf(output(node).shape);
    return {
      axes: output(node).shape.map((extent, axis) => ({
        extent,
        from: from[permutation[axis] as number] as number,
        to: to[axis] as number,
      })),
    };
  }),
  slice: copyRule((node) => {
    const { starts, steps } = node.attributes as SliceAttributes;
    const from = stridesOf(input(node, 0).shape);
    const to = stridesOf(output(node).shape);
    return {
      axes: output(node).shape.map((extent, axis) => ({
        extent,
        from: (from[axis] as number) * (steps[axis] as number),
        to: to[axis] as number,
      })),
      from: from.reduce((sum, stride, axis) => sum + stride * (starts[axis] as number), 0),
    };
  }),
  flip: copyRule((node) => {
    const { axes } = node.attributes as FlipAttributes;
    const strides = stridesOf(input(node, 0).shape);
    const { shape } = output(node);
    return {
      axes: shape.map((extent, axis) => ({
        extent,
        from: (strides[axis] as number) * (axes.includes(axis) ? -1 : 1),
        to: strides[axis] as number,
      })),
      from: shape.reduce((sum, extent, axis) => sum + (axes.includes(axis) ? (extent - 1) * (strides[axis] as number) : 0), 0),
    };
  }),
  pad: {
    supports: (node) => output(node).dtype === "f32" && joinAxes(boxOfPad(node).axes).length <= kernelAxes,
    lower(node, context) {
      const out = output(node);
      context.emit("fill", [context.buffer(out), out.size, (node.attributes as PadAttributes).value], { work: out.size });
      const { axes, to } = boxOfPad(node);
      emitCopy(context, context.buffer(input(node, 0)), context.buffer(out).plus(to * 4), axes);
    },
  },
  concat: {
    supports: isWord,
    lower(node, context) {
      const { outer, extent, inner } = viewAlong(output(node).shape, (node.attributes as AxisAttributes).axis);
      let start = 0;
      for (const [index, part] of node.inputs.entries()) {
        const run = part.size / outer;
        const axes = [
          { extent: outer, from: run, to: extent * inner },
          { extent: run, from: 1, to: 1 },
        ];
        emitCopy(context, context.buffer(part), context.buffer(output(node)).plus(start * 4), axes, { independent: index > 0 });
        start += run;
      }
    },
  },
  gather: {
    supports: (node) => output(node).dtype === "f32" && output(node).size > 0,
    lower(node, context) {
      const [x, indices, out] = [input(node, 0), input(node, 1), output(node)];
      const { outer, extent, inner } = viewAlong(x.shape, (node.attributes as GatherAttributes).axis);
      context.emit("gather", [context.buffer(x), context.buffer(indices), context.buffer(out), outer, extent, inner, indices.size], {
        work: 2 * out.size,
      });
    },
  },
  scatterAdd: {
    supports: (node) => output(node).dtype === "f32" && output(node).size > 0,
    lower(node, context) {
      const [indices, updates, out] = [input(node, 0), input(node, 1), output(node)];
      const { outer, extent, inner } = viewAlong(out.shape, (node.attributes as ScatterAttributes).axis);
      context.emit(
        "scatterAdd",
        [context.buffer(indices), context.buffer(updates), context.buffer(out), outer, extent, inner, indices.size],
        {
          work: out.size + 2 * updates.size,
        },
      );
    },
  },
  oneHot: {
    supports: (node) => (output(node).dtype === "f32" || output(node).dtype === "i32") && output(node).size > 0,
    lower(node, context) {
      const { depth, dtype } = node.attributes as OneHotAttributes;
      const one = dtype === "f32" ? 0x3f800000 : 1; // the bits of 1
      context.emit("oneHot", [context.buffer(input(node, 0)), context.buffer(output(node)), sizeOf(input(node, 0).shape), depth, one], {
        work: output(node).size,
      });
    },
  },
};
