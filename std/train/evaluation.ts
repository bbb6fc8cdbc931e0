import type { Augmentation } from "../data/augmentation.js";
import type { Dataset } from "../data/dataset.js";
import type { Network } from "../network/network.js";
import type { Tensor } from "../tensor/tensor.js";
import { inBatches } from "./batches.js";
import { trainingExecutor } from "./executor.js";
import { Feed } from "./feed.js";
import { fittingBatch } from "./memory-limit.js";
import { MetricCollector } from "./metric-collector.js";
import { NetworkLoss } from "./network-loss.js";
import type { TrainOptions } from "./options.js";
import { StepRunner } from "./step.js";

export interface EvaluationOptions extends Pick<TrainOptions, "loss" | "metrics" | "batch"> {
  readonly augmentations?: readonly Augmentation[];
}

/** Loss and metrics of a net on a data set, without training: no dropout, running means in batch norm, crops from the middle. */
export class Evaluation {
  readonly #feed: Feed;
  readonly #loss: NetworkLoss;
  readonly #measured: ConstructorParameters<typeof MetricCollector>[0];
  readonly #runner: StepRunner;
  #batch: number;

  constructor(network: Network, dataset: Dataset, options: EvaluationOptions) {
    const feed = new Feed([network], dataset, { all: typeof options.loss === "function", augmentations: options.augmentations ?? [] });
    const loss = new NetworkLoss(network, feed, options.loss);
    this.#feed = feed;
    this.#loss = loss;
    const metrics = loss.bind(options.metrics);
    this.#measured = { lossNames: ["loss"], metrics, feed, ignore: loss.ignore, givesLogits: (output) => loss.givesLogits(output) };
    // Nothing is kept for a backward pass, so more examples fit.
    this.#batch = Math.max(options.batch ?? 32, 256);
    this.#runner = new StepRunner(
      {
        name: `evaluation of ${network.name}`,
        columnTypes: (size) => feed.columnTypes(size),
        scalarCount: 0,
        body: ({ columns, step }): readonly Tensor[] => {
          const inputs = feed.binding.inputs.map((name) => columns[feed.columns.indexOf(name)] as Tensor);
          const result = network.forward(inputs, { training: false, step });
          return [this.#loss.of(result, columns), ...metrics.map(({ output }) => result.outputs[output] as Tensor)];
        },
      },
      trainingExecutor(),
    );
  }

  /** @param examples which; all of the data set by default. */
  async run(examples?: Int32Array, signal?: AbortSignal): Promise<Record<string, number>> {
    const indices = examples ?? Int32Array.from({ length: this.#feed.dataset.size }, (_, index) => index);
    this.#batch = fittingBatch(Math.min(this.#batch, Math.max(1, indices.length)), (size) => this.#runner.prepare(size, ""));
    const collector = new MetricCollector(this.#measured);
    let lastPause = performance.now();
    for (const batch of inBatches(indices, this.#batch)) {
      signal?.throwIfAborted();
      const columns = this.#feed.batch(batch, null);
      const [loss, ...outputs] = await this.#runner.run(
        batch.length,
        columns,
        { step: 0, scalars: [] },
        signal === undefined ? {} : { signal },
      );
      collector.add(batch.length, [(loss as Tensor).item()], outputs, columns);
      if (performance.now() - lastPause < 15) continue;
      await new Promise((resolve) => setImmediate(resolve));
      lastPause = performance.now();
    }
    return collector.values();
  }

  dispose(): void {
    this.#runner.dispose();
  }
}
