import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const softplus: LayerDefinition = elementwise({
  name: "softplus",
  summary: "A smooth rectifier.",
  details: "y = log(1 + e^x), computed so that it does not overflow.",
  compute: (x) => operations.softplus(x),
});
