import type { TrainOptions } from "./options.js";
import { greaterIsBetter, watchedMetric } from "./schedules.js";

/** Ends a run when a metric has not improved for some epochs. */
export class EarlyStop {
  readonly #patience: number;
  readonly #metric: string;
  readonly #by: number;
  #best = Number.POSITIVE_INFINITY;
  #bestEpoch = 0;

  constructor(given: NonNullable<TrainOptions["stop"]>) {
    const { patience, metric = "loss", by = 0 } = typeof given === "number" ? { patience: given } : given;
    this.#patience = patience;
    this.#metric = metric;
    this.#by = by;
  }

  /** Why the run ends now, or null. */
  epochEnded(epoch: number, metrics: Readonly<Record<string, number>>): string | null {
    const value = watchedMetric(metrics, this.#metric, "stop") * (greaterIsBetter(this.#metric) ? -1 : 1);
    if (value < this.#best - this.#by) {
      this.#best = value;
      this.#bestEpoch = epoch;
      return null;
    }
    const waited = epoch - this.#bestEpoch;
    return waited < this.#patience
      ? null
      : `stopped early after epoch ${epoch}: ${this.#metric} has not improved since epoch ${this.#bestEpoch}`;
  }
}
