import type { LayerDefinition } from "../definition.js";
import { extreme } from "./extreme.js";

export const min: LayerDefinition = extreme("min", "least");
