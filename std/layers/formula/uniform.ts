import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { randomSource } from "./random-source.js";

export const uniform: LayerDefinition = randomSource({
  name: "uniform",
  summary: "Numbers spread evenly over an interval, drawn anew each step.",
  details: "y = from + (to - from) * u with u even in [0, 1).",
  arguments: [
    { name: "from", kind: "number", doc: "The lower end.", default: 0 },
    { name: "to", kind: "number", doc: "The upper end.", default: 1 },
  ],
  draw: (shape, { from, to }, context) =>
    operations.add(operations.mul(context.uniform(shape), (to as number) - (from as number)), from as number),
});
