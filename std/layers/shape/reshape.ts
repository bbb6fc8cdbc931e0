import * as operations from "../../tensor/index.js";
import { defineLayer, describeFlow } from "../define.js";
import type { Dim, FlowType, LayerDefinition } from "../definition.js";
import { compareDims, floorDivideDim, formatDim, formatFlowShape, multiplyDims, productOfDims } from "../dimensions.js";
import { LayerError } from "../layer-error.js";

export const reshape: LayerDefinition = defineLayer({
  name: "reshape",
  category: "shape",
  summary: "The same numbers in another shape.",
  details:
    "Any shape in, `shape` out; both hold the same count of numbers, and their order (last dimension fastest) stays. " +
    "One dimension may be -1: what is left. Dimensions of the flow may be named: T x 4 x 16.",
  arguments: [{ name: "shape", kind: "shape", doc: "The new shape, without the batch.", positional: true, required: true }],
  infer: (input, { shape }) => ({ output: { shape: newShape(input, shape as readonly Dim[]), dtype: input.dtype } }),
  forward(input, { shape }) {
    const { shape: old } = input;
    const extents = newShape({ shape: old.slice(1), dtype: input.dtype }, shape as readonly Dim[]);
    return operations.reshape(input, [old[0] as number, ...(extents as readonly number[])]);
  },
  examples: [
    { row: "reshape 7x7x4", input: "196", positional: [[7, 7, 4]] },
    { row: "reshape [-1, 12]", input: "4x4x6", positional: [[-1, 12]] },
    { row: "reshape T x 2 x 4", input: "T x 8", positional: [[{ text: "T" }, 2, 4]] },
  ],
});

function newShape(input: FlowType, shape: readonly Dim[]): Dim[] {
  const total = productOfDims(input.shape);
  const open = shape.indexOf(-1);
  const wrong = (hint: string): LayerError =>
    new LayerError(`\`reshape\`: ${describeFlow(input)}, ${formatDim(total)} numbers, which do not go into ${formatFlowShape(shape)}`, {
      code: "E031",
      argument: "shape",
      hint,
    });
  if (shape.indexOf(-1, open + 1) > open && open >= 0) throw wrong("only one dimension can be what is left");
  const known = productOfDims(shape.filter((_, axis) => axis !== open));
  if (open < 0) {
    if (compareDims(known, total) === "unequal") throw wrong(`${formatFlowShape(shape)} holds ${formatDim(known)}`);
    return [...shape];
  }
  const left = typeof known === "number" ? floorDivideDim(total, known) : 1;
  if (compareDims(multiplyDims(left, known), total) !== "equal")
    throw wrong(`${formatDim(total)} is not a multiple of ${formatDim(known)}`);
  return shape.with(open, left);
}
