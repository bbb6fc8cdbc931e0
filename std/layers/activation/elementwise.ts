import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, requireNumbers } from "../define.js";
import type { ArgumentSpec, LayerArguments, LayerDefinition } from "../definition.js";

/** A layer that maps each number alone: any flow in, the same shape out, no parameters. */
export function elementwise(definition: {
  name: string;
  summary: string;
  /** The formula and the source, in Markdown. */
  details: string;
  arguments?: readonly ArgumentSpec[];
  category?: LayerDefinition["category"];
  compute(x: Tensor, args: LayerArguments): Tensor;
  examples?: LayerDefinition["examples"];
}): LayerDefinition {
  const { name } = definition;
  return defineLayer({
    name,
    category: definition.category ?? "activation",
    summary: definition.summary,
    details: `${definition.details} Any shape in, the same shape out; no parameters.`,
    arguments: definition.arguments ?? [],
    usableInFormula: true,
    infer(input) {
      requireNumbers(name, input);
      return { output: { shape: input.shape, dtype: input.dtype } };
    },
    forward: (input, args) => definition.compute(input, args),
    examples: definition.examples ?? [{ row: name, input: "28x28x6" }],
  });
}
