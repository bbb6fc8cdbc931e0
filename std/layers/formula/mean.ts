import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { reduction } from "./reduction.js";

export const mean: LayerDefinition = reduction({
  name: "mean",
  summary: "The mean over the last dimension.",
  details: "y = (x_1 + ... + x_D) / D.",
  reduce: (x, axis) => operations.mean(x, { axes: axis, keepDims: true }),
});
