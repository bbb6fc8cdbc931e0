import { defineLayer, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { dropByMask } from "./mask.js";

export const spatialdropout: LayerDefinition = defineLayer({
  name: "spatialdropout",
  category: "dropout",
  summary: "Sets whole channels to 0 with a given probability while training.",
  details:
    "As `dropout`, with one draw for each channel of each example: neighbouring places of a feature map are alike, so that dropping " +
    "single numbers of it does little. H x W x C in, the same shape out. Source: Tompson et al. 2015; `nn.Dropout2d` in PyTorch.",
  arguments: [
    {
      name: "rate",
      kind: "number",
      doc: "The probability of a channel to be dropped.",
      positional: true,
      default: 0.5,
      minimum: 0,
      maximum: 1,
    },
  ],
  infer(input) {
    requireNumbers("spatialdropout", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward(input, { rate }, context) {
    const { shape } = input;
    // (B, 1, 1, C): one draw for each channel
    const maskShape = shape.map((extent, axis) => (axis === 0 || axis === shape.length - 1 ? extent : 1));
    return dropByMask(input, rate as number, maskShape, context);
  },
  examples: [{ row: "spatialdropout 0.2", input: "8x8x4", positional: [0.2] }],
});
