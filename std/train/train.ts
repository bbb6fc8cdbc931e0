import type { Dataset } from "../data/dataset.js";
import type { Network } from "../network/network.js";
import type { Vocabulary } from "../data/text.js";
import { liveTraining } from "../view/live-training.js";
import { bindColumns } from "./columns.js";
import { Evaluation } from "./evaluation.js";
import type { TrainingHistory } from "./events.js";
import { fit, prepared } from "./fit.js";
import { interruptible } from "./interrupt.js";
import type { TrainOptions } from "./options.js";
import { Watch } from "./watch.js";

/**
 * Trains a net on a data set and shows a live curve: what `train LeNet on mnist { … }` compiles to.
 *
 *     const history = await train(LeNet, mnist, { loss: "crossentropy", optimizer: adam({ lr: 0.001 }), batch: 64, epochs: 3, seed: 1 });
 *
 * An interrupt (the notebook's stop button, `options.signal`) ends it at the end of the current step; the weights reached are
 * kept. The same seed on the same machine gives the same bits.
 * @param network one net, or with `updates` the nets that are trained against each other.
 * @throws LamellaError for data that do not fit the net, options out of range, and a loss that is no longer a number.
 */
export async function train(network: Network | readonly Network[], dataset: Dataset, options: TrainOptions = {}): Promise<TrainingHistory> {
  return interruptible(async (interrupt) => {
    const signal = options.signal === undefined ? interrupt : AbortSignal.any([options.signal, interrupt]);
    let show: ReturnType<typeof liveTraining> | null = null;
    let watch: Watch | null = null;
    const events = fit(network, dataset, { ...options, signal });
    try {
      for (;;) {
        const next = await events.next();
        if (next.done === true) return next.value;
        if (next.value.kind === "start" && "kind" in network) learnToRead(network, await prepared(dataset));
        options.onEvent?.(next.value);
        if (options.view === false) continue;
        if (next.value.kind === "start") {
          show = liveTraining(next.value.run);
          const networks = "kind" in network ? [network] : network;
          if (options.watch !== undefined) watch = new Watch(networks, await prepared(dataset), options.watch, options.seed ?? 0);
        }
        show?.(next.value);
        watch?.see(next.value);
      }
    } catch (error) {
      show?.({ kind: "failed" });
      throw error;
    }
  });
}

/** Texts can be shown to the net as its data wrote them. */
function learnToRead(network: Network, dataset: Dataset): void {
  const { vocabularies = {} } = dataset;
  const { inputs } = bindColumns(network, dataset);
  const read = network.inputs.flatMap(({ name }, index): [string, Vocabulary][] => {
    const vocabulary = vocabularies[inputs[index] ?? ""];
    return vocabulary === undefined ? [] : [[name, vocabulary]];
  });
  if (read.length > 0) network.vocabularies = Object.fromEntries(read);
}

/**
 * Loss and metrics of a net on a data set, on its test part where it has one: `await evaluate(LeNet, mnist)` gives
 * `{ loss: 0.05, accuracy: 0.985 }`.
 * @param metrics names or metrics; accuracy for classifiers by default.
 */
export async function evaluate(
  network: Network,
  dataset: Dataset,
  metrics?: TrainOptions["metrics"],
  options: Pick<TrainOptions, "loss" | "batch" | "signal"> = {},
): Promise<Readonly<Record<string, number>>> {
  return interruptible(async (interrupt) => {
    await prepared(dataset);
    const part = "test" in dataset ? (dataset.test as Dataset) : dataset;
    const evaluation = new Evaluation(network, part, { ...options, ...(metrics === undefined ? {} : { metrics }) });
    try {
      return await evaluation.run(undefined, options.signal === undefined ? interrupt : AbortSignal.any([options.signal, interrupt]));
    } finally {
      evaluation.dispose();
    }
  });
}
