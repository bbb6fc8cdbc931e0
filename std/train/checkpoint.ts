import { saveAll, weightsFile } from "../io/weights.js";
import type { Network } from "../network/network.js";
import type { TrainOptions } from "./options.js";
import { greaterIsBetter, watchedMetric } from "./schedules.js";

/** Writes the weights after epochs: every so many, or when the watched metric is the best so far. */
export class CheckpointWriter {
  readonly #networks: readonly Network[];
  readonly #path: string;
  readonly #every: number;
  readonly #keep: "last" | "best";
  #best = Number.POSITIVE_INFINITY;

  constructor(networks: readonly Network[], given: NonNullable<TrainOptions["checkpoint"]>) {
    const { path, every = 1, keep = "last" } = typeof given === "string" ? { path: given } : given;
    this.#networks = networks;
    this.#path = path;
    this.#every = every;
    this.#keep = keep;
  }

  /** The file that was written, or null. `best` looks at accuracy where there is one, else at the loss. */
  epochEnded(epoch: number, epochs: number, metrics: Readonly<Record<string, number>>): string | null {
    if (epoch % this.#every !== 0 && epoch !== epochs) return null;
    if (this.#keep === "best") {
      const name = "accuracy" in metrics ? "accuracy" : "loss";
      const value = watchedMetric(metrics, name, "checkpoint") * (greaterIsBetter(name) ? -1 : 1);
      if (!(value < this.#best)) return null;
      this.#best = value;
    }
    saveAll(this.#networks, this.#path);
    return weightsFile(this.#path);
  }
}
