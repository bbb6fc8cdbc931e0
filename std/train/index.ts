export type { TrainEntry, TrainFamily, TrainKey } from "./entry.js";
export { trainRegistry, type TrainRegistry } from "./registry.js";
export type { LossContext, LossExpression, TrainOptions, UpdateContext, UpdateList, WatchOptions } from "./options.js";
export type { RunInfo, TrainingEvent, TrainingHistory } from "./events.js";
export type { Loss, LossName } from "./losses.js";
export type { Metric, MetricBatch, MetricName, MetricRun } from "./metrics.js";
export type { Optimizer, OptimizerName } from "./optimizers.js";
export { schedules, type Schedule, type ScheduleName, type SchedulePosition, type ScheduleRun, type WarmupArguments } from "./schedules.js";
