import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const exp: LayerDefinition = elementwise({
  name: "exp",
  category: "formula",
  summary: "e to the power of each number.",
  details: "y = e^x.",
  compute: (x) => operations.exp(x),
  examples: [{ row: "exp", input: "T x 4" }],
});
