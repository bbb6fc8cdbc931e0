import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, knownExtent, requireNumbers } from "../define.js";
import type { Dim, LayerDefinition } from "../definition.js";
import { addDims } from "../dimensions.js";
import { normal, type Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";

interface TokenArguments {
  count: number;
  init?: Initializer;
}

export const token: LayerDefinition = defineLayer({
  name: "token",
  category: "attention",
  summary: "Puts learned vectors in front of a sequence: ViT's class token.",
  details:
    "T x D in, (T + count) x D out: the learned vectors, then the flow. `first` takes the class token out again at the end. " +
    "Parameter: weight (count x D), which starts normal(0, 0.02). Source: Dosovitskiy et al. 2021.",
  arguments: [
    { name: "count", kind: "integer", doc: "How many vectors.", positional: true, default: 1, minimum: 1 },
    { name: "init", kind: "initializer", doc: "How the vectors start.", defaultText: "normal(0, 0.02)" },
  ],
  infer(input, args) {
    requireNumbers("token", input);
    if (input.shape.length !== 2)
      throw new LayerError(`\`token\` works on a sequence, time x features, but ${describeFlow(input)}`, { code: "E030" });
    return {
      output: { shape: [addDims(input.shape[0] as Dim, (args as TokenArguments).count), ...input.shape.slice(1)], dtype: input.dtype },
    };
  },
  parameters(input, args) {
    const { count, init } = args as TokenArguments;
    return [
      {
        name: "weight",
        shape: [count, knownExtent("token", input.shape[1], input, "how many features come in")],
        init: init ?? normal(0, 0.02),
      },
    ];
  },
  forward(input, _, { parameters }) {
    const { weight } = parameters as { weight: Tensor };
    const vectors = operations.broadcastTo(weight, [input.shape[0] as number, ...weight.shape]); // (count, D) -> (B, count, D)
    return operations.concat([vectors, input], 1);
  },
  examples: [{ row: "token", input: "T x 4" }],
});
