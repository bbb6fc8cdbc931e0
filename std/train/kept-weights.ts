import type { Network } from "../network/network.js";
import type { Variable } from "../tensor/graph.js";

/** Variables that hold something worth keeping: they were trained or loaded. */
const kept = new WeakSet<Variable>();

/** Says that these weights were trained or loaded, so that the next `train` goes on from them. */
export function keepWeights(variables: Iterable<Variable>): void {
  for (const variable of variables) kept.add(variable);
}

/** Draws a network's weights from `seed`, all but those that were trained or loaded before. */
export function initializeRest(network: Network, seed: number): void {
  const values = [...network.parameters.values()].filter((variable) => kept.has(variable)).map((variable) => ({ variable, value: variable.value }));
  network.initialize(seed);
  for (const { variable, value } of values) variable.assign(value);
}
