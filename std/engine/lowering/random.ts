import type { RandomUniformAttributes } from "../../tensor/operations/random-uniform.js";
import { input, output } from "./arguments.js";
import type { LoweringRule } from "./contract.js";

export const randomRules: Readonly<Record<"randomUniform", LoweringRule>> = {
  randomUniform: {
    supports: (node) => output(node).dtype === "f32" && output(node).size > 0,
    lower(node, context) {
      const { key, stride } = node.attributes as RandomUniformAttributes;
      context.emit(
        "randomUniform",
        [
          context.buffer(input(node, 0)),
          context.buffer(input(node, 1)),
          context.buffer(output(node)),
          output(node).size,
          stride,
          key[0] | 0,
          key[1] | 0,
        ],
        {
          work: 10 * output(node).size,
        },
      );
    },
  },
};
