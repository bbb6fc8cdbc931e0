import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, initArguments, knownExtent, requireNumbers } from "../define.js";
import type { ArgumentSpec, LayerDefinition, ParameterSpec } from "../definition.js";
import type { Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";
import { concretePadding, perAxis, slide, spatialRank, windowOf, type PaddingArgument } from "../window.js";

interface ConvArguments {
  filters: number;
  size: number | readonly number[];
  stride: number | readonly number[];
  pad: PaddingArgument;
  dilation: number | readonly number[];
  groups: number;
  bias: boolean;
  init: Initializer;
  bias_init: Initializer;
}

/** The options of every window that slides over a flow. */
export const padArgument: ArgumentSpec = {
  name: "pad",
  kind: "padding",
  doc:
    "Zeros around the flow: a number, one for each axis, a pair for each axis (before, after), or `same` for ceil(extent / " +
    "stride) windows.",
  default: 0,
};

export const conv: LayerDefinition = defineLayer({
  name: "conv",
  category: "convolution",
  summary: "A convolution: each filter slides over the flow and gives one channel.",
  details:
    "y[i, j, f] = b[f] + sum over the window of x * weight[.., f]; no flipping, as in every library. " +
    "H x W x C in, H' x W' x `filters` out, with H' = floor((H + 2 pad - dilation (size - 1) - 1) / stride) + 1. " +
    "On T x C it is a convolution in time, on D x H x W x C in space. " +
    "Parameters: weight (kh x kw x C/groups x filters), bias (filters). " +
    "In PyTorch: `nn.Conv2d`, whose weight is filters x C/groups x kh x kw: permute by (3, 2, 0, 1). " +
    "The weights start Xavier-uniform, as in Keras; `init=he` suits deep networks of rectifiers. Source: LeCun et al. 1998; " +
    "Krizhevsky et al. 2012 (groups).",
  arguments: [
    { name: "filters", kind: "integer", doc: "How many channels come out.", positional: true, required: true, minimum: 1 },
    {
      name: "size",
      kind: "size",
      doc: "The window, such as 11x11, or one number for all axes.",
      positional: true,
      required: true,
      minimum: 1,
    },
    { name: "stride", kind: "size", doc: "How far the window moves each time.", default: 1, minimum: 1 },
    padArgument,
    { name: "dilation", kind: "size", doc: "The distance of the window's points.", default: 1, minimum: 1 },
    { name: "groups", kind: "integer", doc: "Parts the channels are split into, each with filters of its own.", default: 1, minimum: 1 },
    { name: "bias", kind: "boolean", doc: "Whether a bias is added to each channel.", default: true },
    ...initArguments,
  ],
  infer(input, args) {
    requireNumbers("conv", input);
    const { filters, size, groups } = args as ConvArguments;
    const rank = spatialRank("conv", input, size);
    const channels = knownExtent("conv", input.shape.at(-1), input, "how many channels come in");
    if (channels % groups !== 0) throw notDivisible(groups, channels, "channels of the flow");
    if (filters % groups !== 0) throw notDivisible(groups, filters, "filters");
    const { extents, ...explanation } = slide("conv", input, windowOf("conv", rank, args as ConvArguments));
    return { output: { shape: [...extents, filters], dtype: input.dtype }, ...explanation };
  },
  parameters(input, args) {
    const { filters, size, groups, bias, init, bias_init } = args as ConvArguments;
    const rank = spatialRank("conv", input, size);
    const channels = knownExtent("conv", input.shape.at(-1), input, "how many channels come in");
    const specs: ParameterSpec[] = [{ name: "weight", shape: [...perAxis("conv", "size", size, rank), channels / groups, filters], init }];
    if (bias) specs.push({ name: "bias", shape: [filters], init: bias_init });
    return specs;
  },
  forward(input, args, { parameters }) {
    const { groups } = args as ConvArguments;
    const extents = input.shape.slice(1, -1);
    const window = windowOf("conv", extents.length, args as ConvArguments);
    const { weight, bias } = parameters as { weight: Tensor; bias?: Tensor };
    const result = operations.conv(input, weight, {
      stride: window.stride,
      pad: concretePadding(extents, window),
      dilation: window.dilation,
      groups,
    });
    return bias === undefined ? result : operations.add(result, bias);
  },
  examples: [
    { row: "conv 96, 11x11, stride=4, pad=2", input: "224x224x3", positional: [96, [11, 11]], named: { stride: 4, pad: 2 } },
    { row: "conv 6, 3x3, pad=same, bias=false", input: "8x8x2", positional: [6, [3, 3]], named: { pad: "same", bias: false } },
    {
      row: "conv 4, 3x3, stride=2, groups=2, dilation=2",
      input: "9x9x4",
      positional: [4, [3, 3]],
      named: { stride: 2, groups: 2, dilation: 2 },
    },
    {
      row: "conv 4, 3x2, stride=2x1, pad=[[1, 2], [0, 1]]",
      input: "5x4x3",
      positional: [4, [3, 2]],
      named: {
        stride: [2, 1],
        pad: [
          [1, 2],
          [0, 1],
        ],
      },
    },
    { row: "conv 8, 3, pad=1", input: "T x 5", positional: [8, 3], named: { pad: 1 } },
    { row: "conv 2, 3x3x3", input: "4x5x4x2", positional: [2, [3, 3, 3]] },
  ],
});

function notDivisible(groups: number, count: number, what: string): LayerError {
  return new LayerError(`\`conv\`: groups=${groups} does not divide the ${count} ${what}`, { code: "E033", argument: "groups" });
}
