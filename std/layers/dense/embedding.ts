import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { normal, type Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";

interface EmbeddingArguments {
  vocabulary: number;
  width: number;
  scale: number;
  init?: Initializer;
}

export const embedding: LayerDefinition = defineLayer({
  name: "embedding",
  category: "dense and embedding",
  summary: "A vector for each token id.",
  details:
    "y[t] = scale * weight[x[t]]. T int in, T x `width` out. Parameter: weight (vocabulary x width), as `nn.Embedding` in PyTorch. " +
    "It starts normal with deviation 1 / sqrt(width), so that vectors have length 1, and with `scale=sqrt(d)` each number has variance 1 " +
    "and a tied output starts at a sensible size (Vaswani et al. 2017, section 3.4).",
  arguments: [
    {
      name: "vocabulary",
      kind: "integer",
      doc: "How many tokens there are: ids from 0 to vocabulary - 1.",
      positional: true,
      required: true,
      minimum: 1,
    },
    { name: "width", kind: "integer", doc: "How many numbers a vector has.", positional: true, required: true, minimum: 1 },
    { name: "scale", kind: "number", doc: "What the vectors are multiplied by.", default: 1 },
    { name: "init", kind: "initializer", doc: "How the vectors start.", defaultText: "normal(0, 1/sqrt(width))" },
  ],
  infer(input, args) {
    if (input.dtype !== "i32" && input.dtype !== "u8") {
      throw new LayerError(`\`embedding\` takes token ids, but ${describeFlow(input)}, which are numbers`, {
        code: "E035",
        hint: "an input of ids is declared with int: ids: T int",
      });
    }
    return { output: { shape: [...input.shape, (args as EmbeddingArguments).width], dtype: "f32" } };
  },
  parameters(_, args) {
    const { vocabulary, width, init } = args as EmbeddingArguments;
    return [{ name: "weight", shape: [vocabulary, width], init: init ?? normal(0, 1 / Math.sqrt(width)) }];
  },
  forward(input, args, { parameters }) {
    const { scale } = args as EmbeddingArguments;
    const { weight } = parameters as { weight: Tensor };
    const vectors = operations.embedding(weight, input); // (B, T) -> (B, T, D)
    return scale === 1 ? vectors : operations.mul(vectors, scale);
  },
  examples: [
    { row: "embedding 100, 32", input: "T int", positional: [100, 32] },
    { row: "embedding 10, 4, scale=2", input: "6 int", positional: [10, 4], named: { scale: 2 } },
  ],
});
