export type MetricName = "accuracy" | "top" | "precision" | "recall" | "f1" | "mae" | "mse" | "rmse" | "r2" | "iou" | "map" | "bleu" | "perplexity";

/** The values of one batch as a metric sees them. */
export interface MetricBatch {
  readonly prediction: ArrayLike<number>;
  /** With the leading batch axis. */
  readonly predictionShape: readonly number[];
  readonly target: ArrayLike<number>;
  readonly targetShape: readonly number[];
  /** True where `prediction` holds logits, not probabilities. */
  readonly logits: boolean;
}

/** Collects batches and gives one figure. */
export interface MetricRun {
  add(batch: MetricBatch): void;
  value(): number;
}

/** A named metric with its arguments. `start` gives a new count. */
export interface Metric {
  readonly kind: "metric";
  /** As shown and as a key of the history: "accuracy", "top5", "f1". */
  readonly name: string;
  readonly entry: MetricName;
  /** Which output of a net with several; null for the first. */
  readonly output: string | null;
  readonly args: Readonly<Record<string, unknown>>;
  start(): MetricRun;
}
