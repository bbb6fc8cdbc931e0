import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { pooling } from "./pooling.js";

export const maxpool: LayerDefinition = pooling({
  name: "maxpool",
  summary: "The greatest number of each window.",
  details: "y[i, j, c] = max over the window of x. Padding counts as -infinity: it is never the greatest. PyTorch: `nn.MaxPool2d`.",
  pool: operations.maxPool,
});
