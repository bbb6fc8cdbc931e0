// The package: `import { … } from "lamella"` gives this, and every name here stands in a notebook's cells without an import.
import { createLayersTemplate, type LayersTemplate } from "../dsl/index.js";
import * as library from "../std/index.js";
import { layerLanguage } from "./layer-registry.js";

export * from "../std/index.js";
export { LayersError, type LayersTemplate } from "../dsl/index.js";

/**
 * The layer language in TypeScript: ``layers`net A(x: 2) { dense 1 }` `` gives what it defines, checked as in a notebook. Each
 * layer is also a function of it: `layers.conv(6, [5, 5])`.
 */
export const layers: LayersTemplate & library.Layers = Object.assign(createLayersTemplate(layerLanguage, library), library.layers);
