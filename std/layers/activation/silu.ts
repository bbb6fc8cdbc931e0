import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const silu: LayerDefinition = elementwise({
  name: "silu",
  summary: "x times its sigmoid, also called swish.",
  details: "y = x / (1 + e^(-x)) (Elfwing et al. 2018; Ramachandran et al. 2017).",
  compute: (x) => operations.silu(x),
});
