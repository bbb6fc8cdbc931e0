import type { Variable } from "../tensor/graph.js";
import type { Feed } from "./feed.js";
import type { Metric } from "./metrics/index.js";
import type { StepProgram } from "./step.js";

/** A metric and where its numbers come from. */
export interface BoundMetric {
  readonly metric: Metric;
  /** Which of the step's outputs. */
  readonly output: number;
  /** The column that holds the target. */
  readonly target: string;
}

/** What `fit` runs: one kind of training (by a loss, by updates of several nets, by a rule) as a step. */
export interface TrainingProgram extends StepProgram {
  readonly feed: Feed;
  /** Everything a step changes, for going back to the last good step. */
  readonly variables: readonly Variable[];
  /** The first results of the step are the losses, by these names; `loss` is their sum where there are several. */
  readonly lossNames: readonly string[];
  /** After them the outputs that metrics read. */
  readonly metrics: readonly BoundMetric[];
  readonly learningRate: number;
  /** The numbers of one step (learning rate, bias corrections). @param step counts from 1. */
  scalars(step: number, learningRate: number, share: number): readonly number[];
  /** Whether an output holds logits; known once the step has been traced. */
  givesLogits(output: number): boolean;
  /** A label that does not count. */
  readonly ignore: number | undefined;
}
