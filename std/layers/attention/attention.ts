import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, describeOther, knownExtent, requireNumbers } from "../define.js";
import type { Dim, FlowType, ForwardContext, LayerDefinition, ParameterSpec } from "../definition.js";
import { compareShapes, formatFlow } from "../dimensions.js";
import { dropByMask } from "../dropout/mask.js";
import { zeros, type Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";

interface AttentionArguments<T> {
  memory?: T;
  heads: number;
  causal: boolean;
  mask?: T;
  bias: boolean;
  dropout: number;
  init: Initializer;
}

const roles = ["query", "key", "value", "output"] as const;

export const attention: LayerDefinition = defineLayer({
  name: "attention",
  category: "attention",
  summary: "Multi-head attention: each step looks at the steps of a memory, or of the flow itself.",
  details:
    "Q = x Wq, K = m Wk, V = m Wv, split into `heads` of D/heads features; y = concat over the heads of softmax(Q K^T / " +
    "sqrt(D/heads)) V, times Wo; " +
    "biases in each product. m is the flow itself (self-attention) or `memory` (cross-attention). T x D in, T x D out; memory is S x E. " +
    "The extra `attention` holds the weights, heads x T x S. Parameters: queryWeight (D x D), keyWeight (E x D), valueWeight (E x " +
    "D), outputWeight (D x D) " +
    "and queryBias, keyBias, valueBias, outputBias (D): 4 D (D + 1) numbers. In PyTorch: `nn.MultiheadAttention`, where the first " +
    "three are stacked " +
    "and all are transposed. Weights start Xavier-uniform. Source: Vaswani et al. 2017.",
  gives: { attention: "the weights: what each step looks at, heads x T x S" },
  arguments: [
    { name: "memory", kind: "tensor", doc: "What is looked at.", positional: true, defaultText: "the flow itself" },
    { name: "heads", kind: "integer", doc: "How many times attention is done side by side; divides the features.", default: 1, minimum: 1 },
    { name: "causal", kind: "boolean", doc: "Whether a step sees only steps up to its own.", default: false },
    { name: "mask", kind: "tensor", doc: "T x S or S numbers: 0 where nobody may look." },
    { name: "bias", kind: "boolean", doc: "Whether the four products have biases.", default: true },
    { name: "dropout", kind: "number", doc: "Dropout of the weights while training.", default: 0, minimum: 0, maximum: 1 },
    { name: "init", kind: "initializer", doc: "How the weights start.", default: "xavier" },
  ],
  infer(input, args) {
    const { heads, mask } = args as AttentionArguments<FlowType>;
    const memory = (args as AttentionArguments<FlowType>).memory ?? input;
    for (const flow of [input, memory]) {
      const describe = flow === input ? describeFlow : describeOther;
      requireNumbers("attention", flow, describe);
      if (flow.shape.length !== 2) {
        throw new LayerError(`\`attention\` works on a sequence, time x features, but ${describe(flow)}`, {
          code: "E030",
          ...(flow === input ? {} : { argument: "memory" }),
        });
      }
    }
    const [time, features] = input.shape as [Dim, Dim];
    const width = knownExtent("attention", features, input, "how many features come in");
    if (width % heads !== 0) throw new LayerError(`heads=${heads} does not divide ${width}`, { code: "E033", argument: "heads" });
    const [steps] = memory.shape as [Dim];
    if (mask !== undefined && !masksThat(time, steps).some((shape) => compareShapes(mask.shape, shape) !== "unequal")) {
      throw new LayerError(
        `\`attention\`: a mask is T x S or S with T x D = ${formatFlow(input)} and S x E = ${formatFlow(memory)}, but it is ` +
          `${formatFlow(mask)}`,
        {
          code: "E031",
          argument: "mask",
        },
      );
    }
    return {
      output: { shape: input.shape, dtype: input.dtype },
      extras: { attention: { shape: [heads, time, steps], dtype: input.dtype } },
    };
  },
  parameters(input, args) {
    const { bias, init, memory = input } = args as AttentionArguments<FlowType>;
    const width = knownExtent("attention", input.shape[1], input, "how many features come in");
    const looked = knownExtent("attention", memory.shape[1], memory, "how many features the memory has");
    return roles.flatMap((role): ParameterSpec[] => [
      { name: `${role}Weight`, shape: [role === "key" || role === "value" ? looked : width, width], init },
      ...(bias ? [{ name: `${role}Bias`, shape: [width], init: zeros }] : []),
    ]);
  },
  forward(input, args, context) {
    const { heads, causal, mask, dropout, memory = input } = args as AttentionArguments<Tensor>;
    const [batch, time, width] = input.shape as [number, number, number];
    const query = splitHeads(project(input, "query", context), heads); // (B, h, T, D/h)
    const key = splitHeads(project(memory, "key", context), heads); // (B, h, S, D/h)
    const value = splitHeads(project(memory, "value", context), heads); // (B, h, S, D/h)
    const seen = operations.attention(query, key, value, { causal, ...(mask === undefined ? {} : { mask: visible(mask) }) });
    const dropping = context.training && dropout > 0;
    const dropped = dropping ? dropByMask(seen.weights, dropout, seen.weights.shape, context) : null;
    const looked = dropped === null ? seen.y : operations.matmul(dropped, value); // (B, h, T, D/h)
    const joined = operations.reshape(operations.transpose(looked, [0, 2, 1, 3]), [batch, time, width]); // (B, T, D)
    return { output: project(joined, "output", context), extras: { attention: seen.weights } };
  },
  examples: [
    { row: "attention heads=2", input: "T x 4", named: { heads: 2 } },
    { row: "attention heads=2, causal=true", input: "T x 4", named: { heads: 2, causal: true } },
    {
      row: "attention memory, heads=2",
      input: "T x 4",
      positional: [{ shape: [3, 6], dtype: "f32", name: "memory" }],
      named: { heads: 2 },
    },
  ],
});

const masksThat = (time: Dim, steps: Dim): readonly (readonly Dim[])[] => [[time, steps], [steps]];

function project(x: Tensor, role: (typeof roles)[number], { parameters }: ForwardContext): Tensor {
  const product = operations.matmul(x, parameters[`${role}Weight`] as Tensor);
  const bias = parameters[`${role}Bias`];
  return bias === undefined ? product : operations.add(product, bias);
}

function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape as [number, number, number];
  return operations.transpose(operations.reshape(x, [batch, time, heads, width / heads]), [0, 2, 1, 3]); // (B, T, h, D/h) -> (B, h, T, D/h)
}

/** (B, T, S) or (B, S) to a bool mask that broadcasts to the scores, (B, 1, T, S) or (B, 1, 1, S). */
function visible(mask: Tensor): Tensor {
  const [batch, ...rest] = mask.shape as [number, ...number[]];
  return operations.cast(operations.reshape(mask, [batch, ...new Array<number>(3 - rest.length).fill(1), ...rest]), "bool");
}
