import { LamellaError } from "../errors.js";
import { Tensor } from "../tensor/tensor.js";
import { BuiltNetwork } from "./built-network.js";
import { NetworkPart } from "./network-part.js";
import { Tap } from "./tap.js";

/**
 * A value through networks, parts of networks, taps and functions: `pipe(cat, AlexNet.upTo("conv1"))` is `cat | AlexNet[..conv1]`.
 * A text is read with the vocabulary of the data the network was trained on.
 * @throws LamellaError for something a value cannot go through.
 */
export function pipe(value: unknown, ...parts: readonly unknown[]): unknown {
  let current = value;
  for (const part of parts) {
    if (typeof part === "function" && !(part instanceof BuiltNetwork)) {
      current = (part as (input: unknown) => unknown)(current);
      continue;
    }
    if (!(part instanceof BuiltNetwork || part instanceof Tap || part instanceof NetworkPart))
      throw new LamellaError("a tensor goes through networks (N), parts of them (N[..tap]) and taps (N.tap)");
    const input = typeof current === "string" ? (part instanceof NetworkPart ? part.network : part).read(current) : current;
    if (!(input instanceof Tensor))
      throw new LamellaError("only a tensor can go through a network: read or build one first, as `tensor([[…]])` or a data set's images");
    current = part instanceof BuiltNetwork ? part.predict(input) : part instanceof Tap ? part.value(input) : partOf(part, input);
  }
  return current;
}

function partOf(part: NetworkPart, input: Tensor): Tensor {
  if (part.fromTap !== null) throw new LamellaError(`${part.rowText}: only a part from the start can be given an input of the network`);
  return part.toTap === null ? part.network.predict(input) : part.network.tap(part.toTap, input);
}
