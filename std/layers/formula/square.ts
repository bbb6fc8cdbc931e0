import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const square: LayerDefinition = elementwise({
  name: "square",
  category: "formula",
  summary: "Each number times itself.",
  details: "y = x^2.",
  compute: (x) => operations.square(x),
  examples: [{ row: "square", input: "T x 4" }],
});
