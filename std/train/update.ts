import { LamellaError } from "../errors.js";
import { Variable, withScope } from "../tensor/graph.js";
import { add, clamp, div, minimum, mul, square } from "../tensor/operations/arithmetic.js";
import { stopGradient } from "../tensor/operations/cast.js";
import { sqrt } from "../tensor/operations/exponential.js";
import { symbolicScalar } from "../tensor/operations/operand.js";
import { sum } from "../tensor/operations/reductions.js";
import { broadcastTo } from "../tensor/operations/reshaping.js";
import { gradients } from "../tensor/gradients.js";
import type { Tensor } from "../tensor/tensor.js";
import type { TrainOptions } from "./options.js";
import type { Optimizer } from "./optimizers.js";

/** The parameters that one loss trains, with what their optimiser remembers of each. */
export class TrainedParameters {
  readonly parameters: readonly Variable[];
  readonly optimizer: Optimizer;
  readonly #who: string;
  readonly #states: readonly Readonly<Record<string, Variable>>[];
  /** Sums of the gradients of the batches before an update; empty unless gradients are accumulated. */
  readonly #sums: readonly Variable[];
  readonly #clip: { readonly norm?: number; readonly value?: number };

  /** @throws LamellaError when there is nothing to train. */
  constructor(who: string, parameters: readonly Variable[], optimizer: Optimizer, options: Pick<TrainOptions, "clip" | "accumulate"> = {}) {
    if (parameters.length === 0) throw new LamellaError(`${who} has no weights to train: it has none, or all of them are frozen`);
    this.#who = who;
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.#states = parameters.map((parameter) => Object.fromEntries(optimizer.state.map((name) => [name, zeroLike(parameter, name)])));
    this.#sums = (options.accumulate ?? 1) > 1 ? parameters.map((parameter) => zeroLike(parameter, "accumulated")) : [];
    this.#clip = typeof options.clip === "number" ? { norm: options.clip } : (options.clip ?? {});
  }

  /** Everything a step changes here, weights first. */
  get variables(): readonly Variable[] {
    return [...this.parameters, ...this.#states.flatMap((state) => Object.values(state)), ...this.#sums];
  }

  /**
   * Inside a trace: the gradients of `loss` and, with `apply`, the update of every parameter.
   * @param share the weight of this batch's gradient among those that are accumulated; null without accumulation.
   * @param detached the new weights are used by other losses of the same step, which must not look through the update.
   */
  minimise(
    loss: Tensor,
    scalars: readonly Tensor[],
    options: { readonly apply?: boolean; readonly share?: Tensor | null; readonly detached?: boolean } = {},
  ): void {
    const { apply = true, share = null, detached = false } = options;
    const weights = this.parameters.map((parameter) => parameter.value);
    let slopes = withScope(`the gradients of ${this.#who}`, () => gradients(loss, weights));
    if (share !== null && this.#sums.length > 0) {
      slopes = slopes.map((slope, index) => add((this.#sums[index] as Variable).value, mul(slope, share)));
      for (const [index, total] of this.#sums.entries())
        total.assign(apply ? broadcastTo(symbolicScalar(0, total.dtype), total.shape) : (slopes[index] as Tensor));
    }
    if (!apply) return;
    withScope(`the update of ${this.#who}`, () => this.#update(weights, this.#clipped(slopes), scalars, detached));
  }

  #update(weights: readonly Tensor[], slopes: readonly Tensor[], scalars: readonly Tensor[], detached: boolean): void {
    for (const [index, parameter] of this.parameters.entries()) {
      const next = this.optimizer.update(
        weights[index] as Tensor,
        slopes[index] as Tensor,
        this.#states[index] as Record<string, Variable>,
        scalars,
      );
      parameter.assign(detached ? stopGradient(next) : next);
    }
  }

  #clipped(slopes: Tensor[]): Tensor[] {
    const { norm, value } = this.#clip;
    const bounded = value === undefined ? slopes : slopes.map((slope) => clamp(slope, -value, value));
    if (norm === undefined) return bounded;
    const length = sqrt(bounded.map((slope) => sum(square(slope))).reduce((a, b) => add(a, b)));
    // The small number is PyTorch's (clip_grad_norm_).
    const factor = minimum(div(norm, add(length, 1e-6)), 1);
    return bounded.map((slope) => mul(slope, factor));
  }
}

function zeroLike(parameter: Variable, what: string): Variable {
  const { name, shape, dtype } = parameter;
  return new Variable(`${name}/${what}`, { shape, dtype, fill: (numbers) => void numbers.fill(0), zeros: true }, { trainable: false });
}
