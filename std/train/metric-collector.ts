import type { Tensor } from "../tensor/tensor.js";
import type { MetricRun } from "./metrics/index.js";
import type { BoundMetric } from "./program.js";

/** What a step or an evaluation says of its results, for the metrics. */
export interface Measured {
  readonly lossNames: readonly string[];
  readonly metrics: readonly BoundMetric[];
  readonly feed: { readonly columns: readonly string[] };
  readonly ignore: number | undefined;
  givesLogits(output: number): boolean;
}

/** Adds up losses and metrics over the batches of one pass. */
export class MetricCollector {
  readonly #measured: Measured;
  readonly #runs: readonly MetricRun[];
  readonly #losses: number[];
  #examples = 0;

  constructor(measured: Measured) {
    this.#measured = measured;
    this.#runs = measured.metrics.map(({ metric }) => metric.start());
    this.#losses = measured.lossNames.map(() => 0);
  }

  /** @param outputs one for each metric, in order. */
  add(size: number, losses: readonly number[], outputs: readonly Tensor[], columns: readonly Tensor[]): void {
    this.#examples += size;
    for (const [index, loss] of losses.entries()) this.#losses[index] = (this.#losses[index] as number) + size * loss;
    for (const [index, { output, target }] of this.#measured.metrics.entries()) {
      const prediction = outputs[index] as Tensor;
      const wanted = columns[this.#measured.feed.columns.indexOf(target)] as Tensor;
      const { ignore } = this.#measured;
      this.#runs[index]?.add({
        prediction: prediction.data,
        predictionShape: prediction.shape,
        target: wanted.data,
        targetShape: wanted.shape,
        integerTarget: wanted.dtype === "i32",
        logits: this.#measured.givesLogits(output),
        ...(ignore === undefined ? {} : { ignore }),
      });
    }
  }

  /** `loss`, where there are several also each under its own name, and the metrics. */
  values(): Record<string, number> {
    const means = this.#losses.map((sum) => sum / this.#examples);
    const values: Record<string, number> = means.length === 0 ? {} : { loss: means.reduce((sum, mean) => sum + mean, 0) };
    if (means.length > 1) for (const [index, mean] of means.entries()) values[this.#measured.lossNames[index] as string] = mean;
    for (const [index, { metric }] of this.#measured.metrics.entries()) values[metric.name] = (this.#runs[index] as MetricRun).value();
    return values;
  }
}
