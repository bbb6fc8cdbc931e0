import type { Tensor } from "../tensor/tensor.js";
import type { Variable } from "../tensor/graph.js";

export type OptimizerName = "sgd" | "adam" | "adamw" | "rmsprop" | "adagrad";

/**
 * How a gradient changes a weight. The rule is written with tensor operations, so that it becomes part of the step's
 * graph and is fused with the rest.
 */
export interface Optimizer {
  readonly kind: "optimizer";
  readonly name: OptimizerName;
  readonly args: Readonly<Record<string, number | boolean>>;
  readonly learningRate: number;
  /** Names of the state variables of one weight ("m", "v"), each of the weight's shape, starting at zero. */
  readonly state: readonly string[];
  /**
   * The numbers that change from step to step (learning rate, bias corrections), computed in double precision outside the graph.
   * @param step counts from 1.
   */
  scalars(step: number, learningRate: number): readonly number[];
  /**
   * The weight after the step. Sets its state variables.
   * @param scalars the tensors of `scalars(step, learningRate)`, each one number.
   */
  update(weight: Tensor, gradient: Tensor, state: Readonly<Record<string, Variable>>, scalars: readonly Tensor[]): Tensor;
}
