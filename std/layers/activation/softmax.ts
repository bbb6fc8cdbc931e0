import * as operations from "../../tensor/index.js";
import { defineLayer, describeFlow, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";

/** @throws LayerError E030 for a scalar flow, which has no dimension to normalise over. */
export function requireFeatures(layer: string, input: FlowType): void {
  requireNumbers(layer, input);
  if (input.shape.length === 0)
    throw new LayerError(`\`${layer}\` works on the last dimension, but ${describeFlow(input)}`, { code: "E030" });
}

export const softmax: LayerDefinition = defineLayer({
  name: "softmax",
  category: "activation",
  summary: "Scores to probabilities that sum to 1, over the last dimension.",
  details:
    "y_i = e^(x_i) / sum_j e^(x_j) over the last dimension (channels of an image, features of a sequence). " +
    "Any shape in, the same shape out; no parameters. The greatest score is subtracted first, so that nothing overflows.",
  arguments: [],
  usableInFormula: true,
  infer(input) {
    requireFeatures("softmax", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input) => operations.softmax(input),
  examples: [
    { row: "softmax", input: "10" },
    { row: "softmax", input: "T x S" },
  ],
});
