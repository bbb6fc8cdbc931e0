import * as operations from "../../tensor/index.js";
import { elementwise } from "../activation/elementwise.js";
import type { LayerDefinition } from "../definition.js";

export const log: LayerDefinition = elementwise({
  name: "log",
  category: "formula",
  summary: "The natural logarithm of each number.",
  details: "y = ln x, for x > 0.",
  compute: (x) => operations.log(x),
  examples: [{ row: "log", input: "T x 4" }],
});
