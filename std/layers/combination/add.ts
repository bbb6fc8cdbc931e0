import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, describeOther, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { compareShapes } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

export const add: LayerDefinition = defineLayer({
  name: "add",
  category: "combination",
  summary: "Adds other tensors to the flow: the skip connection of a residual block.",
  details:
    "y = x + a + b + ...; every tensor has the shape of the flow. No parameters. " +
    "(In formulas, `x + a` also broadcasts.) Source: He et al. 2016 (residual blocks).",
  arguments: [{ name: "tensors", kind: "tensor", doc: "What is added.", positional: true, rest: true, required: true }],
  infer(input, { tensors }) {
    requireNumbers("add", input);
    for (const other of tensors as readonly FlowType[]) {
      requireNumbers("add", other, describeOther);
      if (compareShapes(input.shape, other.shape) === "unequal") {
        throw new LayerError(`cannot add: ${describeFlow(input)}, ${describeOther(other)}`, { code: "E031", argument: "tensors" });
      }
    }
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input, { tensors }) => (tensors as readonly Tensor[]).reduce((sum, other) => operations.add(sum, other), input),
  examples: [{ row: "add skip", input: "8x8x4", positional: [{ shape: [8, 8, 4], dtype: "f32", name: "skip" }] }],
});
