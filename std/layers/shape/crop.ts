import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow } from "../define.js";
import type { Dim, FlowType, LayerDefinition } from "../definition.js";
import { formatFlowShape } from "../dimensions.js";
import { LayerError } from "../layer-error.js";
import { perAxis, spatialRank } from "../window.js";

interface CropArguments<T> {
  size?: number | readonly number[];
  like?: T;
}

export const crop: LayerDefinition = defineLayer({
  name: "crop",
  category: "shape",
  summary: "Cuts out the middle: U-Net's skip connections.",
  details:
    "H x W x C in, h x w x C out: the middle, where an odd rest leaves one more row below and right. The size is that of `like`, " +
    "which inside the arguments of a row is the flow: `concat crop(d4)` cuts d4 to the flow's height and width. " +
    "No parameters. Source: Ronneberger et al. 2015.",
  arguments: [
    { name: "size", kind: "size", doc: "Height and width to keep.", positional: true, defaultText: "that of `like`", minimum: 1 },
    {
      name: "like",
      kind: "tensor",
      doc: "A tensor whose height and width are taken.",
      defaultText: "the flow of the row",
      defaultsToFlow: true,
    },
  ],
  infer(input, args) {
    const { size, like } = args as CropArguments<FlowType>;
    const rank = spatialRank("crop", input, size);
    if (size === undefined && like === undefined) {
      throw new LayerError("`crop` needs a size, or a tensor whose size is taken: crop 56x56, or like=d4", { code: "E022" });
    }
    if (size === undefined && like?.shape.length !== rank + 1) {
      throw new LayerError(`\`crop\`: ${describeFlow(input)}, which cannot be cut to ${formatFlowShape(like?.shape ?? [])}`, {
        code: "E031",
      });
    }
    const kept: readonly Dim[] = size === undefined ? (like as FlowType).shape.slice(0, -1) : perAxis("crop", "size", size, rank);
    for (const [axis, extent] of kept.entries()) {
      const whole = input.shape[axis] as Dim;
      if (typeof extent === "number" && typeof whole === "number" && extent > whole) {
        throw new LayerError(`\`crop\` cannot cut ${formatFlowShape(input.shape)} to ${formatFlowShape(kept)}`, {
          code: "E031",
          ...(size === undefined ? {} : { argument: "size" }),
          hint: `${extent} is more than ${whole}`,
        });
      }
    }
    return { output: { shape: [...kept, ...input.shape.slice(-1)], dtype: input.dtype } };
  },
  forward(input, args) {
    const { size, like } = args as CropArguments<Tensor>;
    const kept = size === undefined ? (like as Tensor).shape.slice(1, -1) : perAxis("crop", "size", size, input.rank - 2);
    const starts = kept.map((extent, axis) => Math.floor(((input.shape[axis + 1] as number) - extent) / 2));
    return operations.slice(
      input,
      [0, ...starts],
      [input.shape[0] as number, ...kept.map((extent, axis) => (starts[axis] as number) + extent)],
    );
  },
  examples: [
    { row: "crop 4x4", input: "7x8x2", positional: [[4, 4]] },
    { row: "crop like=small", input: "8x8x2", named: { like: { shape: [5, 6, 4], dtype: "f32", name: "small" } } },
  ],
});
