import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const relu6: LayerDefinition = elementwise({
  name: "relu6",
  summary: "The rectifier, cut off at 6, as in MobileNet.",
  details: "y = min(max(x, 0), 6) (Howard et al. 2017; `ReLU6` in PyTorch).",
  compute: (x) => operations.minimum(operations.relu(x), 6),
});
