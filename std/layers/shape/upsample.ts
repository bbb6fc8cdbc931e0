import * as operations from "../../tensor/index.js";
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
    {
      name: "mode",
      kind: "choice",
      choices: ["nearest", "bilinear"],
      doc: "How new numbers are made.",
      positional: true,
      default: "nearest",
    },
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
    return operations.upsample(input, { factor: perAxis("upsample", "factor", factor, input.rank - 2), mode });
  },
  examples: [
    { row: "upsample", input: "3x4x2" },
    { row: "upsample 2, bilinear", input: "3x4x2", positional: [2, "bilinear"] },
    { row: "upsample 3", input: "T x 2", positional: [3] },
  ],
});
