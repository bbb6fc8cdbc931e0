import type { TiedLayer } from "../definition.js";
import { LayerError } from "../layer-error.js";

/**
 * The shape of the weight a `tie=` argument lends.
 * @throws LayerError E031 when the layer has none, or it does not follow yet because the layer was not used.
 */
export function tiedWeightShape(layer: string, tie: TiedLayer): readonly number[] {
  const { definition, args } = tie;
  // What an embedding's weight is follows from its arguments; other layers must have been used once.
  const input = tie.input ?? (definition.name === "embedding" ? { shape: [1], dtype: "i32" as const } : undefined);
  if (input === undefined) {
    throw new LayerError(`\`${layer}\`: \`${definition.name}\` has no weights yet: use it before another layer is tied to it`, {
      code: "E031",
      argument: "tie",
    });
  }
  const weight = definition.parameters?.(input, args).find((spec) => spec.name === "weight");
  if (weight?.shape.length !== 2) {
    throw new LayerError(`\`${layer}\`: \`${definition.name}\` has no weight matrix that could be shared`, {
      code: "E031",
      argument: "tie",
    });
  }
  return weight.shape;
}
