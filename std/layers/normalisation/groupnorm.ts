import * as operations from "../../tensor/index.js";
import { requireFeatures } from "../activation/softmax.js";
import { defineLayer, knownExtent } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";
import { affineOf, affineParameters, normalisationArguments } from "./affine.js";

export const groupnorm: LayerDefinition = defineLayer({
  name: "groupnorm",
  category: "normalisation",
  summary: "Group normalisation: groups of channels of each example to mean 0 and variance 1.",
  details:
    "As `bn`, with mean and variance over the channels of a group and all places of one example, so that it does not depend on the " +
    "batch. " +
    "H x W x C in, the same out. Parameters: scale, shift (C). In PyTorch: `nn.GroupNorm(groups, C)`. Source: Wu & He 2018.",
  arguments: [
    { name: "groups", kind: "integer", doc: "How many groups the channels are split into.", positional: true, default: 32, minimum: 1 },
    ...normalisationArguments,
  ],
  infer(input, { groups }) {
    requireFeatures("groupnorm", input);
    const channels = knownExtent("groupnorm", input.shape.at(-1), input, "how many channels come in");
    if (channels % (groups as number) !== 0) {
      throw new LayerError(`\`groupnorm\`: groups=${groups as number} does not divide the ${channels} channels of the flow`, {
        code: "E033",
        argument: "groups",
      });
    }
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters: (input, { affine }) => affineParameters("groupnorm", input, affine as boolean),
  forward(input, { groups, epsilon }, context) {
    const { scale, shift } = affineOf(input, context);
    return operations.groupNorm(input, scale, shift, groups as number, { epsilon: epsilon as number });
  },
  examples: [{ row: "groupnorm 2", input: "4x4x6", positional: [2] }],
});
