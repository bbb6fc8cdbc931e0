import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, describeOther, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { compareShapes } from "../dimensions.js";
import { LayerError } from "../layer-error.js";
import { alignRanks, broadcastDims } from "./broadcast.js";

export const mul: LayerDefinition = defineLayer({
  name: "mul",
  category: "combination",
  summary: "Multiplies the flow by other tensors: a gate.",
  details:
    "y = x * a * b * ...; every tensor has the shape of the flow, or lacks its first dimensions or has 1 in their place: " +
    "H x W x C times C scales channels (squeeze and excitation, Hu et al. 2018). No parameters.",
  arguments: [{ name: "tensors", kind: "tensor", doc: "What the flow is multiplied by.", positional: true, rest: true, required: true }],
  infer(input, { tensors }) {
    requireNumbers("mul", input);
    for (const other of tensors as readonly FlowType[]) {
      requireNumbers("mul", other, describeOther);
      const shape = broadcastDims("multiply", input, other);
      if (compareShapes(shape, input.shape) === "unequal") {
        throw new LayerError(`cannot multiply: ${describeFlow(input)}, ${describeOther(other)}`, { code: "E031", argument: "tensors" });
      }
    }
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input, { tensors }) =>
    (tensors as readonly Tensor[]).reduce((product, other) => operations.mul(...alignRanks(product, other)), input),
  examples: [
    { row: "mul gate", input: "T x 8", positional: [{ shape: [{ text: "T" }, 8], dtype: "f32", name: "gate" }] },
    { row: "mul scale", input: "4x4x8", positional: [{ shape: [8], dtype: "f32", name: "scale" }] },
  ],
});
