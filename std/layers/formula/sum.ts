import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { reduction } from "./reduction.js";

export const sum: LayerDefinition = reduction({
  name: "sum",
  summary: "The sum over the last dimension.",
  details: "y = x_1 + ... + x_D.",
  reduce: (x, axis) => operations.sum(x, { axes: axis, keepDims: true }),
});
