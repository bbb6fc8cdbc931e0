import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { randomSource } from "./random-source.js";

export const uniform: LayerDefinition = randomSource({
  name: "uniform",
  summary: "Numbers spread evenly over an interval, drawn anew each step.",
  details: "y = low + (high - low) * u with u even in [0, 1).",
  arguments: [
    { name: "low", kind: "number", doc: "The lower end.", default: 0 },
    { name: "high", kind: "number", doc: "The upper end.", default: 1 },
  ],
  draw: (shape, { low, high }, context) =>
    operations.add(operations.mul(context.uniform(shape), (high as number) - (low as number)), low as number),
});
