import { augmentationEntries } from "../data/augmentation-entries.js";
import type { TrainEntry, TrainFamily, TrainKey } from "./entry.js";
import { lossEntries } from "./loss-entries.js";
import { metricEntries } from "./metric-entries.js";
import { optimizerEntries } from "./optimizer-entries.js";
import { scheduleEntries } from "./schedule-entries.js";
import { trainKeys } from "./keys.js";

const ruleEntries: readonly TrainEntry[] = [
  {
    family: "rule",
    name: "perceptron",
    summary: "Rosenblatt's rule: after each wrong example the weights move towards it.",
    details:
      "`w <- w + lr (t - y) x`, `b <- b + lr (t - y)` for every example (with `batch 1`: one after the other). " +
      "For a net whose only parameters are one dense layer. F. Rosenblatt, Psychological Review 65 (1958).",
    arguments: [],
    typescript: "perceptron",
  },
];

/** Everything a `train` block may say, for checks, completion, hover and the reference page. */
export interface TrainRegistry {
  readonly keys: readonly TrainKey[];
  readonly families: Readonly<Record<TrainFamily, readonly TrainEntry[]>>;
}

export const trainRegistry: TrainRegistry = {
  keys: trainKeys,
  families: {
    loss: lossEntries,
    optimizer: optimizerEntries,
    schedule: scheduleEntries,
    metric: metricEntries,
    augmentation: augmentationEntries,
    rule: ruleEntries,
  },
};
