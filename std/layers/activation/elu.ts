import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { elementwise } from "./elementwise.js";

export const elu: LayerDefinition = elementwise({
  name: "elu",
  summary: "The exponential linear unit.",
  details: "y = x where x > 0, alpha * (e^x - 1) elsewhere (Clevert et al. 2016).",
  arguments: [
    { name: "alpha", kind: "number", doc: "What y tends to, negated, for very negative x.", positional: true, default: 1, minimum: 0 },
  ],
  compute: (x, { alpha }) => operations.elu(x, alpha as number),
  examples: [{ row: "elu", input: "8" }],
});
