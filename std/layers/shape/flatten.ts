import * as operations from "../../tensor/index.js";
import { defineLayer } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { productOfDims } from "../dimensions.js";

export const flatten: LayerDefinition = defineLayer({
  name: "flatten",
  category: "shape",
  summary: "All numbers of one example in one row: 6x6x256 becomes 9216.",
  details:
    "Any shape in, one dimension out: the product of all. The order is height, width, channels (the last dimension fastest); " +
    "PyTorch's is channels, height, width, so that the weights of the `dense` after it are permuted when they are exported.",
  arguments: [],
  infer: (input) => ({ output: { shape: [productOfDims(input.shape)], dtype: input.dtype } }),
  forward: (input) =>
    operations.reshape(input, [input.shape[0] as number, input.shape.slice(1).reduce((product, extent) => product * extent, 1)]),
  examples: [
    { row: "flatten", input: "6x6x256" },
    { row: "flatten", input: "28x28" },
  ],
});
