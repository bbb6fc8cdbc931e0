import { LamellaError } from "../errors.js";
import { randomStream } from "../data/random-stream.js";
import type { TrainOptions } from "./options.js";

/** Which examples train and which validate. */
export interface Parts {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

type Split = NonNullable<TrainOptions["split"]>;

/**
 * Divides the examples 0 to `size - 1` by the split's percentages, drawn at random from the seed; with `reshuffle: "epoch"` anew in each epoch.
 * @throws LamellaError for percentages that are no shares of a hundred, or that leave nothing to train on.
 */
export function divide(size: number, split: Split | undefined, seed: number, epoch: number): Parts {
  if (split === undefined) return { training: Int32Array.from({ length: size }, (_, index) => index), validation: new Int32Array(0) };
  const { train, validation = 100 - train, reshuffle = "never" } = typeof split === "number" ? { train: split } : split;
  if (!(train > 0 && validation >= 0 && train + validation <= 100 + 1e-9)) {
    throw new LamellaError(
      `split ${train}, ${validation}: percentages must be at least 0 and no more than 100 together, and something must train`,
    );
  }
  if (train < 1) {
    throw new LamellaError(`split ${train}: a split is in percent; write split ${Math.round(train * 100)} for ${train} of the examples`);
  }
  const order = randomStream(seed, "split", reshuffle === "epoch" ? epoch : 0).permutation(size);
  const cut = Math.round((size * train) / 100);
  const end = Math.min(size, cut + Math.round((size * validation) / 100));
  if (cut === 0) throw new LamellaError(`split ${train}, ${validation}: of ${size} examples none would train`);
  return { training: order.slice(0, cut), validation: order.slice(cut, end) };
}

/** The examples of one epoch in their random order. */
export function shuffled(examples: Int32Array, seed: number, epoch: number): Int32Array {
  const order = randomStream(seed, "shuffle", epoch).permutation(examples.length);
  return order.map((position) => examples[position] as number);
}

/** Pieces of `size`; the last may be smaller. */
export function* inBatches(examples: Int32Array, size: number): Generator<Int32Array> {
  for (let start = 0; start < examples.length; start += size) yield examples.subarray(start, Math.min(examples.length, start + size));
}
