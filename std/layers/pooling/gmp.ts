import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { globalPooling } from "./global.js";

export const gmp: LayerDefinition = globalPooling({
  name: "gmp",
  summary: "Global max pooling: the greatest number of each channel.",
  details: "y[c] = max of x[.., c] over all places.",
  reduce: (x, axes) => operations.max(x, { axes }),
});
