import * as operations from "../../tensor/index.js";
import type { DType } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { defineLayer, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { multiplyDims } from "../dimensions.js";
import { perAxis, spatialRank } from "../window.js";

interface UpsampleArguments {
  factor: number | readonly number[];
  mode: "nearest" | "bilinear";
}

export const upsample: LayerDefinition = defineLayer({
  name: "upsample",
  category: "shape",
  summary: "Makes a map larger, by repeating or by interpolating.",
  details:
    "H x W x C in, (H factor) x (W factor) x C out. `nearest` repeats each number; `bilinear` interpolates between the centres " +
    "of the neighbours, the border repeated (PyTorch's `nn.Upsample(align_corners=False)`). No parameters.",
  arguments: [
    { name: "factor", kind: "size", doc: "How many times larger.", positional: true, default: 2, minimum: 1 },
    { name: "mode", kind: "choice", choices: ["nearest", "bilinear"], doc: "How new numbers are made.", positional: true, default: "nearest" },
  ],
  infer(input, args) {
    requireNumbers("upsample", input);
    const { factor } = args as UpsampleArguments;
    const rank = spatialRank("upsample", input, factor);
    const factors = perAxis("upsample", "factor", factor, rank);
    return { output: { shape: input.shape.map((dim, axis) => multiplyDims(dim, factors[axis] ?? 1)), dtype: input.dtype } };
  },
  forward(input, args) {
    const { factor, mode } = args as UpsampleArguments;
    let result = input;
    for (const [axis, times] of perAxis("upsample", "factor", factor, input.rank - 2).entries()) {
      if (times > 1) result = mode === "nearest" ? repeat(result, axis + 1, times) : interpolate(result, axis + 1, times);
    }
    return result;
  },
  examples: [
    { row: "upsample", input: "3x4x2" },
    { row: "upsample 2, bilinear", input: "3x4x2", positional: [2, "bilinear"] },
    { row: "upsample 3", input: "T x 2", positional: [3] },
  ],
});

function repeat(x: Tensor, axis: number, times: number): Tensor {
  const { shape } = x;
  const [before, extent, after] = [shape.slice(0, axis), shape[axis] as number, shape.slice(axis + 1)];
  const apart = operations.reshape(x, [...before, extent, 1, ...after]);
  return operations.reshape(operations.broadcastTo(apart, [...before, extent, times, ...after]), [...before, extent * times, ...after]);
}

/** Along one axis interpolation is a product with a matrix that has two numbers in each row. */
function interpolate(x: Tensor, axis: number, times: number): Tensor {
  const { shape } = x;
  const extent = shape[axis] as number;
  const count = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const rows = operations.reshape(x, [count, extent, -1]); // (B, H, W C), or (B H, W, C)
  const product = operations.matmul(interpolationMatrix(extent, times, x.dtype), rows); // (H', H) @ (B, H, W C)
  return operations.reshape(product, shape.with(axis, extent * times));
}

/** Row i holds the weights of the two neighbours of (i + 1/2) / times - 1/2, cut off at the border. */
function interpolationMatrix(extent: number, times: number, dtype: DType): Tensor {
  const data = dtype === "f64" ? new Float64Array(extent * times * extent) : new Float32Array(extent * times * extent);
  for (let row = 0; row < extent * times; row++) {
    const place = Math.min(Math.max((row + 0.5) / times - 0.5, 0), extent - 1);
    const left = Math.floor(place);
    const right = Math.min(left + 1, extent - 1);
    data[row * extent + left] = (data[row * extent + left] as number) + 1 - (place - left);
    data[row * extent + right] = (data[row * extent + right] as number) + (place - left);
  }
  return new Tensor({ shape: [extent * times, extent], dtype }, data);
}
