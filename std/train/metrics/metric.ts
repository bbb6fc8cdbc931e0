import { LamellaError, ShapeError } from "../../errors.js";
import { formatShape, sizeOf } from "../../tensor/shape.js";
import { filledArguments } from "../arguments.js";
import { metricEntries } from "../metric-entries.js";

export type MetricName =
  "accuracy" | "top" | "precision" | "recall" | "f1" | "mae" | "mse" | "rmse" | "r2" | "iou" | "map" | "bleu" | "perplexity";

/** The values of one batch as a metric sees them. */
export interface MetricBatch {
  readonly prediction: ArrayLike<number>;
  /** With the leading batch axis. */
  readonly predictionShape: readonly number[];
  readonly target: ArrayLike<number>;
  readonly targetShape: readonly number[];
  /** True where the target holds class numbers. */
  readonly integerTarget: boolean;
  /** True where `prediction` holds what a softmax or sigmoid would still be taken of. */
  readonly logits: boolean;
  /** A class number that does not count (padding). */
  readonly ignore?: number;
}

/** Collects batches and gives one figure. */
export interface MetricRun {
  add(batch: MetricBatch): void;
  /** NaN before anything was added. */
  value(): number;
}

/** A named metric with its arguments. `start` gives a new count. */
export interface Metric {
  readonly kind: "metric";
  /** As shown and as a key of the history: "accuracy", "top5", "f1", "mae(age)". */
  readonly name: string;
  readonly entry: MetricName;
  /** Which output of a net with several; null for the first. */
  readonly output: string | null;
  readonly args: Readonly<Record<string, unknown>>;
  start(): MetricRun;
}

export interface OutputArgument {
  /** Which output of a net with several. */
  output?: string;
}

/** A metric with its checked arguments. @param label the name without the output, from the arguments ("top5"). */
export function defineMetric<A extends OutputArgument>(
  entry: MetricName,
  start: (args: A) => MetricRun,
  label: (args: A) => string = () => entry,
): (args?: A) => Metric {
  return (given) => {
    const args = filledArguments(metricEntries, entry, given ?? {});
    const output = (args["output"] as string | undefined) ?? null;
    const name = label(args as A);
    return { kind: "metric", name: output === null ? name : `${name}(${output})`, entry, output, args, start: () => start(args as A) };
  };
}

/** Visits each decision of a classifier: where its scores start and which class is right. @throws ShapeError when the shapes do not fit. */
export function forEachLabel(who: string, batch: MetricBatch, visit: (start: number, classes: number, label: number) => void): void {
  const { predictionShape, target, targetShape, integerTarget, ignore } = batch;
  // One output for yes and no stands alone; else the last axis holds the classes.
  const single = (predictionShape.at(-1) === 1 && predictionShape.length > 1) || predictionShape.length === 1;
  const classes = single ? 1 : (predictionShape.at(-1) as number);
  const count = sizeOf(predictionShape) / classes;
  const distribution = !integerTarget && !single && sizeOf(targetShape) === sizeOf(predictionShape);
  if (!distribution && sizeOf(targetShape) !== count) {
    throw new ShapeError(
      `${who}: outputs of ${formatShape(predictionShape)} need ${count} class numbers, but the target is ${formatShape(targetShape)}`,
    );
  }
  for (let index = 0; index < count; index++) {
    const label = distribution ? greatest(target, index * classes, classes) : (target[index] as number);
    if (label !== ignore) visit(index * classes, classes, label);
  }
}

/** The class a classifier answers: the greatest score; with one output 1 above one half (logits: above 0), else 0. */
export function answerAt(batch: MetricBatch, start: number, classes: number): number {
  if (classes > 1) return greatest(batch.prediction, start, classes);
  return (batch.prediction[start] as number) > (batch.logits ? 0 : 0.5) ? 1 : 0;
}

function greatest(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let index = 1; index < count; index++) if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  return best;
}

/** @throws LamellaError when the target's size is not the prediction's. */
export function requireSameSize(who: string, { predictionShape, targetShape }: MetricBatch): number {
  const size = sizeOf(predictionShape);
  if (sizeOf(targetShape) !== size) {
    throw new LamellaError(
      `${who}: the prediction is ${formatShape(predictionShape)}, but the target is ${formatShape(targetShape)}; both must agree`,
    );
  }
  return size;
}
