import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const leakyrelu: LayerDefinition = elementwise({
  name: "leakyrelu",
  summary: "A rectifier that lets a little of negative numbers through.",
  details: "y = x where x > 0, slope * x elsewhere (Maas et al. 2013).",
  arguments: [{ name: "slope", kind: "number", doc: "The slope for negative numbers.", positional: true, default: 0.01, minimum: 0 }],
  compute: (x, { slope }) => operations.leakyRelu(x, slope as number),
  examples: [{ row: "leakyrelu 0.2", input: "7x7x4", positional: [0.2] }],
});
