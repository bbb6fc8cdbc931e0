import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, requireNumbers } from "../define.js";
import type { ArgumentSpec, LayerArguments, LayerDefinition } from "../definition.js";
import { LayerError } from "../layer-error.js";

/** A function that makes one number of all numbers along a dimension. */
export function reduction(definition: {
  name: string;
  summary: string;
  details: string;
  arguments?: readonly ArgumentSpec[];
  reduce(x: Tensor, axis: number, args: LayerArguments): Tensor;
}): LayerDefinition {
  const { name } = definition;
  return defineLayer({
    name,
    category: "formula",
    summary: definition.summary,
    details:
      `${definition.details} T x D in, T x 1 out: the dimension stays with extent 1, so that formulas such as ` +
      "`(x - mean(x)) / sqrt(mean(square(x - mean(x))))` fit. No parameters.",
    arguments: [
      ...(definition.arguments ?? []),
      { name: "axis", kind: "integer", doc: "The dimension: 0 is the first of the flow, -1 the last.", default: -1 },
    ],
    usableInFormula: true,
    infer(input, { axis }) {
      requireNumbers(name, input);
      const at = (axis as number) < 0 ? (axis as number) + input.shape.length : (axis as number);
      if (at < 0 || at >= input.shape.length) {
        throw new LayerError(`\`${name}\`: there is no dimension ${axis as number}, ${describeFlow(input)}`, {
          code: "E030",
          argument: "axis",
        });
      }
      return { output: { shape: input.shape.with(at, 1), dtype: input.dtype } };
    },
    forward: (input, args) =>
      definition.reduce(input, (args["axis"] as number) < 0 ? (args["axis"] as number) : (args["axis"] as number) + 1, args),
    examples: [
      { row: name, input: "T x 4" },
      { row: `${name} axis=0`, input: "3x4", named: { axis: 0 } },
    ],
  });
}
