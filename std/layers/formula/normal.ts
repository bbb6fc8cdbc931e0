import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { randomSource } from "./random-source.js";

export const normal: LayerDefinition = randomSource({
  name: "normal",
  summary: "Numbers from a normal distribution, drawn anew each step: a generator's input.",
  details: "y = mean + std * sqrt(-2 ln(1 - u)) * cos(2 pi v) with u and v even in [0, 1) (Box & Muller 1958).",
  arguments: [
    { name: "mean", kind: "number", doc: "The mean.", default: 0 },
    { name: "std", kind: "number", doc: "The standard deviation.", default: 1, minimum: 0 },
  ],
  draw(shape, { mean, std }, context) {
    const radius = operations.sqrt(operations.mul(operations.log(operations.sub(1, context.uniform(shape, 0))), -2));
    const direction = operations.cos(operations.mul(context.uniform(shape, 1), 2 * Math.PI));
    return operations.add(operations.mul(operations.mul(radius, direction), std as number), mean as number);
  },
});
