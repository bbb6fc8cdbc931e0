import type { Node } from "../../tensor/graph.js";
import { viewAlong } from "../../tensor/offsets.js";
import type { AxisAttributes } from "../../tensor/operations/arg-extremes.js";
import type { GatherAttributes, OneHotAttributes, ScatterAttributes } from "../../tensor/operations/indexing.js";
import type { TransposeAttributes } from "../../tensor/operations/reshaping.js";
import type { FlipAttributes, PadAttributes, SliceAttributes } from "../../tensor/operations/slicing.js";
import { sizeOf, stridesOf } from "../../tensor/shape.js";
import { input, isWord, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";
import { emitCopy, joinAxes, kernelAxes, type CopyAxis } from "./copies.js";
import { isByte, isKnown } from "./elements.js";

/** Nodes that are one copied box: where it begins on both sides, and its axes. */
function copyRule(boxOf: (node: Node) => { axes: CopyAxis[]; from?: number; to?: number }): LoweringRule {
  return {
    supports: (node) => isKnown(output(node)) && joinAxes(boxOf(node).axes).length <= kernelAxes,
    lower(node, context) {
      const { axes, from = 0, to = 0 } = boxOf(node);
      const bytes = isByte(output(node));
      const size = bytes ? 1 : 4;
      emitCopy(context, context.buffer(input(node, 0)).plus(from * size), context.buffer(output(node)).plus(to * size), axes, { bytes });
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
    supports: (node) => isKnown(output(node)) && joinAxes(boxOfPad(node).axes).length <= kernelAxes,
    lower(node, context) {
      const out = output(node);
      const bytes = isByte(out);
      const fill = bytes ? "fillBytes" : out.dtype === "i32" ? "fillIntegers" : "fill";
      const { value } = node.attributes as PadAttributes;
      context.emit(fill, [context.buffer(out), out.size, out.dtype === "f32" ? value : Math.trunc(value)], { work: out.size });
      const { axes, to } = boxOfPad(node);
      emitCopy(context, context.buffer(input(node, 0)), context.buffer(out).plus(to * (bytes ? 1 : 4)), axes, { bytes });
    },
  },
  concat: {
    supports: (node) => isKnown(output(node)),
    lower(node, context) {
      const bytes = isByte(output(node));
      const { outer, extent, inner } = viewAlong(output(node).shape, (node.attributes as AxisAttributes).axis);
      let start = 0;
      for (const [index, part] of node.inputs.entries()) {
        const run = part.size / outer;
        const axes = [
          { extent: outer, from: run, to: extent * inner },
          { extent: run, from: 1, to: 1 },
        ];
        emitCopy(context, context.buffer(part), context.buffer(output(node)).plus(start * (bytes ? 1 : 4)), axes, {
          bytes,
          independent: index > 0,
        });
        start += run;
      }
    },
  },
  gather: {
    supports: (node) => isKnown(output(node)) && output(node).size > 0,
    lower(node, context) {
      const [x, indices, out] = [input(node, 0), input(node, 1), output(node)];
      const { outer, extent, inner } = viewAlong(x.shape, (node.attributes as GatherAttributes).axis);
      const [kernel, row] = x.dtype === "f32" ? ["gather", inner] : ["gatherBytes", isByte(x) ? inner : 4 * inner];
      context.emit(kernel, [context.buffer(x), context.buffer(indices), context.buffer(out), outer, extent, row, indices.size], {
        work: 2 * out.size,
      });
    },
  },
  scatterAdd: {
    supports: (node) => isWord(node) && output(node).size > 0,
    lower(node, context) {
      const [indices, updates, out] = [input(node, 0), input(node, 1), output(node)];
      const { outer, extent, inner } = viewAlong(out.shape, (node.attributes as ScatterAttributes).axis);
      context.emit(
        out.dtype === "f32" ? "scatterAdd" : "scatterAddIntegers",
        [context.buffer(indices), context.buffer(updates), context.buffer(out), outer, extent, inner, indices.size],
        {
          work: out.size + 2 * updates.size,
        },
      );
    },
  },
  oneHot: {
    supports: (node) => isKnown(output(node)) && output(node).size > 0,
    lower(node, context) {
      const { depth, dtype } = node.attributes as OneHotAttributes;
      const buffers = [context.buffer(input(node, 0)), context.buffer(output(node))];
      const sizes = [sizeOf(input(node, 0).shape), depth];
      const work = output(node).size;
      if (isByte(output(node))) context.emit("oneHotBytes", [...buffers, ...sizes], { work });
      else context.emit("oneHot", [...buffers, ...sizes, dtype === "f32" ? 0x3f800000 : 1], { work }); // the bits of 1
    },
  },
};
