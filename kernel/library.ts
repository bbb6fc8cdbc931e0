import type { Registry, Runtime } from "../dsl/index.js";
import { dataRegistry } from "../std/data/index.js";
import { initializerRegistry } from "../std/layers/initializer-registry.js";
import { layerRegistry, suggestLayer } from "../std/layers/registry.js";
import * as runtime from "../std/index.js";
import { zooEntries } from "../std/zoo/index.js";
import { trainRegistry } from "../std/train/registry.js";

/** The names the layer language is handed: every layer, initialiser, train key, data set and network of the library. */
export const registry: Registry = {
  layers: layerRegistry,
  initializers: initializerRegistry,
  train: trainRegistry,
  datasets: new Map(Object.entries(dataRegistry)),
  networks: zooEntries,
  suggestLayer,
};

/** What the language's TypeScript calls. */
export const library: Runtime = runtime;
