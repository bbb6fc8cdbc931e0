import { Generator, keyOf } from "../tensor/random.js";

/** The stream of random numbers for one purpose ("shuffle", epoch 3) under a seed: the same on every machine, whatever else was drawn. */
export function randomStream(seed: number, ...purpose: readonly (string | number)[]): Generator {
  return new Generator(seed, keyOf(seed, purpose.join("/"))[1]);
}
