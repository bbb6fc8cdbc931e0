import type { Network } from "../network/network.js";
import type { Variable } from "../tensor/graph.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Feed } from "./feed.js";
import { trainableOf } from "./frozen.js";
import { NetworkLoss } from "./network-loss.js";
import { optimizerOf } from "./optimizers.js";
import type { TrainOptions } from "./options.js";
import type { BoundMetric, TrainingProgram } from "./program.js";
import type { StepInputs } from "./step.js";
import { TrainedParameters } from "./update.js";

/** Training by a loss: forward, loss, gradients and updates as one step. */
export class SupervisedProgram implements TrainingProgram {
  readonly name: string;
  readonly feed: Feed;
  readonly lossNames = ["loss"];
  readonly metrics: readonly BoundMetric[];
  readonly learningRate: number;
  readonly scalarCount: number;
  readonly #network: Network;
  readonly #loss: NetworkLoss;
  readonly #trained: TrainedParameters;
  readonly #accumulates: boolean;

  constructor(network: Network, feed: Feed, options: TrainOptions) {
    this.name = `training step of ${network.name}`;
    this.feed = feed;
    this.#network = network;
    this.#loss = new NetworkLoss(network, feed, options.loss);
    this.metrics = this.#loss.bind(options.metrics);
    const optimizer = optimizerOf(options.optimizer);
    this.learningRate = options.lr ?? optimizer.learningRate;
    this.#trained = new TrainedParameters(network.name, trainableOf(network, options.freeze), optimizer, options);
    this.#accumulates = (options.accumulate ?? 1) > 1;
    this.scalarCount = optimizer.scalars(1, 1).length + (this.#accumulates ? 1 : 0);
  }

  get variables(): readonly Variable[] {
    // Running statistics too, which are parameters that are not trained.
    return [...new Set([...this.#network.parameters.values(), ...this.#trained.variables])];
  }

  get ignore(): number | undefined {
    return this.#loss.ignore;
  }

  columnTypes(size: number): readonly TensorType[] {
    return this.feed.columnTypes(size);
  }

  scalars(step: number, learningRate: number, share: number): readonly number[] {
    const numbers = this.#trained.optimizer.scalars(step, learningRate);
    return this.#accumulates ? [...numbers, share] : numbers;
  }

  givesLogits(output: number): boolean {
    return this.#loss.givesLogits(output);
  }

  body({ columns, step, position, scalars }: StepInputs, variant: string): readonly Tensor[] {
    const inputs = this.feed.binding.inputs.map((name) => columns[this.feed.columns.indexOf(name)] as Tensor);
    const result = this.#network.forward(inputs, {
      training: true,
      step,
      piece: { position, size: (inputs[0] as Tensor).shape[0] as number },
    });
    const loss = this.#loss.of(result, columns);
    const share = this.#accumulates ? (scalars.at(-1) as Tensor) : null;
    this.#trained.minimise(loss, scalars, { apply: variant !== "accumulate", share });
    return [loss, ...this.metrics.map(({ output }) => result.outputs[output] as Tensor)];
  }
}
