import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { pooling } from "./pooling.js";

export const avgpool: LayerDefinition = pooling({
  name: "avgpool",
  summary: "The mean of each window.",
  details:
    "y[i, j, c] = mean over the window of x. Padding is not counted, as in Keras; `nn.AvgPool2d(count_include_pad=False)` in PyTorch.",
  pool: operations.avgPool,
});
