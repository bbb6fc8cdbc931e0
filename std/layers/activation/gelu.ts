import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const gelu: LayerDefinition = elementwise({
  name: "gelu",
  summary: "x times the probability that a normal variable is below x, as in BERT and GPT.",
  details:
    "y = x * (1 + erf(x / sqrt 2)) / 2; with `approximate=true` the formula GPT-2 uses, " +
    "y = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) (Hendrycks & Gimpel 2016).",
  arguments: [{ name: "approximate", kind: "boolean", doc: "Whether the formula with tanh is used.", default: false }],
  compute: (x, { approximate }) => operations.gelu(x, approximate === true ? "tanh" : "exact"),
  examples: [
    { row: "gelu", input: "T x 16" },
    { row: "gelu approximate=true", input: "T x 16", named: { approximate: true } },
  ],
});
