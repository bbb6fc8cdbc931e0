import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { alignRanks, broadcastDims } from "../combination/broadcast.js";
import { defineLayer, describeOther, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";
import { reduction } from "./reduction.js";

/** `max(x)` is the greatest number along the last dimension, `max(x, y)` and `max(x, 0)` the greater of each pair. */
export function extreme(name: "max" | "min", word: "greatest" | "least"): LayerDefinition {
  const [pairwise, overAxis] = name === "max" ? [operations.maximum, operations.max] : [operations.minimum, operations.min];
  const along = reduction({
    name,
    summary: `The ${word} number of the last dimension, or the ${name === "max" ? "greater" : "lesser"} of each pair.`,
    details: `y = ${name}(x_1, ..., x_D); with \`other\` (a tensor or a number) y = ${name}(x, other), and the shape stays.`,
    arguments: [{ name: "other", kind: "any", doc: "A tensor or a number to compare with.", positional: true }],
    reduce: (x, axis) => overAxis(x, { axes: axis, keepDims: true }),
  });
  return defineLayer({
    ...along,
    infer(input, args) {
      const other = args["other"] as FlowType | number | undefined;
      if (other === undefined) return along.infer(input, args);
      requireNumbers(name, input);
      if (typeof other === "number") return { output: { shape: input.shape, dtype: input.dtype } };
      if (!Array.isArray(other.shape))
        throw new LayerError(`\`${name}\`: other is a tensor or a number`, { code: "E021", argument: "other" });
      requireNumbers(name, other, describeOther);
      return { output: { shape: broadcastDims("compare", input, other), dtype: input.dtype } };
    },
    forward(input, args, context) {
      const other = args["other"] as Tensor | number | undefined;
      if (other === undefined) return along.forward(input, args, context);
      return typeof other === "number" ? pairwise(input, other) : pairwise(...alignRanks(input, other));
    },
    examples: [...along.examples, { row: `${name} 0`, input: "T x 4", positional: [0] }],
  });
}
