import type { LayerDefinition } from "../definition.js";
import { pickStep } from "./pick-step.js";

export const first: LayerDefinition = pickStep({
  name: "first",
  summary: "The first step of a sequence: where ViT's class token is.",
  index: 0,
});
