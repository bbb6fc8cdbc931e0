import type { LayerDefinition } from "../definition.js";
import { pickStep } from "./pick-step.js";

export const last: LayerDefinition = pickStep({
  name: "last",
  summary: "The last step of a sequence: what a recurrent layer ends with.",
  index: -1,
});
