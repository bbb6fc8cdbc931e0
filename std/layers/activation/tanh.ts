import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const tanh: LayerDefinition = elementwise({
  name: "tanh",
  summary: "The hyperbolic tangent: any number to between -1 and 1.",
  details: "y = (e^x - e^(-x)) / (e^x + e^(-x)).",
  compute: (x) => operations.tanh(x),
});
