import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { requireFeatures } from "../activation/softmax.js";
import { defineLayer, knownExtent } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { ones, zeros } from "../initializers.js";
import { affineOf, affineParameters, normalisationArguments } from "./affine.js";

interface BatchNormArguments {
  momentum: number;
  epsilon: number;
  affine: boolean;
}

export const bn: LayerDefinition = defineLayer({
  name: "bn",
  category: "normalisation",
  summary: "Batch normalisation: each channel to mean 0 and variance 1 over the batch and all places.",
  details:
    "In training y = scale * (x - m) / sqrt(v + epsilon) + shift with mean m and variance v of the channel in the batch; the " +
    "running statistics " +
    "move by `momentum` towards m and n/(n-1) v, as in PyTorch (Keras's momentum is 1 minus ours). Otherwise the running statistics " +
    "are used. " +
    "Any shape in, the same out. Parameters: scale, shift (C); not trained: runningMean, runningVariance (C). " +
    "In PyTorch: `nn.BatchNorm2d`, weight, bias, running_mean, running_var. Source: Ioffe & Szegedy 2015.",
  arguments: [
    { name: "momentum", kind: "number", doc: "How far the running statistics move each step.", default: 0.1, minimum: 0, maximum: 1 },
    ...normalisationArguments,
  ],
  infer(input) {
    requireFeatures("bn", input);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters(input, args) {
    const channels = knownExtent("bn", input.shape.at(-1), input, "how many channels come in");
    return [
      ...affineParameters("bn", input, (args as BatchNormArguments).affine),
      { name: "runningMean", shape: [channels], init: zeros, trainable: false },
      { name: "runningVariance", shape: [channels], init: ones, trainable: false },
    ];
  },
  forward(input, args, context) {
    const { momentum, epsilon } = args as BatchNormArguments;
    const { scale, shift } = affineOf(input, context);
    const { runningMean, runningVariance } = context.parameters as { runningMean: Tensor; runningVariance: Tensor };
    if (!context.training) {
      return operations.batchNormInference(input, scale, shift, { mean: runningMean, variance: runningVariance }, { epsilon });
    }
    const { y, mean, variance } = operations.batchNorm(input, scale, shift, { epsilon });
    const count = input.size / (input.shape.at(-1) as number);
    const unbiased = operations.mul(variance, count / Math.max(count - 1, 1));
    context.update("runningMean", moved(runningMean, mean, momentum));
    context.update("runningVariance", moved(runningVariance, unbiased, momentum));
    return y;
  },
  examples: [
    { row: "bn", input: "4x4x3" },
    { row: "bn momentum=0.01", input: "8", named: { momentum: 0.01 } },
    { row: "bn affine=false", input: "T x 3", named: { affine: false } },
  ],
});

function moved(running: Tensor, now: Tensor, momentum: number): Tensor {
  return operations.add(operations.mul(running, 1 - momentum), operations.mul(now, momentum));
}
