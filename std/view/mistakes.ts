import { LamellaError } from "../errors.js";
import type { Dataset } from "../data/dataset.js";
import type { Network } from "../network/network.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import { confusionMatrix } from "./confusion-matrix.js";
import { imageGrid } from "./image-grid.js";
import { formatPercent, plural } from "./numbers.js";
import { selfShowing, type ViewOptions } from "./views.js";

/** What a network said of every example of a data set, in order. */
export interface Predictions {
  readonly labels: Int32Array;
  readonly predictions: Int32Array;
  /** How sure it was of what it said. */
  readonly probabilities: Float32Array;
}

/** Examples a classifier is asked at a time: large enough for the kernels, small in memory for pictures of any size. */
const batchSize = 250;

/**
 * Asks a classifier about a whole data set.
 * @throws LamellaError when the net does not give one score a class, or the last column is not one class index an example.
 */
export function predictions(network: Network, dataset: Dataset): Predictions {
  const [input, target] = columnsOf(dataset);
  const result = {
    labels: new Int32Array(dataset.size),
    predictions: new Int32Array(dataset.size),
    probabilities: new Float32Array(dataset.size),
  };
  for (let start = 0; start < dataset.size; start += batchSize) {
    const indices = Array.from({ length: Math.min(batchSize, dataset.size - start) }, (_, index) => start + index);
    const batch = dataset.batch(indices);
    const scores = network.predict(batch[input] as Tensor);
    const classes = scores.shape.at(-1) ?? 0;
    if (scores.shape.length !== 2 || classes < 2) {
      throw new LamellaError(
        `mistakes are told for nets that give a score for each class, but ${network.name} gives ${network.outputs[0]?.type.shape.map(String).join("x") ?? "nothing"}`,
      );
    }
    for (const [row, index] of indices.entries()) {
      let best = 0;
      for (let candidate = 1; candidate < classes; candidate++) {
        if ((scores.data[row * classes + candidate] as number) > (scores.data[row * classes + best] as number)) best = candidate;
      }
      result.labels[index] = (batch[target] as Tensor).data[row] as number;
      result.predictions[index] = best;
      result.probabilities[index] = scores.data[row * classes + best] as number;
    }
  }
  return result;
}

/**
 * The examples a classifier got wrong, the surest first: picture, what it said and how sure it was, what it was.
 * @param options `limit` (default 24), `columns`, `classes` (default the data set's).
 */
export function mistakes(network: Network, dataset: Dataset, options: ViewOptions = {}): MimeBundle {
  const asked = predictions(network, dataset);
  const wrong = Array.from(asked.labels.keys()).filter((index) => asked.labels[index] !== asked.predictions[index]);
  wrong.sort((a, b) => (asked.probabilities[b] as number) - (asked.probabilities[a] as number) || a - b);
  const accuracy = dataset.size === 0 ? NaN : 1 - wrong.length / dataset.size;
  const head = `${network.name} is wrong on ${plural(wrong.length, "of", "of")} ${plural(dataset.size, "example")} (${formatPercent(accuracy)} right)`;
  if (wrong.length === 0) return selfShowing({ "text/plain": head });
  const shown = wrong.slice(0, options.limit ?? 24);
  const [input] = columnsOf(dataset);
  const classes = options.classes ?? dataset.classes ?? undefined;
  const title = `${head}${shown.length < wrong.length ? `; the ${shown.length} it was surest of` : ", the surest first"}`;
  return imageGrid(dataset.batch(shown)[input] as Tensor, {
    ...options,
    title,
    onlyMistakes: true,
    limit: shown.length,
    labels: shown.map((index) => asked.labels[index] as number),
    predictions: shown.map((index) => asked.predictions[index] as number),
    probabilities: shown.map((index) => asked.probabilities[index] as number),
    ...(classes === undefined ? {} : { classes }),
  });
}

/** The confusion matrix of a classifier on a data set. */
export function confusions(network: Network, dataset: Dataset, options: ViewOptions = {}): MimeBundle {
  const asked = predictions(network, dataset);
  const classes = options.classes ?? dataset.classes;
  return confusionMatrix(asked.labels, asked.predictions, {
    ...options,
    title: options.title ?? network.name,
    ...(classes === null ? {} : { classes }),
  });
}

function columnsOf(dataset: Dataset): readonly [string, string] {
  const names = Object.keys(dataset.columns);
  const [first, last] = [names[0], names.at(-1)];
  if (first === undefined || last === undefined || names.length < 2)
    throw new LamellaError(`${dataset.name} has no target column to compare with: its columns are ${names.join(", ") || "none"}`);
  return [first, last];
}
