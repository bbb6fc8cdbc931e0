import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer } from "../define.js";
import type { ArgumentSpec, Dim, ForwardContext, LayerArguments, LayerDefinition } from "../definition.js";

/** A layer that starts a flow of random numbers. */
export function randomSource(definition: {
  name: string;
  summary: string;
  details: string;
  arguments: readonly ArgumentSpec[];
  draw(shape: readonly number[], args: LayerArguments, context: ForwardContext): Tensor;
}): LayerDefinition {
  const { name } = definition;
  return defineLayer({
    name,
    category: "formula",
    source: true,
    summary: definition.summary,
    details: `${definition.details} It starts a flow: nothing in, \`shape\` out for every example of the batch. No parameters.`,
    arguments: [
      { name: "shape", kind: "shape", doc: "How many numbers, or a shape, without the batch.", positional: true, required: true },
      ...definition.arguments,
    ],
    usableInFormula: true,
    infer: (_, { shape }) => ({ output: { shape: shape as readonly Dim[], dtype: "f32" } }),
    forward: (batch, args, context) => definition.draw([batch.shape[0] as number, ...(args["shape"] as readonly number[])], args, context),
    examples: [
      { row: `${name}(100)`, input: "", positional: [100] },
      { row: `${name}(7x7x2)`, input: "", positional: [[7, 7, 2]] },
    ],
  });
}
