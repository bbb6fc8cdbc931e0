import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const selu: LayerDefinition = elementwise({
  name: "selu",
  summary: "The self-normalising exponential unit.",
  details: "y = 1.0507 * (x where x > 0, 1.6733 * (e^x - 1) elsewhere) (Klambauer et al. 2017).",
  compute: (x) => operations.selu(x),
});
