import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { pooling } from "./pooling.js";

export const l2pool: LayerDefinition = pooling({
  name: "l2pool",
  summary: "The length of the vector in each window.",
  details: "y[i, j, c] = sqrt(sum over the window of x^2). PyTorch: `nn.LPPool2d(2, size)`.",
  pool: operations.l2Pool,
});
