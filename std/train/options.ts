import type { Dataset } from "../data/dataset.js";
import type { Augmentation } from "../data/augmentation.js";
import type { Network, TapHandle } from "../network/network.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TrainingEvent } from "./events.js";
import type { Loss, LossName } from "./losses.js";
import type { Metric, MetricName } from "./metrics/index.js";
import type { Optimizer, OptimizerName } from "./optimizers.js";
import type { Schedule, ScheduleName } from "./schedules.js";

/** What a loss expression sees in each step: the net's outputs and the batch's columns by name, symbolic, with a leading batch axis. */
export interface LossContext {
  /** By output name; a net with one unnamed output has it under "output". Losses find the logits of a softmax or sigmoid output themselves. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly data: Readonly<Record<string, Tensor>>;
}

/** `mse(age, faces.age) + 2 * iou(box, faces.box)` as a function of the step: gives one number. */
export type LossExpression = (step: LossContext) => Tensor;

/** What `update` rows see in each step. Tensors are symbolic, with a leading batch axis. */
export interface UpdateContext {
  readonly data: Readonly<Record<string, Tensor>>;
  /** A net's output for this step's batch, in training mode, with its newest weights: those earlier updates of the step gave. */
  run(network: Network, ...inputs: Tensor[]): Tensor;
  /** Normal random numbers of shape `batch x shape`, other ones in each step. `step.normal(100)`, `step.normal(7, 7, 256)`. */
  normal(...shape: number[]): Tensor;
  /** Uniform random numbers in [0, 1) of shape `batch x shape`. */
  uniform(...shape: number[]): Tensor;
}

/**
 * The `update` rows of adversarial training, in the order in which they run in each step: which net's parameters
 * minimise what. The losses are functions because the second update must see the weights the first one left.
 */
export type UpdateList = (step: UpdateContext) => readonly (readonly [network: Network, loss: () => Tensor])[];

export interface WatchOptions {
  /** Taps of the net, or a function of the step (adversarial training) whose value is shown. */
  readonly value: string | readonly string[] | ((step: UpdateContext) => Tensor);
  readonly every?: "epoch" | "step";
}

/** A part of a net: a tap's or path's name, a tap, or a net (or slice of one) whose weights it uses. */
export type FreezePart = string | TapHandle | Network;

/** Everything a `train` block may say; the keys are described in `keys.ts`. */
export interface TrainOptions {
  readonly loss?: LossName | Loss | LossExpression;
  readonly optimizer?: OptimizerName | Optimizer;
  readonly schedule?: ScheduleName | Schedule;
  /** The learning rate of a rule; for an optimiser it overrides the optimiser's own. */
  readonly lr?: number;
  /** Examples a step. Default 32. */
  readonly batch?: number;
  /** Passes over the training data. Default 10. */
  readonly epochs?: number;
  /** Percent that trains, the rest validates; or both, and when they are drawn anew. */
  readonly split?: number | { readonly train: number; readonly validation?: number; readonly reshuffle?: "never" | "epoch" };
  /** Held-out examples, in place of `split`. */
  readonly validation?: Dataset;
  readonly augment?: Augmentation | readonly Augmentation[];
  readonly metrics?: MetricName | Metric | readonly (MetricName | Metric)[];
  /** Fixes every random choice. Default 0. */
  readonly seed?: number;
  /** Taps or parameter paths (`"base"`), taps of the net (`Flowers.taps.base`) or other nets whose weights stay as they are. */
  readonly freeze?: FreezePart | readonly FreezePart[];
  readonly watch?: string | readonly string[] | WatchOptions;
  readonly clip?: number | { readonly norm?: number; readonly value?: number };
  readonly accumulate?: number;
  readonly checkpoint?: string | { readonly path: string; readonly every?: number; readonly keep?: "last" | "best" };
  readonly stop?: number | { readonly patience: number; readonly metric?: string; readonly by?: number };
  readonly teacher?: number;
  readonly rule?: "perceptron";
  /** Adversarial training: in place of `loss`. */
  readonly updates?: UpdateList;
  /** Stops the run at the end of the current kernel call; the weights of the last whole step are kept. */
  readonly signal?: AbortSignal;
  /** Called with every event, before the views. */
  readonly onEvent?: (event: TrainingEvent) => void;
  /** False draws nothing: no live curve, no progress line. Default true. */
  readonly view?: boolean;
}
