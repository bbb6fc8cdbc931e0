import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, initArguments, knownExtent, requireNumbers } from "../define.js";
import type { LayerDefinition, ParameterSpec } from "../definition.js";
import type { Initializer } from "../initializers.js";
import { concretePadding, perAxis, slide, spatialRank, windowOf, type PaddingArgument } from "../window.js";
import { padArgument } from "./conv.js";

interface DepthwiseArguments {
  size: number | readonly number[];
  stride: number | readonly number[];
  pad: PaddingArgument;
  dilation: number | readonly number[];
  multiplier: number;
  bias: boolean;
  init: Initializer;
  bias_init: Initializer;
}

export const dwconv: LayerDefinition = defineLayer({
  name: "dwconv",
  category: "convolution",
  summary: "A depthwise convolution: each channel has filters of its own.",
  details:
    "y[i, j, c m + k] = b + sum over the window of x[.., c] * weight[.., c m + k] with m = `multiplier`: a convolution with as many " +
    "groups as channels. " +
    "H x W x C in, H' x W' x (C m) out; H' as for `conv`. Parameters: weight (kh x kw x 1 x C m), bias (C m). " +
    "In PyTorch: `nn.Conv2d(C, C * m, groups=C)`. Sources: Chollet 2017; Howard et al. 2017 (MobileNet).",
  arguments: [
    {
      name: "size",
      kind: "size",
      doc: "The window, such as 3x3, or one number for all axes.",
      positional: true,
      required: true,
      minimum: 1,
    },
    { name: "stride", kind: "size", doc: "How far the window moves each time.", default: 1, minimum: 1 },
    padArgument,
    { name: "dilation", kind: "size", doc: "The distance of the window's points.", default: 1, minimum: 1 },
    { name: "multiplier", kind: "integer", doc: "How many filters each channel has.", default: 1, minimum: 1 },
    { name: "bias", kind: "boolean", doc: "Whether a bias is added to each channel.", default: true },
    ...initArguments,
  ],
  infer(input, args) {
    requireNumbers("dwconv", input);
    const { size, multiplier } = args as DepthwiseArguments;
    const rank = spatialRank("dwconv", input, size);
    const channels = knownExtent("dwconv", input.shape.at(-1), input, "how many channels come in");
    const { extents, ...explanation } = slide("dwconv", input, windowOf("dwconv", rank, args as DepthwiseArguments));
    return { output: { shape: [...extents, channels * multiplier], dtype: input.dtype }, ...explanation };
  },
  parameters(input, args) {
    const { size, multiplier, bias, init, bias_init } = args as DepthwiseArguments;
    const window = perAxis("dwconv", "size", size, spatialRank("dwconv", input, size));
    const filters = multiplier * knownExtent("dwconv", input.shape.at(-1), input, "how many channels come in");
    // Each number of the output is made of one window of one channel.
    const points = window.reduce((product, extent) => product * extent, 1);
    const specs: ParameterSpec[] = [
      { name: "weight", shape: [...window, 1, filters], init, fans: { fanIn: points, fanOut: points * multiplier } },
    ];
    if (bias) specs.push({ name: "bias", shape: [filters], init: bias_init });
    return specs;
  },
  forward(input, args, { parameters }) {
    const extents = input.shape.slice(1, -1);
    const window = windowOf("dwconv", extents.length, args as DepthwiseArguments);
    const { weight, bias } = parameters as { weight: Tensor; bias?: Tensor };
    const result = operations.conv(input, weight, {
      stride: window.stride,
      pad: concretePadding(extents, window),
      dilation: window.dilation,
      groups: input.shape.at(-1) as number,
    });
    return bias === undefined ? result : operations.add(result, bias);
  },
  examples: [
    { row: "dwconv 3x3, stride=2, pad=1", input: "8x8x4", positional: [[3, 3]], named: { stride: 2, pad: 1 } },
    { row: "dwconv 3x3, pad=same, multiplier=2", input: "5x5x3", positional: [[3, 3]], named: { pad: "same", multiplier: 2 } },
  ],
});
