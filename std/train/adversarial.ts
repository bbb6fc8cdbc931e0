import { LamellaError } from "../errors.js";
import type { Network } from "../network/network.js";
import type { Variable } from "../tensor/graph.js";
import { mul, sub } from "../tensor/operations/arithmetic.js";
import { cos, log, sqrt } from "../tensor/operations/exponential.js";
import { symbolicScalar } from "../tensor/operations/operand.js";
import { uniformAt } from "../tensor/operations/random-uniform.js";
import { keyOf } from "../tensor/random.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Feed } from "./feed.js";
import { trainableOf } from "./frozen.js";
import { withLogits } from "./logits.js";
import { optimizerOf } from "./optimizers.js";
import type { TrainOptions, UpdateContext, UpdateList } from "./options.js";
import type { TrainingProgram } from "./program.js";
import type { StepInputs } from "./step.js";
import { TrainedParameters } from "./update.js";

/** Adversarial training: in each step every `update` minimises its loss over the weights of its own net, one after the other. */
export class AdversarialProgram implements TrainingProgram {
  readonly name: string;
  readonly feed: Feed;
  readonly lossNames: readonly string[];
  readonly metrics = [];
  readonly learningRate: number;
  readonly scalarCount: number;
  readonly ignore = undefined;
  readonly #networks: readonly Network[];
  readonly #updates: UpdateList;
  readonly #trained: ReadonlyMap<Network, TrainedParameters>;
  readonly #seed: number;

  constructor(networks: readonly Network[], feed: Feed, options: TrainOptions, updates: UpdateList, seed: number) {
    this.name = `training step of ${networks.map(({ name }) => name).join(" and ")}`;
    this.feed = feed;
    this.#networks = networks;
    this.#updates = updates;
    this.#seed = seed;
    const optimizer = optimizerOf(options.optimizer);
    this.learningRate = options.lr ?? optimizer.learningRate;
    this.scalarCount = optimizer.scalars(1, 1).length;
    this.#trained = new Map(
      networks.map((network) => [network, new TrainedParameters(network.name, trainableOf(network, options.freeze), optimizer, options)]),
    );
    this.lossNames = networks.map(({ name }) => `loss_${name}`);
  }

  get variables(): readonly Variable[] {
    return [
      ...new Set([
        ...this.#networks.flatMap((network) => [...network.parameters.values()]),
        ...[...this.#trained.values()].flatMap((trained) => trained.variables),
      ]),
    ];
  }

  columnTypes(size: number): readonly TensorType[] {
    return this.feed.columnTypes(size);
  }

  scalars(step: number, learningRate: number): readonly number[] {
    return (this.#trained.values().next().value as TrainedParameters).optimizer.scalars(step, learningRate);
  }

  givesLogits(): boolean {
    return false;
  }

  body({ columns, step, scalars }: StepInputs): readonly Tensor[] {
    const losses = new Map<Network, Tensor>();
    const data = Object.fromEntries(this.feed.columns.map((name, index) => [name, columns[index] as Tensor]));
    for (const [network, loss] of this.#updates(new Context(data, step, this.#seed))) {
      const trained = this.#trained.get(network);
      if (trained === undefined)
        throw new LamellaError(
          `update ${network.name}: it is not among the nets that are trained: ${this.#networks.map(({ name }) => name).join(", ")}`,
        );
      const value = loss();
      if (value.size !== 1)
        throw new LamellaError(`update ${network.name}: a loss is one number, but this gives ${value.shape.join("x")}: take its mean`);
      trained.minimise(value, scalars, { detached: true });
      losses.set(network, value);
    }
    return this.#networks.map((network) => {
      const loss = losses.get(network);
      if (loss === undefined)
        throw new LamellaError(`${network.name} is trained, but no \`update ${network.name}: …\` says what its weights minimise`);
      return loss;
    });
  }
}

/** A context for looking at values between steps: no dropout, running means, and always the same random numbers. */
export function adversarialContext(data: Readonly<Record<string, Tensor>>, batch: number, seed: number): UpdateContext {
  return new Context(data, symbolicScalar(0, "i32"), seed, { batch, training: false });
}

/** What the update rows see of a step. */
class Context implements UpdateContext {
  readonly data: Readonly<Record<string, Tensor>>;
  readonly #step: Tensor;
  readonly #seed: number;
  readonly #batch: number;
  readonly #training: boolean;
  #draws = 0;

  constructor(
    data: Readonly<Record<string, Tensor>>,
    step: Tensor,
    seed: number,
    options: { readonly batch?: number; readonly training?: boolean } = {},
  ) {
    this.data = data;
    this.#step = step;
    this.#seed = seed;
    this.#batch = options.batch ?? Object.values(data)[0]?.shape[0] ?? 1;
    this.#training = options.training ?? true;
  }

  run(network: Network, ...inputs: Tensor[]): Tensor {
    const result = network.forward(inputs, { training: this.#training, step: this.#step });
    return withLogits(result.outputs[0] as Tensor, result.logits[0] ?? null);
  }

  uniform(...shape: number[]): Tensor {
    return uniformAt(this.#step, keyOf(this.#seed, `update/${this.#draws++}`), [this.#batch, ...shape]);
  }

  normal(...shape: number[]): Tensor {
    // Box and Muller; 1 - u lies in (0, 1], so that the logarithm is finite.
    const radius = sqrt(mul(log(sub(1, this.uniform(...shape))), -2));
    return mul(radius, cos(mul(this.uniform(...shape), 2 * Math.PI)));
  }
}
