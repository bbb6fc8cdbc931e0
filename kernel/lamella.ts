// The package: `import { … } from "lamella"` gives this, and every name here stands in a notebook's cells without an import.
import { createLayersTemplate, type LayersTemplate } from "../dsl/index.js";
import { layers as layerFunctions, type Layers } from "../std/index.js";
import { library, registry } from "./library.js";

export * from "../std/index.js";
export { LayersError, type LayersTemplate } from "../dsl/index.js";

/**
 * The layer language in TypeScript: ``layers`net A(x: 2) { dense 1 }` `` gives what it defines, checked as in a notebook. Each
 * layer is also a function of it: `layers.conv(6, [5, 5])`.
 */
export const layers: LayersTemplate & Layers = Object.assign(createLayersTemplate(registry, library), layerFunctions);
