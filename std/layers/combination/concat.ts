import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, describeOther } from "../define.js";
import type { Dim, FlowType, LayerDefinition } from "../definition.js";
import { addDims, compareDims } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

interface ConcatArguments<T> {
  tensors: readonly T[];
  axis: number;
}

export const concat: LayerDefinition = defineLayer({
  name: "concat",
  category: "combination",
  summary: "Puts other tensors behind the flow, along the last dimension.",
  details:
    "H x W x C and H x W x D in, H x W x (C + D) out: the flow first, then the tensors in their order; all other dimensions are equal. " +
    "`axis` counts the dimensions of the flow from 0, or from the end with -1. No parameters. Sources: Szegedy et al. 2015; " +
    "Ronneberger et al. 2015.",
  arguments: [
    { name: "tensors", kind: "tensor", doc: "What is put behind the flow.", positional: true, rest: true, required: true },
    { name: "axis", kind: "integer", doc: "The dimension that grows: 0 is the first of the flow, -1 the last.", default: -1 },
  ],
  infer(input, args) {
    const { tensors, axis } = args as ConcatArguments<FlowType>;
    const { shape } = input;
    const at = axis < 0 ? axis + shape.length : axis;
    if (at < 0 || at >= shape.length) {
      throw new LayerError(`\`concat\`: there is no dimension ${axis}, ${describeFlow(input)}`, { code: "E030", argument: "axis" });
    }
    let joined: Dim = shape[at] as Dim;
    for (const other of tensors) {
      const fits =
        other.shape.length === shape.length &&
        shape.every((dim, index) => index === at || compareDims(dim, other.shape[index] as Dim) !== "unequal");
      if (!fits || (other.dtype === "i32") !== (input.dtype === "i32")) {
        throw new LayerError(`cannot concat: ${describeFlow(input)}, ${describeOther(other)}`, {
          code: "E031",
          argument: "tensors",
          hint:
            `all dimensions but ${at === shape.length - 1 ? "the last" : `number ${at}`} must be equal; crop(...) cuts a larger ` +
            `map to the size of the flow`,
        });
      }
      joined = addDims(joined, other.shape[at] as Dim);
    }
    return { output: { shape: shape.with(at, joined), dtype: input.dtype } };
  },
  forward(input, args) {
    const { tensors, axis } = args as ConcatArguments<Tensor>;
    return operations.concat([input, ...tensors], axis < 0 ? axis : axis + 1);
  },
  examples: [
    {
      row: "concat p, q",
      input: "4x4x3",
      positional: [
        { shape: [4, 4, 2], dtype: "f32", name: "p" },
        { shape: [4, 4, 1], dtype: "f32", name: "q" },
      ],
    },
    { row: "concat context, axis=0", input: "T x 4", positional: [{ shape: [2, 4], dtype: "f32", name: "context" }], named: { axis: 0 } },
  ],
});
