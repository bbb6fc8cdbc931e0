import type { Dim, FlowType, LayerArguments, LayerDefinition } from "./definition.js";
import { compareShapes, formatDim } from "./dimensions.js";
import { LayerError } from "./layer-error.js";

/**
 * Why a claimed shape does not hold, as the second line of the message: the formula with its numbers and, where one changed
 * option gives the claimed shape, that option: "(224 + 2*0 - 11)/4 + 1 = 54.25, rounded down; pad=2 gives 55".
 * @param args the checked arguments. Empty when there is nothing to say.
 */
export function explainClaim(definition: LayerDefinition, input: FlowType, args: LayerArguments, claimed: readonly Dim[]): string {
  const { formula } = definition.infer(input, args);
  if (formula === undefined) return "";
  const fix = findFix(definition, input, args, claimed);
  if (fix === null) return formula;
  const extents = claimed.slice(0, -1).map(formatDim);
  const gives = extents.every((extent) => extent === extents[0]) ? extents[0] : extents.join("x");
  return `${formula}; ${fix.name}=${String(fix.value)} gives ${gives ?? ""}`;
}

/** The one option that, changed alone, gives the claimed shape: a padding first, then a stride. */
export function findFix(
  definition: LayerDefinition,
  input: FlowType,
  args: LayerArguments,
  claimed: readonly Dim[],
): { readonly name: string; readonly value: number | string } | null {
  const candidates: readonly [name: string, values: readonly (number | string)[]][] = [
    ["pad", [0, 1, 2, 3, 4, 5, 6, "same"]],
    ["stride", [1, 2, 3, 4]],
    ["dilation", [1, 2, 3]],
  ];
  for (const [name, values] of candidates) {
    if (!definition.arguments.some((spec) => spec.name === name)) continue;
    for (const value of values) {
      if (args[name] === value) continue;
      try {
        const { output } = definition.infer(input, { ...args, [name]: value });
        if (compareShapes(output.shape, claimed) === "equal") return { name, value };
      } catch (error) {
        if (!(error instanceof LayerError)) throw error;
      }
    }
  }
  return null;
}
