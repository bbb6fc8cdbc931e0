import { dropByMask } from "./mask.js";
import { defineLayer, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";

export const dropout: LayerDefinition = defineLayer({
  name: "dropout",
  category: "dropout",
  summary: "Sets each number to 0 with a given probability while training.",
  details:
    "In training y = x * m / (1 - rate) with m = 0 with probability `rate` and 1 otherwise, drawn anew for every number and step; " +
    "otherwise y = x (inverted dropout, so that nothing needs scaling when predicting). Any shape in, the same shape out. " +
    "Source: Srivastava et al., *Dropout*, JMLR 2014.",
  arguments: [
    {
      name: "rate",
      kind: "number",
      doc: "The probability of a number to be dropped.",
      positional: true,
      default: 0.5,
      minimum: 0,
      maximum: 1,
    },
  ],
  infer(input) {
    requireNumbers("dropout", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input, { rate }, context) => dropByMask(input, rate as number, input.shape, context),
  examples: [{ row: "dropout 0.2", input: "128", positional: [0.2] }],
});
