import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const sin: LayerDefinition = elementwise({
  name: "sin",
  category: "formula",
  summary: "The sine of each number.",
  details: "y = sin x, x in radians.",
  compute: (x) => operations.sin(x),
  examples: [{ row: "sin", input: "T x 4" }],
});
