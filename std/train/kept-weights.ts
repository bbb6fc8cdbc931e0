import type { Network } from "../network/network.js";
import { BuiltNetwork } from "../network/built-network.js";

/** Networks whose weights are worth keeping: they were trained or loaded. */
const kept = new WeakSet<object>();

/** Says that a network was trained or loaded, so that the next `train` goes on from its weights, and from those of networks used inside it. */
export function keepWeights(network: Network): void {
  kept.add(network);
  if (!(network instanceof BuiltNetwork)) return;
  for (const path of network.parameters.keys()) {
    const owner = network.entryAt(path)?.owner?.network;
    if (owner instanceof BuiltNetwork) kept.add(owner);
  }
}

/** Draws a network's weights from `seed` unless it was trained or loaded before; then `seed` only fixes what is random while it runs. */
export function initializeRest(network: Network, seed: number): void {
  if (!kept.has(network)) {
    network.initialize(seed);
    return;
  }
  network.reseed(seed);
}
