import { LamellaError } from "../errors.js";
import type { Variable } from "../tensor/graph.js";
import { add, div, mul, square, sub } from "../tensor/operations/arithmetic.js";
import { sqrt } from "../tensor/operations/exponential.js";
import type { Tensor } from "../tensor/tensor.js";
import { filledArguments } from "./arguments.js";
import { optimizerEntries } from "./optimizer-entries.js";

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

type Rule = Pick<Optimizer, "state" | "update"> & Partial<Pick<Optimizer, "scalars">>;

function make<A extends object>(name: OptimizerName, given: A, rule: (args: Required<A>) => Rule): Optimizer {
  const args = filledArguments(optimizerEntries, name, given) as Record<string, number | boolean>;
  const { state, update, scalars } = rule(args as Required<A>);
  return {
    kind: "optimizer",
    name,
    args,
    learningRate: args["lr"] as number,
    state,
    update,
    scalars: scalars ?? ((_, learningRate) => [learningRate]),
  };
}

/** The gradient with the L2 penalty's part: g + decay w. */
function decayed(gradient: Tensor, weight: Tensor, decay: number): Tensor {
  return decay === 0 ? gradient : add(gradient, mul(weight, decay));
}

/** Sets a state variable and gives its new value. */
function remember(variable: Variable | undefined, value: (old: Tensor) => Tensor): Tensor {
  if (variable === undefined) throw new LamellaError("an optimiser's state is missing");
  const next = value(variable.value);
  variable.assign(next);
  return next;
}

/** memory * old + (1 - memory) * value */
function running(variable: Variable | undefined, memory: number, value: Tensor): Tensor {
  return remember(variable, (old) => add(mul(old, memory), mul(value, 1 - memory)));
}

export interface SgdArguments {
  lr?: number;
  momentum?: number;
  nesterov?: boolean;
  decay?: number;
}

/** Stochastic gradient descent: `v <- momentum v + g`, `w <- w - lr v`; with `nesterov`, `w <- w - lr (g + momentum v)`. */
export function sgd(args: SgdArguments = {}): Optimizer {
  return make("sgd", args, ({ momentum, nesterov, decay }) => ({
    state: momentum === 0 ? [] : ["velocity"],
    update: (weight, gradient, state, [lr]) => {
      const g = decayed(gradient, weight, decay);
      if (momentum === 0) return sub(weight, mul(g, lr as Tensor));
      const velocity = remember(state["velocity"], (old) => add(mul(old, momentum), g));
      return sub(weight, mul(nesterov ? add(g, mul(velocity, momentum)) : velocity, lr as Tensor));
    },
  }));
}

export interface AdamArguments {
  lr?: number;
  beta1?: number;
  beta2?: number;
  eps?: number;
  decay?: number;
}

/**
 * `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`, `w <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)`.
 * The two corrections reach the graph as numbers: lr / (1 - b1^t) and 1 / sqrt(1 - b2^t).
 */
function adamRule(args: Required<AdamArguments>, decoupled: boolean): Rule {
  const { beta1, beta2, eps, decay } = args;
  return {
    state: ["mean", "square"],
    scalars: (step, lr) => [lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step), lr * decay],
    update: (weight, gradient, state, [rate, correction, shrink]) => {
      const g = decoupled ? gradient : decayed(gradient, weight, decay);
      const mean = running(state["mean"], beta1, g);
      const spread = running(state["square"], beta2, square(g));
      const step = mul(div(mean, add(mul(sqrt(spread), correction as Tensor), eps)), rate as Tensor);
      const kept = decoupled && decay !== 0 ? sub(weight, mul(weight, shrink as Tensor)) : weight;
      return sub(kept, step);
    },
  };
}

/** Adam: steps scaled by running means of the gradient and its square. */
export function adam(args: AdamArguments = {}): Optimizer {
  return make("adam", args, (filled) => adamRule(filled, false));
}

/** Adam with the weight decay kept out of the running means. */
export function adamw(args: AdamArguments = {}): Optimizer {
  return make("adamw", args, (filled) => adamRule(filled, true));
}

export interface RmspropArguments {
  lr?: number;
  alpha?: number;
  eps?: number;
  momentum?: number;
  centered?: boolean;
  decay?: number;
}

/** `s <- a s + (1 - a) g^2`, `w <- w - lr g / (sqrt(s) + eps)`; `centered` subtracts the squared mean gradient from s. */
export function rmsprop(args: RmspropArguments = {}): Optimizer {
  return make("rmsprop", args, ({ alpha, eps, momentum, centered, decay }) => ({
    state: ["square", ...(centered ? ["mean"] : []), ...(momentum === 0 ? [] : ["velocity"])],
    update: (weight, gradient, state, [lr]) => {
      const g = decayed(gradient, weight, decay);
      const spread = running(state["square"], alpha, square(g));
      const variance = centered ? sub(spread, square(running(state["mean"], alpha, g))) : spread;
      const scaled = div(g, add(sqrt(variance), eps));
      const step = momentum === 0 ? scaled : remember(state["velocity"], (old) => add(mul(old, momentum), scaled));
      return sub(weight, mul(step, lr as Tensor));
    },
  }));
}

export interface AdagradArguments {
  lr?: number;
  eps?: number;
  decay?: number;
}

/** `s <- s + g^2`, `w <- w - lr g / (sqrt(s) + eps)`. */
export function adagrad(args: AdagradArguments = {}): Optimizer {
  return make("adagrad", args, ({ eps, decay }) => ({
    state: ["sum"],
    update: (weight, gradient, state, [lr]) => {
      const g = decayed(gradient, weight, decay);
      const total = remember(state["sum"], (old) => add(old, square(g)));
      return sub(weight, mul(div(g, add(sqrt(total), eps)), lr as Tensor));
    },
  }));
}

export const optimizers = { sgd, adam, adamw, rmsprop, adagrad } as const;

/** An optimiser from what `train` was given; adam when nothing was. @throws LamellaError for an unknown name. */
export function optimizerOf(given: OptimizerName | Optimizer | undefined): Optimizer {
  if (given === undefined) return adam();
  if (typeof given !== "string") return given;
  const create = Object.hasOwn(optimizers, given) ? optimizers[given] : undefined;
  if (create === undefined)
    throw new LamellaError(`there is no optimiser \`${String(given)}\`; there are ${Object.keys(optimizers).join(", ")}`);
  return create();
}
