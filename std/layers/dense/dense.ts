import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, initArguments, knownExtent, requireNumbers } from "../define.js";
import type { LayerDefinition, ParameterSpec, TiedLayer } from "../definition.js";
import type { Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";
import { tiedWeightShape } from "./tie.js";

interface DenseArguments {
  units: number;
  bias: boolean;
  tie?: TiedLayer;
  init: Initializer;
  bias_init: Initializer;
}

export const dense: LayerDefinition = defineLayer({
  name: "dense",
  category: "dense and embedding",
  summary: "A fully connected layer: every output is a weighted sum of all inputs.",
  details:
    "y = x W + b on the last dimension: D in, `units` out; T x D in, T x `units` out, the same weights at every step. " +
    "Parameters: weight (D x units), bias (units). An image is an error: flatten or gap first. " +
    "With `tie=embed` the weight of an embedding (V x D) is used, transposed, so that dense V has a bias only " +
    "(Press & Wolf 2017). In PyTorch: `nn.Linear`, whose weight is units x D: transpose it. " +
    "The weights start Xavier-uniform, as in Keras; `init=he` suits deep networks of rectifiers.",
  arguments: [
    { name: "units", kind: "integer", doc: "How many numbers come out.", positional: true, required: true, minimum: 1 },
    { name: "bias", kind: "boolean", doc: "Whether a bias is added.", default: true },
    { name: "tie", kind: "layer", doc: "A layer whose weight is used, transposed, in place of one of its own." },
    ...initArguments,
  ],
  infer(input, args) {
    requireNumbers("dense", input);
    if (input.shape.length !== 1 && input.shape.length !== 2) {
      throw new LayerError(`\`dense\` works on the last dimension, but ${describeFlow(input)}: flatten or gap first?`, { code: "E030" });
    }
    const { units, tie } = args as DenseArguments;
    const features = knownExtent("dense", input.shape.at(-1), input, "how many features come in");
    if (tie !== undefined) {
      const shape = tiedWeightShape("dense", tie);
      if (shape[0] !== units || shape[1] !== features) {
        throw new LayerError(
          `\`dense\`: the weight of \`${tie.definition.name}\` is ${shape.join("x")}, but ${units}x${features} is needed`,
          {
            code: "E031",
            argument: "tie",
            hint: `a tied weight is used transposed: dense ${shape[0]} on a flow with ${shape[1]} features fits`,
          },
        );
      }
    }
    return { output: { shape: [...input.shape.slice(0, -1), units], dtype: input.dtype } };
  },
  parameters(input, args) {
    const { units, bias, tie, init, bias_init } = args as DenseArguments;
    const features = knownExtent("dense", input.shape.at(-1), input, "how many features come in");
    const specs: ParameterSpec[] = [];
    if (tie === undefined) specs.push({ name: "weight", shape: [features, units], init });
    if (bias) specs.push({ name: "bias", shape: [units], init: bias_init });
    return specs;
  },
  forward(input, args, { parameters, tied }) {
    const isTied = (args as DenseArguments).tie !== undefined;
    const { weight } = (isTied ? tied : parameters) as { weight: Tensor };
    const product = operations.matmul(input, weight, { transposeB: isTied }); // (B, D) @ (D, U), or (B, T, D) @ (D, U)
    return parameters["bias"] === undefined ? product : operations.add(product, parameters["bias"]);
  },
  examples: [
    { row: "dense 10", input: "84", positional: [10] },
    { row: "dense 20, init=he, bias=false", input: "T x 16", positional: [20], named: { init: "he", bias: false } },
  ],
});
