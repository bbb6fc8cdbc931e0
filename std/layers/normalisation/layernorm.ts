import * as operations from "../../tensor/index.js";
import { requireFeatures } from "../activation/softmax.js";
import { defineLayer } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { affineOf, affineParameters, normalisationArguments } from "./affine.js";

export const layernorm: LayerDefinition = defineLayer({
  name: "layernorm",
  category: "normalisation",
  summary: "Layer normalisation: each vector of the last dimension to mean 0 and variance 1.",
  details:
    "y = scale * (x - mean(x)) / sqrt(var(x) + epsilon) + shift over the last dimension. Any shape in, the same out. " +
    "Parameters: scale, shift (D). In PyTorch: `nn.LayerNorm(D)`. Source: Ba, Kiros & Hinton 2016.",
  arguments: normalisationArguments,
  infer(input) {
    requireFeatures("layernorm", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters: (input, { affine }) => affineParameters("layernorm", input, affine as boolean),
  forward(input, { epsilon }, context) {
    const { scale, shift } = affineOf(input, context);
    return operations.layerNorm(input, scale, shift, { epsilon: epsilon as number });
  },
  examples: [
    { row: "layernorm", input: "T x 8" },
    { row: "layernorm affine=false", input: "3x3x4", named: { affine: false } },
  ],
});
