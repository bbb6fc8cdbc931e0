import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const sqrt: LayerDefinition = elementwise({
  name: "sqrt",
  category: "formula",
  summary: "The square root of each number.",
  details: "y = sqrt(x), for x >= 0; of a number of the net (`sqrt(k)`) it is a number.",
  compute: (x) => operations.sqrt(x),
  examples: [{ row: "sqrt", input: "T x 4" }],
});
