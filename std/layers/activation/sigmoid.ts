import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const sigmoid: LayerDefinition = elementwise({
  name: "sigmoid",
  summary: "The logistic function: any number to between 0 and 1.",
  details: "y = 1 / (1 + e^(-x)).",
  compute: (x) => operations.sigmoid(x),
});
