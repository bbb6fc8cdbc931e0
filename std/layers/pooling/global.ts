import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, requireNumbers } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";

/** A layer that makes one number of each channel. */
export function globalPooling(definition: {
  name: string;
  summary: string;
  details: string;
  reduce(x: Tensor, axes: readonly number[]): Tensor;
}): LayerDefinition {
  const { name } = definition;
  return defineLayer({
    name,
    category: "pooling",
    summary: definition.summary,
    details: `${definition.details} H x W x C in (or T x C, or D x H x W x C), C out; no parameters.`,
    arguments: [],
    infer(input) {
      requireNumbers(name, input);
      if (input.shape.length < 2) {
        throw new LayerError(`\`${name}\` makes one number of each channel, but ${describeFlow(input)} and has no axis beside the last`, {
          code: "E030",
        });
      }
      return { output: { shape: input.shape.slice(-1), dtype: input.dtype } };
    },
    forward: (input) =>
      definition.reduce(
        input,
        Array.from({ length: input.shape.length - 2 }, (_, axis) => axis + 1),
      ),
    examples: [
      { row: name, input: "7x7x8" },
      { row: name, input: "T x 8" },
    ],
  });
}
