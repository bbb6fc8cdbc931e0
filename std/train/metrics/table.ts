import { LamellaError } from "../../errors.js";
import { accuracy, f1, iou, perplexity, precision, recall, top } from "./classification.js";
import { map } from "./detection.js";
import type { Metric, MetricName } from "./metric.js";
import { mae, mse, r2, rmse } from "./regression.js";
import { bleu } from "./sequences.js";

export const metrics = { accuracy, top, precision, recall, f1, mae, mse, rmse, r2, iou, map, bleu, perplexity } as const;

/** A metric from what `train` was given. @throws LamellaError for an unknown name. */
export function metricOf(given: MetricName | Metric): Metric {
  if (typeof given !== "string") return given;
  const create = Object.hasOwn(metrics, given) ? metrics[given] : undefined;
  if (create === undefined) throw new LamellaError(`there is no metric \`${String(given)}\`; there are ${Object.keys(metrics).join(", ")}`);
  return create();
}
