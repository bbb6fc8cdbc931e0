import type { ArgumentSpec, Dim, FlowType, LayerDefinition } from "./definition.js";
import { formatFlow } from "./dimensions.js";
import { LayerError } from "./layer-error.js";

/** Declares a layer; the one place to add what every definition must have. */
export function defineLayer(definition: LayerDefinition): LayerDefinition {
  return definition;
}

/** The initialisers of a layer with a weight and a bias. */
export const initArguments: readonly ArgumentSpec[] = [
  { name: "init", kind: "initializer", doc: "How the weights start.", default: "xavier" },
  { name: "bias_init", kind: "initializer", doc: "How the bias starts.", default: 0, defaultText: "zeros" },
];

/** "the flow is 7x7x512": what a layer is applied to, as messages name it. */
export function describeFlow(flow: FlowType): string {
  return `the flow is ${formatFlow(flow)}`;
}

/** "`skip` is 56x56x64", or "the other is 56x56x64" for a tensor without a name: what stands among a layer's values. */
export function describeOther(flow: FlowType): string {
  return `${flow.name === undefined ? "the other" : `\`${flow.name}\``} is ${formatFlow(flow)}`;
}

/**
 * An extent that decides a parameter's shape, which must be a number when the net is built.
 * @throws LayerError E034 when it is symbolic.
 */
export function knownExtent(layer: string, dim: Dim | undefined, input: FlowType, what: string): number {
  if (typeof dim === "number") return dim;
  throw new LayerError(`\`${layer}\` needs to know ${what} when the net is built, but ${describeFlow(input)}`, {
    code: "E034",
    hint: `its weights have that many numbers: write a number in the place of ${dim?.text ?? "the missing axis"}`,
  });
}

/** @throws LayerError E035 when the flow holds token ids, with which a layer cannot calculate. */
export function requireNumbers(layer: string, input: FlowType, describe: (flow: FlowType) => string = describeFlow): void {
  if (input.dtype === "f32" || input.dtype === "f64") return;
  throw new LayerError(`\`${layer}\` calculates with numbers, but ${describe(input)}, which are token ids`, {
    code: "E035",
    hint: "turn ids into vectors first: embedding V, d",
  });
}
