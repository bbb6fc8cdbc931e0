import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { knownExtent } from "../define.js";
import type { ArgumentSpec, FlowType, ForwardContext, ParameterSpec } from "../definition.js";
import { ones, zeros } from "../initializers.js";

/** What the normalisations share: epsilon, and a trained scale and shift for each channel. */
export const normalisationArguments: readonly ArgumentSpec[] = [
  { name: "epsilon", kind: "number", doc: "Added to the variance, so that nothing is divided by 0.", default: 1e-5, minimum: 0 },
  { name: "affine", kind: "boolean", doc: "Whether a trained scale and shift follow.", default: true },
];

/** scale (C, starts at 1) and shift (C, starts at 0). */
export function affineParameters(layer: string, input: FlowType, affine: boolean): ParameterSpec[] {
  if (!affine) return [];
  const channels = knownExtent(layer, input.shape.at(-1), input, "how many channels come in");
  return [
    { name: "scale", shape: [channels], init: ones },
    { name: "shift", shape: [channels], init: zeros },
  ];
}

/** The trained scale and shift, or 1 and 0 where there are none. */
export function affineOf(input: Tensor, { parameters }: ForwardContext): { scale: Tensor; shift: Tensor } {
  const channels = [input.shape.at(-1) as number];
  return {
    scale: parameters["scale"] ?? operations.full(channels, 1, input.dtype),
    shift: parameters["shift"] ?? operations.full(channels, 0, input.dtype),
  };
}
