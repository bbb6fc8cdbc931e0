import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const abs: LayerDefinition = elementwise({
  name: "abs",
  category: "formula",
  summary: "The size of each number.",
  details: "y = |x|.",
  compute: (x) => operations.abs(x),
  examples: [{ row: "abs", input: "T x 4" }],
});
