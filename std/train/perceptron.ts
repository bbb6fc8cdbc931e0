import { LamellaError } from "../errors.js";
import type { Network } from "../network/network.js";
import type { Variable } from "../tensor/graph.js";
import { abs, add, mul, sub } from "../tensor/operations/arithmetic.js";
import { cast } from "../tensor/operations/cast.js";
import { matmul } from "../tensor/operations/matmul.js";
import { mean, sum } from "../tensor/operations/reductions.js";
import { reshape } from "../tensor/operations/reshaping.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Feed } from "./feed.js";
import { trainableOf } from "./frozen.js";
import { metricOf, type Metric, type MetricName } from "./metrics/index.js";
import type { TrainOptions } from "./options.js";
import type { BoundMetric, TrainingProgram } from "./program.js";
import type { StepInputs } from "./step.js";

/** Rosenblatt's rule for one dense layer: `w <- w + lr (t - y) x`, `b <- b + lr (t - y)`, summed over the batch. */
export class PerceptronProgram implements TrainingProgram {
  readonly name: string;
  readonly feed: Feed;
  readonly lossNames = ["loss"];
  readonly metrics: readonly BoundMetric[];
  readonly learningRate: number;
  readonly scalarCount = 1;
  readonly ignore = undefined;
  readonly variables: readonly Variable[];
  readonly #network: Network;
  readonly #weight: Variable;
  readonly #bias: Variable | null;
  readonly #target: string;

  /** @throws LamellaError for a net that is not one dense layer, or data without a target. */
  constructor(network: Network, feed: Feed, options: TrainOptions) {
    const trained = trainableOf(network, options.freeze);
    const weight = trained.find(({ shape }) => shape.length === 2);
    const bias = trained.find(({ shape }) => shape.length === 1) ?? null;
    if (weight === undefined || trained.length > 2 || (trained.length === 2 && bias === null)) {
      throw new LamellaError(
        `rule perceptron trains one dense layer, but ${network.name} has ${trained.length} groups of weights: give it a loss and an optimizer instead`,
      );
    }
    const target = feed.binding.targets[0] ?? null;
    if (target === null) throw new LamellaError(`rule perceptron needs a target column, but ${feed.dataset.name} has none`);
    this.name = `perceptron step of ${network.name}`;
    this.feed = feed;
    this.variables = trained;
    this.learningRate = options.lr ?? 1;
    this.#network = network;
    this.#weight = weight;
    this.#bias = bias;
    this.#target = target;
    const asked =
      options.metrics === undefined
        ? ["accuracy" as const]
        : Array.isArray(options.metrics)
          ? (options.metrics as (MetricName | Metric)[])
          : [options.metrics as MetricName | Metric];
    this.metrics = asked.map((metric) => ({ metric: metricOf(metric), output: 0, target }));
  }

  columnTypes(size: number): readonly TensorType[] {
    return this.feed.columnTypes(size);
  }

  scalars(_step: number, learningRate: number): readonly number[] {
    return [learningRate];
  }

  givesLogits(): boolean {
    return false;
  }

  body({ columns, step, scalars: [lr] }: StepInputs): readonly Tensor[] {
    const column = (name: string): Tensor => columns[this.feed.columns.indexOf(name)] as Tensor;
    const input = column(this.feed.binding.inputs[0] as string);
    const output = this.#network.forward([input], { training: true, step }).outputs[0] as Tensor; // N x units
    const target = reshape(cast(column(this.#target), "f32"), output.shape);
    const error = sub(target, output);
    const x = reshape(input, [input.shape[0] as number, this.#weight.shape[0] as number]); // N x D
    this.#weight.assign(add(this.#weight.value, mul(matmul(x, error, { transposeA: true }), lr as Tensor))); // D x units
    this.#bias?.assign(add(this.#bias.value, mul(sum(error, { axes: 0 }), lr as Tensor)));
    return [mean(abs(error)), ...this.metrics.map(() => output)];
  }
}
