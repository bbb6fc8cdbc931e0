import * as operations from "../../tensor/index.js";
import { defineLayer, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { spatialRank } from "../window.js";
import { affineOf, affineParameters, normalisationArguments } from "./affine.js";

export const instancenorm: LayerDefinition = defineLayer({
  name: "instancenorm",
  category: "normalisation",
  summary: "Instance normalisation: each channel of each example to mean 0 and variance 1.",
  details:
    "As `bn`, with mean and variance over the places of one example: it takes contrast out of an image. H x W x C in, the same out. " +
    "Parameters: scale, shift (C). In PyTorch: `nn.InstanceNorm2d(C, affine=True)`. Source: Ulyanov et al. 2016.",
  arguments: normalisationArguments,
  infer(input) {
    requireNumbers("instancenorm", input);
    spatialRank("instancenorm", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters: (input, { affine }) => affineParameters("instancenorm", input, affine as boolean),
  forward(input, { epsilon }, context) {
    const { scale, shift } = affineOf(input, context);
    return operations.instanceNorm(input, scale, shift, { epsilon: epsilon as number });
  },
  examples: [{ row: "instancenorm", input: "4x5x3" }],
});
