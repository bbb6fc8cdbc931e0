import { initializerRegistry } from "../../std/layers/initializer-registry.js";
import { layerRegistry, suggestLayer } from "../../std/layers/registry.js";
import * as network from "../../std/network/index.js";
import { trainRegistry } from "../../std/train/registry.js";
import type { Registry, Runtime } from "../../dsl/index.js";

/** The registry and the runtime as the package hands them in, without data sets and the zoo. */
export const registry: Registry = {
  layers: layerRegistry,
  initializers: initializerRegistry,
  train: trainRegistry,
  datasets: new Map(
    ["mnist", "digits", "orGate", "pairs", "faces", "flowers", "imagenet", "xor", "blobs"].map((name) => [name, { summary: name }]),
  ),
  networks: new Map(),
  suggestLayer,
};

export const runtime: Runtime = network;
