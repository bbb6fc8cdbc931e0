import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { compareShapes, formatFlow } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

/** "`skip` is 56x56x64", or "the other is 56x56x64" for a tensor without a name. */
export function describeOther(flow: FlowType): string {
  return `${flow.name === undefined ? "the other" : `\`${flow.name}\``} is ${formatFlow(flow)}`;
}

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
      requireNumbers("add", other);
      if (compareShapes(input.shape, other.shape) === "unequal") {
        throw new LayerError(`cannot add: ${describeFlow(input)}, ${describeOther(other)}`, { code: "E031", argument: "tensors" });
      }
    }
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input, { tensors }) => (tensors as readonly Tensor[]).reduce((sum, other) => operations.add(sum, other), input),
  examples: [{ row: "add skip", input: "8x8x4", positional: [{ shape: [8, 8, 4], dtype: "f32", name: "skip" }] }],
});
