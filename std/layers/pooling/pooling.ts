import type { Tensor } from "../../tensor/tensor.js";
import { padArgument } from "../convolution/conv.js";
import { defineLayer, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";
import { concretePadding, slide, spatialRank, windowOf, type AxisPadding, type PaddingArgument, type Window } from "../window.js";

interface PoolingArguments {
  size: number | readonly number[];
  stride?: number | readonly number[];
  pad: PaddingArgument;
}

/** What the operations of `std/tensor` are told of a pooling window: one entry for each spatial axis. */
export interface PoolOptions {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly pad: readonly AxisPadding[];
}

/** A layer that makes one number of each window of each channel. */
export function pooling(definition: {
  name: string;
  summary: string;
  details: string;
  pool(x: Tensor, options: PoolOptions): Tensor;
}): LayerDefinition {
  const { name } = definition;
  return defineLayer({
    name,
    category: "pooling",
    summary: definition.summary,
    details:
      `${definition.details} H x W x C in, H' x W' x C out with H' = floor((H + 2 pad - size) / stride) + 1; ` +
      "a stride smaller than the size makes the windows overlap. No parameters.",
    arguments: [
      {
        name: "size",
        kind: "size",
        doc: "The window, such as 2x2, or one number for all axes.",
        positional: true,
        required: true,
        minimum: 1,
      },
      { name: "stride", kind: "size", doc: "How far the window moves each time.", defaultText: "the size", minimum: 1 },
      padArgument,
    ],
    infer(input, args) {
      requireNumbers(name, input);
      const rank = spatialRank(name, input, (args as PoolingArguments).size);
      const window = windowOf(name, rank, args as PoolingArguments);
      requireSmallPadding(name, window);
      const { extents, ...explanation } = slide(name, input, window);
      return { output: { shape: [...extents, ...input.shape.slice(-1)], dtype: input.dtype }, ...explanation };
    },
    forward(input, args) {
      const extents = input.shape.slice(1, -1);
      const window = windowOf(name, extents.length, args as PoolingArguments);
      return definition.pool(input, { size: window.size, stride: window.stride, pad: concretePadding(extents, window) });
    },
    examples: [
      { row: `${name} 2x2`, input: "6x6x2", positional: [[2, 2]] },
      { row: `${name} 3x3, stride=2`, input: "7x8x2", positional: [[3, 3]], named: { stride: 2 } },
      { row: `${name} 3x3, stride=1, pad=1`, input: "4x4x2", positional: [[3, 3]], named: { stride: 1, pad: 1 } },
      { row: `${name} 3, pad=same`, input: "T x 4", positional: [3], named: { pad: "same" } },
    ],
  });
}

/** A window that lies in the padding alone has no greatest number and no mean. @throws LayerError E032 */
function requireSmallPadding(layer: string, { pad, size }: Window): void {
  if (pad === "same") return;
  for (const [axis, [before, after]] of pad.entries()) {
    if (Math.max(before, after) < (size[axis] as number)) continue;
    throw new LayerError(
      `\`${layer}\`: pad is smaller than the window, but pad=${Math.max(before, after)} arrived with a window of ${size.join("x")}`,
      {
        code: "E032",
        argument: "pad",
        hint: "a window must not lie in the padding alone",
      },
    );
  }
}
