import * as operations from "../../tensor/index.js";
import { defineLayer, describeFlow } from "../define.js";
import type { LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";

/** A layer that keeps one entry of the first dimension. */
export function pickStep(definition: { name: string; summary: string; index: number }): LayerDefinition {
  const { name, index } = definition;
  return defineLayer({
    name,
    category: "shape",
    summary: definition.summary,
    details: "T x D in, D out (the first dimension goes). No parameters.",
    arguments: [],
    infer(input) {
      if (input.shape.length < 2)
        throw new LayerError(`\`${name}\` takes one step of a sequence, but ${describeFlow(input)}`, { code: "E030" });
      return { output: { shape: input.shape.slice(1), dtype: input.dtype } };
    },
    forward: (input) => operations.select(input, 1, index),
    examples: [{ row: name, input: "T x 8" }],
  });
}
