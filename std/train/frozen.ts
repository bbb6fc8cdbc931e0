import { LamellaError } from "../errors.js";
import type { Network, TapHandle } from "../network/network.js";
import type { Variable } from "../tensor/graph.js";
import type { FreezePart } from "./options.js";

/** The weights a run trains: all that are trainable but the frozen ones. @throws LamellaError when a frozen part is none of the net's. */
export function trainableOf(network: Network, freeze: FreezePart | readonly FreezePart[] | undefined): Variable[] {
  const parts = freeze === undefined ? [] : Array.isArray(freeze) ? (freeze as readonly FreezePart[]) : [freeze as FreezePart];
  const frozen = new Set(parts.flatMap((part) => frozenBy(network, part)));
  return [...network.parameters.values()].filter((variable) => variable.trainable && !frozen.has(variable));
}

function frozenBy(network: Network, part: FreezePart): Variable[] {
  if (typeof part !== "string") {
    const parameters: Network["parameters"] | TapHandle["parameters"] = part.parameters;
    const variables = "values" in parameters ? [...parameters.values()] : [];
    const own = new Set(network.parameters.values());
    const held = variables.filter((variable) => own.has(variable));
    if (held.length === 0) throw new LamellaError(`freeze: ${part.name} has no weights that ${network.name} uses`);
    return held;
  }
  const paths = network.pathsOf(part);
  const held = paths.map((path) => network.parameters.get(path)).filter((variable) => variable !== undefined);
  if (held.length === 0)
    throw new LamellaError(
      `freeze: ${network.name} has no part \`${part}\` with weights; its weights are ${[...network.parameters.keys()].slice(0, 8).join(", ")}`,
    );
  return held;
}
