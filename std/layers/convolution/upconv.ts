import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, initArguments, knownExtent, requireNumbers } from "../define.js";
import type { LayerDefinition, ParameterSpec } from "../definition.js";
import type { Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";
import { perAxis, spatialRank, unslide, windowOf, type AxisPadding, type PaddingArgument, type Window } from "../window.js";

interface UpconvArguments {
  filters: number;
  size: number | readonly number[];
  stride: number | readonly number[];
  pad: PaddingArgument;
  extra: number | readonly number[];
  groups: number;
  bias: boolean;
  init: Initializer;
  bias_init: Initializer;
}

export const upconv: LayerDefinition = defineLayer({
  name: "upconv",
  category: "convolution",
  summary: "A transposed convolution: each number of the flow paints a window, so that the flow grows by the stride.",
  details:
    "The gradient of `conv` with respect to its input: y[s i + a, s j + b, f] += x[i, j, c] * weight[a, b, f, c]. " +
    "H x W x C in, H' x W' x `filters` out, with H' = (H - 1) stride + size - 2 pad + extra, or H stride with `pad=same`. " +
    "Parameters: weight (kh x kw x filters/groups x C), bias (filters). " +
    "In PyTorch: `nn.ConvTranspose2d`, whose weight is C x filters/groups x kh x kw: permute by (3, 2, 0, 1). " +
    "Sources: Zeiler et al. 2010; Dumoulin & Visin 2016.",
  arguments: [
    { name: "filters", kind: "integer", doc: "How many channels come out.", positional: true, required: true, minimum: 1 },
    {
      name: "size",
      kind: "size",
      doc: "The window, such as 2x2, or one number for all axes.",
      positional: true,
      required: true,
      minimum: 1,
    },
    { name: "stride", kind: "size", doc: "How many times larger the flow becomes.", default: 1, minimum: 1 },
    {
      name: "pad",
      kind: "padding",
      doc: "What is cut off around the result: a number, one for each axis, a pair for each axis, or `same` for extent * stride.",
      default: 0,
    },
    {
      name: "extra",
      kind: "size",
      doc: "What is added at the end of each axis (PyTorch's output_padding), below the stride.",
      default: 0,
      minimum: 0,
    },
    { name: "groups", kind: "integer", doc: "Parts the channels are split into, each with filters of its own.", default: 1, minimum: 1 },
    { name: "bias", kind: "boolean", doc: "Whether a bias is added to each channel.", default: true },
    ...initArguments,
  ],
  infer(input, args) {
    requireNumbers("upconv", input);
    const { filters, size, extra, groups } = args as UpconvArguments;
    const rank = spatialRank("upconv", input, size);
    const channels = knownExtent("upconv", input.shape.at(-1), input, "how many channels come in");
    if (channels % groups !== 0) throw notDivisible(groups, channels, "channels of the flow");
    if (filters % groups !== 0) throw notDivisible(groups, filters, "filters");
    const window = windowOf("upconv", rank, args as UpconvArguments);
    const { extents, ...explanation } = unslide("upconv", input, window, perAxis("upconv", "extra", extra, rank));
    return { output: { shape: [...extents, filters], dtype: input.dtype }, ...explanation };
  },
  parameters(input, args) {
    const { filters, size, groups, bias, init, bias_init } = args as UpconvArguments;
    const window = perAxis("upconv", "size", size, spatialRank("upconv", input, size));
    const channels = knownExtent("upconv", input.shape.at(-1), input, "how many channels come in");
    const points = window.reduce((product, extent) => product * extent, 1);
    const specs: ParameterSpec[] = [
      {
        name: "weight",
        shape: [...window, filters / groups, channels],
        init,
        fans: { fanIn: (points * channels) / groups, fanOut: (points * filters) / groups },
      },
    ];
    if (bias) specs.push({ name: "bias", shape: [filters], init: bias_init });
    return specs;
  },
  forward(input, args, { parameters }) {
    const { extra, groups } = args as UpconvArguments;
    const rank = input.shape.length - 2;
    const window = windowOf("upconv", rank, args as UpconvArguments);
    const { pad, outputPad } = cutOff(window, perAxis("upconv", "extra", extra, rank));
    const { weight, bias } = parameters as { weight: Tensor; bias?: Tensor };
    const result = operations.convTranspose(input, weight, { stride: window.stride, pad, outputPad, groups });
    return bias === undefined ? result : operations.add(result, bias);
  },
  examples: [
    { row: "upconv 3, 2x2, stride=2", input: "4x4x2", positional: [3, [2, 2]], named: { stride: 2 } },
    { row: "upconv 2, 5x5, stride=2, pad=same", input: "4x3x3", positional: [2, [5, 5]], named: { stride: 2, pad: "same" } },
    { row: "upconv 2, 3x3, stride=2, pad=1, extra=1", input: "3x3x2", positional: [2, [3, 3]], named: { stride: 2, pad: 1, extra: 1 } },
    { row: "upconv 4, 4, stride=2, pad=1", input: "T x 3", positional: [4, 4], named: { stride: 2, pad: 1 } },
  ],
});

/** `same` cuts size - stride off, the smaller half before; where the stride is larger than the window, zeros are added behind. */
function cutOff(window: Window, extra: readonly number[]): { pad: readonly AxisPadding[]; outputPad: readonly number[] } {
  if (window.pad !== "same") return { pad: window.pad, outputPad: extra };
  const totals = window.size.map((size, axis) => size - (window.stride[axis] as number));
  return {
    pad: totals.map((total): AxisPadding => [Math.max(Math.floor(total / 2), 0), Math.max(Math.ceil(total / 2), 0)]),
    outputPad: totals.map((total) => Math.max(-total, 0)),
  };
}

function notDivisible(groups: number, count: number, what: string): LayerError {
  return new LayerError(`\`upconv\`: groups=${groups} does not divide the ${count} ${what}`, { code: "E033", argument: "groups" });
}
