import * as operations from "../../tensor/index.js";
import { defineLayer } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { requireFeatures } from "./softmax.js";

export const logsoftmax: LayerDefinition = defineLayer({
  name: "logsoftmax",
  category: "activation",
  summary: "The logarithm of softmax, over the last dimension.",
  details: "y_i = x_i - log(sum_j e^(x_j)) over the last dimension. Any shape in, the same shape out; no parameters.",
  arguments: [],
  usableInFormula: true,
  infer(input) {
    requireFeatures("logsoftmax", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  forward: (input) => operations.logSoftmax(input),
  examples: [{ row: "logsoftmax", input: "10" }],
});
