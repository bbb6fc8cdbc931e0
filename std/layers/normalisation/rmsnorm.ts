import * as operations from "../../tensor/index.js";
import { requireFeatures } from "../activation/softmax.js";
import { defineLayer } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { affineOf, affineParameters, normalisationArguments } from "./affine.js";

export const rmsnorm: LayerDefinition = defineLayer({
  name: "rmsnorm",
  category: "normalisation",
  summary: "Root-mean-square normalisation: each vector of the last dimension to mean square 1.",
  details:
    "y = scale * x / sqrt(mean(x^2) + epsilon) over the last dimension. Any shape in, the same out. Parameter: scale (D). " +
    "Source: Zhang & Sennrich 2019; LLaMA.",
  arguments: normalisationArguments.map((spec) => (spec.name === "affine" ? { ...spec, doc: "Whether a trained scale follows." } : spec)),
  infer(input) {
    requireFeatures("rmsnorm", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters: (input, { affine }) => affineParameters("rmsnorm", input, affine as boolean).slice(0, 1),
  forward: (input, { epsilon }, context) => operations.rmsNorm(input, affineOf(input, context).scale, { epsilon: epsilon as number }),
  examples: [{ row: "rmsnorm", input: "T x 8" }],
});
