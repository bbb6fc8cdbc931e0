import { sizeOf } from "../../tensor/shape.js";
import { ConfusionCounts } from "./confusion.js";
import { answerAt, defineMetric, forEachLabel, type Metric, type MetricBatch, type MetricRun, type OutputArgument } from "./metric.js";

/** A share of things that were counted. */
function share(count: (batch: MetricBatch, add: (right: boolean) => void) => void): MetricRun {
  let right = 0;
  let all = 0;
  return {
    add: (batch) =>
      count(batch, (isRight) => {
        all += 1;
        if (isRight) right += 1;
      }),
    value: () => right / all,
  };
}

/** The share of right answers. */
export const accuracy: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("accuracy", () =>
  share((batch, add) => forEachLabel("accuracy", batch, (start, classes, label) => add(answerAt(batch, start, classes) === label))),
);

/** The share of examples whose label is among the k greatest outputs. */
export const top: (args?: OutputArgument & { k?: number }) => Metric = defineMetric<OutputArgument & { k?: number }>(
  "top",
  ({ k = 5 }) =>
    share((batch, add) =>
      forEachLabel("top", batch, (start, classes, label) => {
        const own = batch.prediction[start + label] as number;
        let greater = 0;
        for (let other = 0; other < classes; other++) if ((batch.prediction[start + other] as number) > own) greater += 1;
        add(greater < k);
      }),
    ),
  ({ k = 5 }) => `top${k}`,
);

export interface AverageArgument extends OutputArgument {
  average?: "macro" | "micro" | "weighted" | "binary";
}

interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** A ratio of counts per class, averaged over classes; a class whose denominator is 0 counts as 0. */
function averaged(
  name: string,
  average: AverageArgument["average"],
  ratio: (counts: { right: number; answered: number; present: number }) => Ratio,
): MetricRun {
  const counts = new ConfusionCounts();
  const quotient = ({ numerator, denominator }: Ratio): number => (denominator === 0 ? 0 : numerator / denominator);
  return {
    add: (batch) => counts.add(name, batch),
    value: () => {
      if (counts.classes === 0) return Number.NaN;
      const classes = Array.from({ length: counts.classes }, (_, label) => counts.ofClass(label));
      const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
      if (average === "binary") return quotient(ratio(classes[1] ?? { right: 0, answered: 0, present: 0 }));
      if (average === "micro") {
        return quotient(
          ratio({
            right: sum(classes.map(({ right }) => right)),
            answered: sum(classes.map(({ answered }) => answered)),
            present: sum(classes.map(({ present }) => present)),
          }),
        );
      }
      // A class that neither occurs nor is answered says nothing.
      const seen = classes.filter(({ answered, present }) => answered + present > 0);
      const weights = seen.map(({ present }) => (average === "weighted" ? present : 1));
      return sum(seen.map((one, index) => quotient(ratio(one)) * (weights[index] as number))) / sum(weights);
    },
  };
}

const averageLabel =
  (name: string) =>
  (args: AverageArgument): string =>
    args.average === undefined || args.average === "macro" ? name : `${name}_${args.average}`;

/** Of the answers for a class, the share that is right. */
export const precision: (args?: AverageArgument) => Metric = defineMetric<AverageArgument>(
  "precision",
  ({ average }) => averaged("precision", average, ({ right, answered }) => ({ numerator: right, denominator: answered })),
  averageLabel("precision"),
);

/** Of the examples of a class, the share that was found. */
export const recall: (args?: AverageArgument) => Metric = defineMetric<AverageArgument>(
  "recall",
  ({ average }) => averaged("recall", average, ({ right, present }) => ({ numerator: right, denominator: present })),
  averageLabel("recall"),
);

/** The harmonic mean of precision and recall: `2 TP / (answered + present)`. */
export const f1: (args?: AverageArgument) => Metric = defineMetric<AverageArgument>(
  "f1",
  ({ average }) => averaged("f1", average, ({ right, answered, present }) => ({ numerator: 2 * right, denominator: answered + present })),
  averageLabel("f1"),
);

/** e to the power of the mean cross-entropy. */
export const perplexity: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("perplexity", () => {
  let total = 0;
  let count = 0;
  return {
    add: (batch) =>
      forEachLabel("perplexity", batch, (start, classes, label) => {
        total += batch.logits
          ? logSum(batch.prediction, start, classes) - (batch.prediction[start + label] as number)
          : -Math.log(batch.prediction[start + label] as number);
        count += 1;
      }),
    value: () => Math.exp(total / count),
  };
});

function logSum(values: ArrayLike<number>, start: number, count: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) largest = Math.max(largest, values[start + index] as number);
  let total = 0;
  for (let index = 0; index < count; index++) total += Math.exp((values[start + index] as number) - largest);
  return largest + Math.log(total);
}

/**
 * Mean intersection over union: of boxes (prediction and target `... x 4`, corners), the mean over boxes; of class maps
 * (one label a pixel), the mean over the classes that occur.
 */
export const iou: (args?: OutputArgument) => Metric = defineMetric<OutputArgument>("iou", () => {
  const counts = new ConfusionCounts();
  let total = 0;
  let boxes = 0;
  return {
    add: (batch) => {
      const areBoxes =
        !batch.integerTarget && batch.predictionShape.at(-1) === 4 && sizeOf(batch.targetShape) === sizeOf(batch.predictionShape);
      if (!areBoxes) {
        counts.add("iou", batch);
        return;
      }
      for (let start = 0; start < batch.prediction.length; start += 4) {
        total += boxOverlap(batch.prediction, start, batch.target, start);
        boxes += 1;
      }
    },
    value: () => {
      if (boxes > 0) return total / boxes;
      const classes = Array.from({ length: counts.classes }, (_, label) => counts.ofClass(label)).filter(
        ({ answered, present }) => answered + present > 0,
      );
      return classes.reduce((sum, { right, answered, present }) => sum + right / (answered + present - right), 0) / classes.length;
    },
  };
});

/** Intersection over union of two boxes given by left, top, right, bottom. */
export function boxOverlap(a: ArrayLike<number>, atA: number, b: ArrayLike<number>, atB: number): number {
  const side = (axis: number): number =>
    Math.max(
      0,
      Math.min(a[atA + axis + 2] as number, b[atB + axis + 2] as number) - Math.max(a[atA + axis] as number, b[atB + axis] as number),
    );
  const area = (box: ArrayLike<number>, at: number): number =>
    Math.max(0, (box[at + 2] as number) - (box[at] as number)) * Math.max(0, (box[at + 3] as number) - (box[at + 1] as number));
  const shared = side(0) * side(1);
  const union = area(a, atA) + area(b, atB) - shared;
  return union <= 0 ? 0 : shared / union;
}
