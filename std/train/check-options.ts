import { LamellaError } from "../errors.js";
import { trainKeys } from "./keys.js";
import type { TrainOptions } from "./options.js";

/** Options of the TypeScript side that no `train` block writes as keys. */
const others = new Set(["updates", "signal", "onEvent", "view", "validation"]);

/** @throws LamellaError for an option that does not exist or a number out of range. */
export function checkOptions(options: TrainOptions): void {
  for (const key of Object.keys(options)) {
    if (!others.has(key) && !trainKeys.some(({ name }) => name === key)) {
      throw new LamellaError(`train has no option \`${key}\`; it has ${trainKeys.map(({ name }) => name).join(", ")}`);
    }
  }
  whole("batch", options.batch, 1);
  whole("epochs", options.epochs, 1);
  whole("seed", options.seed, 0);
  whole("accumulate", options.accumulate, 1);
  if (options.lr !== undefined && !(options.lr >= 0 && Number.isFinite(options.lr)))
    throw new LamellaError(`train: lr=${options.lr} must be a number of at least 0`);
  if (options.updates !== undefined && (options.accumulate ?? 1) > 1)
    throw new LamellaError("train: accumulate does not go with `update` rows; use a larger batch");
  if (options.teacher !== undefined && options.teacher !== 1) {
    throw new LamellaError(
      `train: teacher=${options.teacher}: only full teacher forcing (teacher 1) is there; the true previous token is always given`,
    );
  }
}

function whole(name: string, value: number | undefined, least: number): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= least))
    throw new LamellaError(`train: ${name}=${value} must be a whole number of at least ${least}`);
}
