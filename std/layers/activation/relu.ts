import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const relu: LayerDefinition = elementwise({
  name: "relu",
  summary: "The rectifier: negative numbers become 0.",
  details: "y = max(x, 0). Its gradient is 1 where x > 0 and 0 elsewhere (Nair & Hinton 2010).",
  compute: (x) => operations.relu(x),
});
