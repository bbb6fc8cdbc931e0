export { metrics, metricOf } from "./table.js";
export { ConfusionCounts } from "./confusion.js";
export { meanAveragePrecision, type AveragePrecisionOptions, type Detection, type Truth } from "./detection.js";
export { corpusBleu } from "./sequences.js";
export type { AverageArgument } from "./classification.js";
export type { Metric, MetricBatch, MetricName, MetricRun, OutputArgument } from "./metric.js";
