import { describe, expect, test } from "vitest";
import { operations } from "../../../std/tensor/operations/table.js";
import { sizeOf, type Shape } from "../../../std/tensor/shape.js";
import { Tensor, tensor } from "../../../std/tensor/tensor.js";
import { at, builds, error, noise, supported } from "./kernels.js";
import { bothWays, nodeOf } from "./lowered.js";

let seed = 1;
const f32 = (...shape: number[]): Tensor => new Tensor({ shape, dtype: "f32" }, noise(sizeOf(shape), seed++));
/** Numbers with many ties, as after a rectifier. */
const coarse = (...shape: number[]): Tensor =>
  new Tensor(
    { shape, dtype: "f32" },
    noise(sizeOf(shape), seed++).map((x) => Math.round(x * 2)),
  );
const positive = (...shape: number[]): Tensor =>
  new Tensor(
    { shape, dtype: "f32" },
    noise(sizeOf(shape), seed++).map((x) => (x + 1.2) / 2.5),
  );
const i32 = (below: number, ...shape: number[]): Tensor =>
  new Tensor(
    { shape, dtype: "i32" },
    Int32Array.from(noise(sizeOf(shape), seed++), (x) => Math.floor(((x + 1) / 2) * below)),
  );

interface Case {
  readonly name: keyof typeof operations;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly tolerance?: number;
}

const conv = (pad: number, stride = 1, dilation = 1, groups = 1) => ({
  stride: [stride, stride],
  pad: [
    [pad, pad],
    [pad, pad],
  ],
  dilation: [dilation, dilation],
  groups,
});
const pool = (size: number, stride: number, pad: number) => ({
  size: [size, size],
  stride: [stride, stride],
  pad: [
    [pad, pad],
    [pad, pad],
  ],
});
const axis = (at: number) => ({ axis: at });
const ignore = (label: number | null) => ({ ignore: label });
const reduce = (...axes: number[]) => ({ axes, keepDims: false });

export const cases: readonly Case[] = [
  { name: "matmul", inputs: [f32(5, 7), f32(7, 9)], attributes: { transposeA: false, transposeB: false } },
  { name: "matmul", inputs: [f32(2, 3, 5, 7), f32(2, 3, 9, 7)], attributes: { transposeA: false, transposeB: true } },
  { name: "matmul", inputs: [f32(2, 1, 7, 5), f32(3, 7, 9)], attributes: { transposeA: true, transposeB: false } },
  { name: "matmul", inputs: [f32(4, 6, 5), f32(5, 3)], attributes: { transposeA: false, transposeB: false } },
  { name: "conv", inputs: [f32(2, 9, 8, 3), f32(3, 3, 3, 10)], attributes: conv(1, 2) },
  { name: "conv", inputs: [f32(13, 9, 8, 1), f32(5, 5, 1, 6)], attributes: conv(2) },
  { name: "conv", inputs: [f32(12, 7, 9, 8), f32(3, 4, 8, 5)], attributes: conv(1) },
  { name: "conv", inputs: [f32(12, 3, 4, 8), f32(3, 4, 8, 6)], attributes: conv(5) },
  { name: "conv", inputs: [f32(12, 3, 4, 2), f32(2, 3, 2, 7)], attributes: conv(4) },
  { name: "convInputGradient", inputs: [f32(14, 10, 11, 16), f32(5, 5, 6, 16)], attributes: { ...conv(0), inputSpatial: [14, 15] } },
  { name: "convInputGradient", inputs: [f32(13, 6, 5, 3), f32(3, 3, 4, 3)], attributes: { ...conv(1), inputSpatial: [6, 5] } },
  { name: "conv", inputs: [f32(2, 6, 6, 8), f32(3, 3, 4, 12)], attributes: conv(2, 1, 2, 2) },
  { name: "conv", inputs: [f32(2, 5, 5, 7), f32(1, 1, 7, 9)], attributes: conv(0) },
  { name: "conv", inputs: [f32(1, 12, 12, 20), f32(3, 3, 20, 24)], attributes: conv(1) },
  { name: "conv", inputs: [f32(2, 20, 3), f32(5, 3, 4)], attributes: { stride: [2], pad: [[2, 1]], dilation: [1], groups: 1 } },
  {
    name: "conv",
    inputs: [f32(2, 4, 5, 6, 3), f32(2, 3, 2, 3, 4)],
    attributes: {
      stride: [1, 2, 1],
      pad: [
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      dilation: [1, 1, 2],
      groups: 1,
    },
  },
  { name: "convInputGradient", inputs: [f32(2, 5, 4, 10), f32(3, 3, 3, 10)], attributes: { ...conv(1, 2), inputSpatial: [9, 8] } },
  { name: "convInputGradient", inputs: [f32(3, 10, 10, 16), f32(5, 5, 6, 16)], attributes: { ...conv(0), inputSpatial: [14, 14] } },
  { name: "convInputGradient", inputs: [f32(3, 5, 6, 16), f32(5, 5, 1, 16)], attributes: { ...conv(2, 2), inputSpatial: [9, 12] } },
  { name: "convInputGradient", inputs: [f32(2, 5, 4, 10), f32(3, 3, 8, 10)], attributes: { ...conv(1, 2), inputSpatial: [9, 8] } },
  { name: "convInputGradient", inputs: [f32(2, 5, 5, 9), f32(1, 1, 7, 9)], attributes: { ...conv(0), inputSpatial: [5, 5] } },
  { name: "convInputGradient", inputs: [f32(2, 3, 3, 6), f32(4, 4, 5, 6)], attributes: { ...conv(1, 2), inputSpatial: [6, 6] } },
  { name: "convInputGradient", inputs: [f32(1, 12, 12, 20), f32(3, 3, 24, 20)], attributes: { ...conv(1), inputSpatial: [12, 12] } },
  { name: "convWeightGradient", inputs: [f32(2, 9, 8, 3), f32(2, 5, 4, 10)], attributes: { ...conv(1, 2), kernel: [3, 3] } },
  { name: "convWeightGradient", inputs: [f32(2, 5, 5, 7), f32(2, 5, 5, 9)], attributes: { ...conv(0), kernel: [1, 1] } },
  { name: "convWeightGradient", inputs: [f32(3, 9, 10, 3), f32(3, 7, 8, 5)], attributes: { ...conv(0), kernel: [3, 3] } },
  { name: "convWeightGradient", inputs: [f32(2, 9, 10, 1), f32(2, 7, 8, 6)], attributes: { ...conv(1, 1, 2), kernel: [3, 3] } },
  ...[5, 16].flatMap((channels): Case[] => [
    { name: "conv", inputs: [f32(2, 7, 8, channels), f32(3, 3, 1, channels)], attributes: conv(1, 1, 1, channels) },
    { name: "conv", inputs: [f32(2, 7, 8, channels), f32(3, 3, 1, channels)], attributes: conv(1, 2, 1, channels) },
    {
      name: "convInputGradient",
      inputs: [f32(2, 4, 4, channels), f32(3, 3, 1, channels)],
      attributes: { ...conv(1, 2, 1, channels), inputSpatial: [7, 8] },
    },
    {
      name: "convWeightGradient",
      inputs: [f32(2, 7, 8, channels), f32(2, 4, 4, channels)],
      attributes: { ...conv(1, 2, 1, channels), kernel: [3, 3] },
    },
  ]),
  // by Winograd's algorithm; its larger constants cost about a digit
  { name: "conv", inputs: [f32(6, 12, 11, 20), f32(3, 3, 20, 24)], attributes: conv(1), tolerance: 2e-4 },
  { name: "conv", inputs: [f32(6, 9, 12, 20), f32(5, 5, 20, 16)], attributes: conv(1), tolerance: 2e-4 },
  {
    name: "convInputGradient",
    inputs: [f32(6, 12, 11, 20), f32(3, 3, 24, 20)],
    attributes: { ...conv(1), inputSpatial: [12, 11] },
    tolerance: 2e-4,
  },
  {
    name: "convInputGradient",
    inputs: [f32(6, 7, 10, 20), f32(5, 5, 16, 20)],
    attributes: { ...conv(1), inputSpatial: [9, 12] },
    tolerance: 2e-4,
  },
  {
    name: "convWeightGradient",
    inputs: [f32(6, 12, 11, 20), f32(6, 12, 11, 24)],
    attributes: { ...conv(1), kernel: [3, 3] },
    tolerance: 2e-4,
  },
  {
    name: "convWeightGradient",
    inputs: [f32(6, 9, 12, 20), f32(6, 7, 10, 16)],
    attributes: { ...conv(1), kernel: [5, 5] },
    tolerance: 2e-4,
  },
  // by Winograd's algorithm for a stride of 2
  { name: "conv", inputs: [f32(6, 15, 16, 32), f32(3, 3, 32, 40)], attributes: conv(1, 2), tolerance: 1e-4 },
  {
    name: "convInputGradient",
    inputs: [f32(6, 8, 8, 40), f32(3, 3, 32, 40)],
    attributes: { ...conv(1, 2), inputSpatial: [15, 16] },
    tolerance: 1e-4,
  },
  {
    name: "convWeightGradient",
    inputs: [f32(6, 15, 16, 32), f32(6, 8, 8, 40)],
    attributes: { ...conv(1, 2), kernel: [3, 3] },
    tolerance: 1e-4,
  },
  // by tiles of 4 x 4, the images being too small and few for those of 6 x 6
  ...[[14, 4, 4] as const, [13, 4, 3] as const].flatMap(([batch, height, width]): Case[] => [
    { name: "conv", inputs: [f32(batch, height, width, 24), f32(3, 3, 24, 32)], attributes: conv(1), tolerance: 2e-5 },
    {
      name: "convInputGradient",
      inputs: [f32(batch, height, width, 32), f32(3, 3, 24, 32)],
      attributes: { ...conv(1), inputSpatial: [height, width] },
      tolerance: 2e-5,
    },
    {
      name: "convWeightGradient",
      inputs: [f32(batch, height, width, 24), f32(batch, height, width, 32)],
      attributes: { ...conv(1), kernel: [3, 3] },
      tolerance: 2e-5,
    },
  ]),
  ...(["sum", "max", "min"] as const).flatMap((name): Case[] => [
    { name, inputs: [f32(3, 700)], attributes: reduce(1), tolerance: 1e-4 },
    { name, inputs: [f32(700, 3)], attributes: reduce(0), tolerance: 1e-4 },
    { name, inputs: [f32(40, 6, 37)], attributes: reduce(0, 1), tolerance: 1e-4 },
    { name, inputs: [f32(4, 5, 6, 7)], attributes: reduce(0, 2) },
    { name, inputs: [f32(4, 5, 6, 7)], attributes: reduce(1, 3) },
    { name, inputs: [f32(5, 1, 3)], attributes: reduce(1) },
    { name, inputs: [f32(900)], attributes: reduce(0), tolerance: 1e-4 },
  ]),
  { name: "sum", inputs: [i32(100, 5, 40)], attributes: reduce(0) },
  { name: "sum", inputs: [i32(100, 5, 4, 3)], attributes: reduce(0, 2) },
  { name: "argMax", inputs: [coarse(6, 10)], attributes: axis(1) },
  { name: "argMin", inputs: [coarse(6, 10, 3)], attributes: axis(1) },
  ...(["softmax", "logSoftmax"] as const).flatMap((name): Case[] => [
    { name, inputs: [f32(7, 10)], attributes: axis(1) },
    { name, inputs: [f32(3, 4, 33)], attributes: axis(2) },
    { name, inputs: [f32(5, 1)], attributes: axis(1) },
  ]),
  { name: "softmaxGradient", inputs: [f32(7, 11), f32(7, 11)], attributes: axis(1) },
  { name: "logSoftmaxGradient", inputs: [f32(7, 11), f32(7, 11)], attributes: axis(1) },
  { name: "softmaxCrossEntropy", inputs: [f32(9, 10), i32(10, 9)], attributes: ignore(null) },
  { name: "softmaxCrossEntropy", inputs: [f32(3, 4, 7), i32(7, 3, 4)], attributes: ignore(2) },
  { name: "softmaxCrossEntropyGradient", inputs: [f32(9, 10), i32(10, 9), f32(9)], attributes: ignore(null) },
  { name: "softmaxCrossEntropyGradient", inputs: [f32(3, 4, 7), i32(7, 3, 4), f32(3, 4)], attributes: ignore(2) },
  { name: "transpose", inputs: [f32(5, 7)], attributes: { permutation: [1, 0] } },
  { name: "transpose", inputs: [f32(2, 5, 3, 9)], attributes: { permutation: [0, 2, 1, 3] } },
  { name: "transpose", inputs: [f32(2, 4, 6, 9)], attributes: { permutation: [0, 3, 1, 2] } },
  { name: "transpose", inputs: [f32(2, 4, 6, 9)], attributes: { permutation: [3, 2, 1, 0] } },
  { name: "slice", inputs: [f32(6, 7, 5)], attributes: { starts: [1, 2, 0], ends: [5, 7, 5], steps: [1, 2, 1] } },
  { name: "flip", inputs: [f32(3, 4, 5)], attributes: { axes: [0, 2] } },
  {
    name: "pad",
    inputs: [f32(3, 4, 5)],
    attributes: {
      pads: [
        [1, 0],
        [0, 0],
        [2, 3],
      ],
      value: 1.5,
    },
  },
  { name: "concat", inputs: [f32(3, 4, 5), f32(3, 2, 5), f32(3, 1, 5)], attributes: axis(1) },
  { name: "concat", inputs: [i32(9, 3, 4), i32(9, 3, 2)], attributes: axis(1) },
  { name: "gather", inputs: [f32(11, 6), i32(11, 3, 4)], attributes: { axis: 0, who: "gather" } },
  { name: "gather", inputs: [f32(3, 8, 5), i32(8, 4)], attributes: { axis: 1, who: "gather" } },
  { name: "scatterAdd", inputs: [i32(8, 20), f32(20, 6)], attributes: { axis: 0, extent: 8 } },
  { name: "scatterAdd", inputs: [i32(4, 9), f32(3, 9, 5)], attributes: { axis: 1, extent: 4 } },
  { name: "oneHot", inputs: [i32(5, 3, 4)], attributes: { depth: 5, dtype: "f32" } },
  ...[6, 16, 3].flatMap((channels): Case[] => [
    { name: "maxPool", inputs: [f32(2, 8, 9, channels)], attributes: pool(2, 2, 0) },
    { name: "maxPool", inputs: [f32(2, 8, 9, channels)], attributes: pool(3, 2, 1) },
    { name: "maxPoolGradient", inputs: [coarse(2, 8, 9, channels), f32(2, 4, 4, channels)], attributes: pool(2, 2, 0) },
    { name: "maxPoolGradient", inputs: [coarse(3, 8, 9, channels), f32(3, 4, 5, channels)], attributes: pool(3, 2, 1) },
    { name: "maxPoolPick", inputs: [coarse(3, 8, 9, channels), f32(3, 8, 9, channels)], attributes: pool(3, 2, 1) },
    { name: "avgPool", inputs: [f32(2, 8, 9, channels)], attributes: { ...pool(3, 2, 1), countPadding: false } },
    { name: "avgPool", inputs: [f32(2, 8, 9, channels)], attributes: { ...pool(3, 2, 1), countPadding: true } },
    {
      name: "avgPoolGradient",
      inputs: [f32(2, 4, 5, channels)],
      attributes: { ...pool(3, 2, 1), countPadding: false, inputSpatial: [8, 9] },
    },
  ]),
  ...[37, 64, 3].flatMap((channels): Case[] => [
    { name: "batchNorm", inputs: [f32(5, 6, 7, channels), f32(channels), f32(channels)], attributes: { epsilon: 1e-5 } },
    {
      name: "batchNormGradient",
      inputs: [f32(5, 6, 7, channels), f32(channels), f32(channels), positive(channels), f32(5, 6, 7, channels)],
      attributes: { epsilon: 1e-5 },
      tolerance: 1e-4,
    },
    { name: "layerNorm", inputs: [f32(5, 9, channels), f32(channels), f32(channels)], attributes: { epsilon: 1e-5 } },
    {
      name: "layerNormGradient",
      inputs: [f32(5, 9, channels), f32(channels), f32(5, 9), positive(5, 9), f32(5, 9, channels)],
      attributes: { epsilon: 1e-5 },
      tolerance: 1e-4,
    },
    { name: "lrn", inputs: [f32(2, 3, 4, channels)], attributes: { size: 5, alpha: 0.2, beta: 0.75, k: 2 } },
    { name: "lrn", inputs: [f32(2, 3, 4, channels)], attributes: { size: 4, alpha: 0.2, beta: 0.6, k: 1 } },
    {
      name: "lrnGradient",
      inputs: [f32(2, 3, 4, channels), f32(2, 3, 4, channels)],
      attributes: { size: 5, alpha: 0.2, beta: 0.75, k: 2 },
    },
    { name: "lrnGradient", inputs: [f32(2, 3, 4, channels), f32(2, 3, 4, channels)], attributes: { size: 4, alpha: 0.2, beta: 0.6, k: 1 } },
  ]),
  ...[8, 6, 33].flatMap((width): Case[] => [
    { name: "lstm", inputs: [f32(5, 4, 4 * width), f32(width, 4 * width), f32(5, width), f32(5, width)], attributes: null },
    {
      name: "lstmGradient",
      inputs: [f32(width, 4 * width), f32(5, width), positive(5, 4, 4 * width), f32(5, 4, width), f32(5, 4, width), f32(5, width)],
      attributes: null,
      tolerance: 2e-4,
    },
    { name: "gru", inputs: [f32(5, 4, 3 * width), f32(width, 3 * width), f32(3 * width), f32(5, width)], attributes: null },
    {
      name: "gruGradient",
      inputs: [f32(width, 3 * width), f32(5, width), f32(5, 4, width), positive(5, 4, 4 * width), f32(5, 4, width)],
      attributes: null,
      tolerance: 2e-4,
    },
    ...["tanh", "relu"].flatMap((activation): Case[] => [
      { name: "rnn", inputs: [f32(5, 4, width), f32(width, width), f32(5, width)], attributes: { activation }, tolerance: 1e-4 },
      { name: "rnnGradient", inputs: [f32(width, width), f32(5, 4, width), f32(5, 4, width)], attributes: { activation }, tolerance: 1e-4 },
    ]),
  ]),
  { name: "upsampleNearest", inputs: [f32(2, 3, 4, 5)], attributes: { factors: [2, 3] } },
  { name: "upsampleBilinear", inputs: [f32(2, 3, 4, 5)], attributes: { factors: [2, 3] } },
  { name: "upsampleBilinearGradient", inputs: [f32(2, 6, 12, 5)], attributes: { factors: [2, 3] } },
  ...[[0, 0], [3, 16], [5, 7], [1, 2], [2 ** 31 - 1, 2 ** 20]].map(([position = 0, stride = 0]) => ({
    name: "randomUniform" as const,
    inputs: [i32(1000), tensor(position, { dtype: "i32" })],
    attributes: { key: [123, 0xfedcba98], shape: [7, 11], stride },
    tolerance: 1e-12,
  })), // prettier-ignore
];

const describeInputs = (inputs: readonly Tensor[]): string => inputs.map(({ shape }: { shape: Shape }) => shape.join("x")).join(", ");

describe.each(builds.filter(supported))("lowered operations give what their portable meaning gives, %s", (build) => {
  test.each(cases.map((entry) => [`${entry.name} of ${describeInputs(entry.inputs)} ${JSON.stringify(entry.attributes)}`, entry] as const))(
    "%s",
    (_, entry) => {
      for (const threads of [1, 3]) {
        const { lowered, portable } = bothWays(build, operations[entry.name], entry.inputs, entry.attributes, threads);
        for (const [index, expected] of portable.entries())
          expect(error(at(lowered, index), expected)).toBeLessThan(entry.tolerance ?? 2e-5);
      }
    },
  );
});

const pieces = [
  ["conv", "more kernels than are transformed at a time", [16, 4, 5], [208, 232]],
  ["convInputGradient", "more kernels than are transformed at a time", [16, 4, 5], [208, 232]],
  ["convWeightGradient", "more kernels than are transformed at a time", [16, 4, 5], [208, 232]],
  ["conv", "more images than are transformed at a time", [200, 10, 8], [16, 32]],
  ["convWeightGradient", "more images than are transformed at a time", [200, 10, 8], [16, 32]],
  ["conv", "images larger than are transformed at a time", [2, 161, 123], [16, 32]],
  ["convInputGradient", "images larger than are transformed at a time", [2, 161, 123], [16, 32]],
  ["convWeightGradient", "images larger than are transformed at a time", [2, 161, 123], [16, 32]],
] as const;

test.each(pieces)("%s of %s", (name, _, [batch, height, width], [channels, filters]) => {
  const images = f32(batch, height, width, channels);
  const result = f32(batch, height, width, filters);
  const weight = f32(3, 3, channels, filters);
  const [inputs, attributes] = {
    conv: [[images, weight], conv(1)] as const,
    convInputGradient: [[result, weight], { ...conv(1), inputSpatial: [height, width] }] as const,
    convWeightGradient: [[images, result], { ...conv(1), kernel: [3, 3] }] as const,
  }[name];
  const { lowered, portable } = bothWays("relaxed", operations[name], inputs, attributes, 2, 1024);
  // Sums of up to 16,000 numbers: measured against the root mean square of the results.
  const expected = Float64Array.from(at(portable, 0));
  const scale = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  expect(expected.reduce((most, value, index) => Math.max(most, Math.abs(value - at(at(lowered, 0), index))), 0) / scale).toBeLessThan(
    1e-4,
  );
});

// Enough work for a BLAS to be worth its call; the product itself is by definition (see lowered.ts).
const windowed = [
  ["stride 2", [9, 15, 13], [3, 3], conv(1, 2)],
  ["1x1, stride 2", [50, 20, 20], [1, 1], conv(0, 2)],
  ["dilation along both axes", [3, 17, 16], [3, 3], conv(2, 1, 2)],
  ["uneven padding", [5, 12, 13], [4, 5], { ...conv(0, 2), pad: [[3, 1], [0, 4]] }],
  ["a kernel larger than the image", [40, 3, 2], [5, 5], conv(2)],
  ["more images than are written at a time", [70, 16, 14], [3, 3], conv(1, 1, 2)],
] as const; // prettier-ignore

test.each(windowed)("convolution by a BLAS and the matrix of windows: %s", (_, [batch, height, width], [down, across], attributes) => {
  const [channels, filters] = [12, 40];
  const images = f32(batch, height, width, channels);
  const weight = f32(down, across, channels, filters);
  const result = nodeOf(operations.conv, [images, weight], attributes).outputs[0] as Tensor;
  const g = f32(...result.shape);
  const cases = [
    ["conv", [images, weight], attributes],
    ["convInputGradient", [g, weight], { ...attributes, inputSpatial: [height, width] }],
    ["convWeightGradient", [images, g], { ...attributes, kernel: [down, across] }],
  ] as const;
  for (const [name, inputs, settings] of cases) {
    for (const threads of [1, 3]) {
      const { lowered, portable } = bothWays("simd", operations[name], inputs, settings, threads, 400, true);
      expect(error(at(lowered, 0), at(portable, 0))).toBeLessThan(2e-4);
    }
  }
});
