import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { globalPooling } from "./global.js";

export const gap: LayerDefinition = globalPooling({
  name: "gap",
  summary: "Global average pooling: the mean of each channel.",
  details: "y[c] = mean of x[.., c] over all places (Lin et al. 2014).",
  reduce: (x, axes) => operations.mean(x, { axes }),
});
