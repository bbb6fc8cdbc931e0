export type { TrainEntry, TrainFamily, TrainKey } from "./entry.js";
export { trainRegistry, type TrainRegistry } from "./registry.js";
export type { LossContext, LossExpression, TrainOptions, UpdateContext, UpdateList, WatchOptions } from "./options.js";
export type { RunInfo, TrainingEvent, TrainingHistory } from "./events.js";
export { losses, type CrossentropyArguments, type Loss, type LossFunction, type LossName } from "./losses.js";
export {
  ConfusionCounts,
  corpusBleu,
  meanAveragePrecision,
  metrics,
  type Detection,
  type Metric,
  type MetricBatch,
  type MetricName,
  type MetricRun,
  type Truth,
} from "./metrics/index.js";
export {
  adagrad,
  adam,
  adamw,
  optimizers,
  rmsprop,
  sgd,
  type AdamArguments,
  type Optimizer,
  type OptimizerName,
  type SgdArguments,
} from "./optimizers.js";
export { schedules, type Schedule, type ScheduleName, type SchedulePosition, type ScheduleRun, type WarmupArguments } from "./schedules.js";
export { evaluate, train } from "./train.js";
export { fit } from "./fit.js";
