import type { LayerDefinition } from "../definition.js";
import { extreme } from "./extreme.js";

export const max: LayerDefinition = extreme("max", "greatest");
