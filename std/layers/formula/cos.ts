import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const cos: LayerDefinition = elementwise({
  name: "cos",
  category: "formula",
  summary: "The cosine of each number.",
  details: "y = cos x, x in radians.",
  compute: (x) => operations.cos(x),
  examples: [{ row: "cos", input: "T x 4" }],
});
