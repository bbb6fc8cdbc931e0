import * as operations from "../../tensor/index.js";
import { defineLayer, describeFlow } from "../define.js";
import type { Dim, LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";

export const transpose: LayerDefinition = defineLayer({
  name: "transpose",
  category: "shape",
  summary: "Swaps the last two dimensions: S x D becomes D x S.",
  details:
    "y[.., i, j] = x[.., j, i]. With `order=[2, 0, 1]` dimension i of the result is dimension `order[i]` of the flow " +
    "(counted from 0, without the batch). No parameters.",
  arguments: [
    { name: "order", kind: "size", doc: "Which dimension of the flow comes where.", defaultText: "the last two swapped", minimum: 0 },
  ],
  usableInFormula: true,
  infer(input, { order }) {
    const rank = input.shape.length;
    if (order === undefined && rank < 2) {
      throw new LayerError(`\`transpose\` swaps the last two dimensions, but ${describeFlow(input)}`, { code: "E030" });
    }
    const axes = order === undefined ? swapLast(rank) : [order as number | readonly number[]].flat();
    if (axes.length !== rank || !Array.from({ length: rank }, (_, axis) => axes.includes(axis)).every(Boolean)) {
      throw new LayerError(`\`transpose\`: order names each dimension once, from 0 to ${rank - 1}, but ${describeFlow(input)}`, {
        code: "E030",
        argument: "order",
      });
    }
    return { output: { shape: axes.map((axis) => input.shape[axis] as Dim), dtype: input.dtype } };
  },
  forward(input, { order }) {
    return operations.transpose(
      input,
      order === undefined ? undefined : [0, ...[order as number | readonly number[]].flat().map((axis) => axis + 1)],
    );
  },
  examples: [
    { row: "transpose", input: "S x 8" },
    { row: "transpose order=[2, 0, 1]", input: "4x5x3", named: { order: [2, 0, 1] } },
  ],
});

function swapLast(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : axis === rank - 2 ? rank - 1 : rank - 2));
}
