import { LamellaError } from "../errors.js";
import type { ForwardResult, Network } from "../network/network.js";
import { withScope } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Feed } from "./feed.js";
import { logitsOf, withLogits } from "./logits.js";
import { lossOf, type Loss } from "./losses.js";
import { metricOf, type Metric, type MetricName } from "./metrics/index.js";
import type { LossExpression, TrainOptions } from "./options.js";
import type { BoundMetric } from "./program.js";

/** Losses that take logits where a net does not end in softmax or sigmoid. */
const onLogits = new Set(["crossentropy", "bce", "kl"]);

/** A net's loss on a batch: a named loss of its output, or an expression. */
export class NetworkLoss {
  readonly #network: Network;
  readonly #feed: Feed;
  readonly #loss: Loss | LossExpression;
  readonly #logits = new Map<number, boolean>();

  /** @throws LamellaError when a named loss finds no target column. */
  constructor(network: Network, feed: Feed, given: TrainOptions["loss"]) {
    this.#network = network;
    this.#feed = feed;
    this.#loss = typeof given === "function" ? given : given === undefined ? defaultLoss(network, feed) : lossOf(given);
    if (typeof this.#loss !== "function" && feed.binding.targets[0] === null) {
      throw new LamellaError(
        `${network.name} needs a target, but ${feed.dataset.name} has only ${Object.keys(feed.dataset.columns).join(", ")}: add a column, or write the loss as an expression`,
      );
    }
    this.#checkClasses();
  }

  /** @throws LamellaError when a classifier gives fewer numbers than there are classes: found here, not at the first such label. */
  #checkClasses(): void {
    const { classes, name, columns } = this.#feed.dataset;
    const target = this.#feed.binding.targets[0];
    if (this.name !== "crossentropy" || classes === null || typeof target !== "string" || columns[target]?.dtype !== "i32") return;
    const given = this.#network.outputs[0]?.type.shape.at(-1);
    if (typeof given !== "number" || given >= classes.length) return;
    throw new LamellaError(
      `${this.#network.name} gives ${given} ${given === 1 ? "number" : "numbers"}, but ${name} has ${classes.length} classes: crossentropy needs one number for each, as in \`dense ${classes.length}\``,
    );
  }

  /** The label that does not count, when the loss has one. */
  get ignore(): number | undefined {
    return typeof this.#loss === "function" ? undefined : (this.#loss.args["ignore"] as number | undefined);
  }

  get name(): string {
    return typeof this.#loss === "function" ? "loss expression" : this.#loss.name;
  }

  /** The loss (one number) of the net's results on the columns of a batch. */
  of(result: ForwardResult, columns: readonly Tensor[]): Tensor {
    return withScope(`the loss of ${this.#network.name}`, () => this.#of(result, columns));
  }

  #of(result: ForwardResult, columns: readonly Tensor[]): Tensor {
    const data = Object.fromEntries(this.#feed.columns.map((name, index) => [name, columns[index] as Tensor]));
    const outputs = result.outputs.map((output, index) => withLogits(output, result.logits[index] ?? null));
    for (const [index, output] of outputs.entries()) {
      const raw = logitsOf(output, "softmax") === output && logitsOf(output, "sigmoid") === output;
      this.#logits.set(index, raw && typeof this.#loss !== "function" && onLogits.has(this.#loss.name));
    }
    if (typeof this.#loss === "function") {
      const named: Record<string, Tensor> = { output: outputs[0] as Tensor };
      for (const [index, output] of outputs.entries()) named[this.#network.outputs[index]?.name ?? "output"] = output;
      const value = this.#loss({ outputs: named, data });
      if (value.size !== 1)
        throw new LamellaError(`a loss is one number, but the loss expression gives ${value.shape.join("x")}: take its mean`);
      return value;
    }
    return this.#loss.apply(outputs[0] as Tensor, data[this.#feed.binding.targets[0] as string] as Tensor);
  }

  givesLogits(output: number): boolean {
    return this.#logits.get(output) ?? false;
  }

  /** Metrics with the output and the column each reads; accuracy for classifiers when none are asked for. */
  bind(given: TrainOptions["metrics"]): BoundMetric[] {
    const asked: readonly (MetricName | Metric)[] =
      given === undefined
        ? this.name === "crossentropy"
          ? ["accuracy"]
          : []
        : Array.isArray(given)
          ? given
          : [given as MetricName | Metric];
    return asked.map(metricOf).map((metric) => {
      const names = this.#network.outputs.map(({ name }) => name);
      const output = metric.output === null ? 0 : names.indexOf(metric.output);
      if (output === -1)
        throw new LamellaError(
          `metric ${metric.name}: ${this.#network.name} has no output \`${metric.output}\`; it has ${names.join(", ")}`,
        );
      const target = this.#feed.binding.targets[output] ?? null;
      if (target === null)
        throw new LamellaError(
          `metric ${metric.name}: ${this.#feed.dataset.name} has no column to compare the output \`${names[output]}\` with`,
        );
      return { metric, output, target };
    });
  }
}

/** Class numbers: crossentropy, but for one output yes or no: bce; numbers: mse. */
function defaultLoss(network: Network, feed: Feed): Loss {
  const target = feed.binding.targets[0];
  const whole = typeof target === "string" && feed.dataset.columns[target]?.dtype === "i32";
  if (!whole) return lossOf("mse");
  return lossOf(network.outputs[0]?.type.shape.at(-1) === 1 ? "bce" : "crossentropy");
}
