import { LamellaError } from "../errors.js";
import type { Network } from "../network/network.js";
import type { TrainOptions } from "./options.js";

/** The code of the engine's refusal of a plan that does not fit into its memory. */
const tooLarge = "E901";

function isTooLarge(error: unknown): error is LamellaError {
  return error instanceof LamellaError && error.code === tooLarge;
}

/**
 * Plans a training step, with the batch in as few pieces as fit into memory: the gradients of the pieces are added up, which
 * gives what the whole batch would have given.
 * @param plan makes the step for a batch in so many pieces.
 * @throws LamellaError with the engine's figures when the batch may not be split (batch normalisation looks at all of it; nets
 * that are updated one after the other would see other weights), or when not even single examples fit.
 */
export function planWithinMemory<T>(
  networks: readonly Network[],
  batch: number,
  options: Pick<TrainOptions, "updates" | "rule">,
  plan: (pieces: number) => T,
): T & { readonly pieces: number } {
  for (let pieces = 1; ; pieces = Math.min(batch, pieces * 2)) {
    try {
      return { ...plan(pieces), pieces };
    } catch (error) {
      if (!isTooLarge(error) || pieces >= batch) throw error;
      const reason = wholeOnly(networks, options);
      if (reason !== null)
        throw new LamellaError(`${error.message}. The batch is not trained in pieces: ${reason}`, { code: tooLarge, cause: error });
    }
  }
}

/** Why a batch must stay whole, or null. */
function wholeOnly(networks: readonly Network[], options: Pick<TrainOptions, "updates" | "rule">): string | null {
  if (options.updates !== undefined) return "nets that are updated one after the other would see other weights";
  if (options.rule !== undefined) return "the rule changes the weights after each of them";
  // Running statistics are the only parameters that are not trained.
  const normalised = networks.find((network) => [...network.parameters.values()].some(({ trainable }) => !trainable));
  return normalised === undefined
    ? null
    : `${normalised.name} has batch normalisation, whose mean and variance are those of the whole batch`;
}

/** The greatest batch that fits, at most `batch`, halved until it does. @param prepare throws the engine's refusal when it does not. */
export function fittingBatch(batch: number, prepare: (size: number) => void): number {
  for (let size = batch; ; size = Math.ceil(size / 2)) {
    try {
      prepare(size);
      return size;
    } catch (error) {
      if (!isTooLarge(error) || size === 1) throw error;
    }
  }
}
