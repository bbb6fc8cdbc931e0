import type { Registry } from "../dsl/index.js";
import { dataRegistry } from "../std/data/registry.js";
import { initializerRegistry } from "../std/layers/initializer-registry.js";
import { layerRegistry, suggestLayer } from "../std/layers/registry.js";
import { trainRegistry } from "../std/train/registry.js";
import { zooEntries } from "../std/zoo/index.js";

/** Every name that the layer language knows without the notebook's help. */
export const layerLanguage: Registry = {
  layers: layerRegistry,
  initializers: initializerRegistry,
  train: trainRegistry,
  datasets: new Map(Object.entries(dataRegistry)),
  networks: zooEntries,
  suggestLayer,
};
