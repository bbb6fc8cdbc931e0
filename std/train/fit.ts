import type { Dataset } from "../data/dataset.js";
import { randomStream } from "../data/random-stream.js";
import { LamellaError } from "../errors.js";
import type { Network } from "../network/network.js";
import { Tensor } from "../tensor/tensor.js";
import { AdversarialProgram } from "./adversarial.js";
import { divide, inBatches, shuffled } from "./batches.js";
import { CheckpointWriter } from "./checkpoint.js";
import { EarlyStop } from "./early-stop.js";
import { Evaluation } from "./evaluation.js";
import type { RunInfo, TrainingEvent, TrainingHistory } from "./events.js";
import { engineDescription, trainingExecutor } from "./executor.js";
import { Feed } from "./feed.js";
import { initializeRest, keepWeights } from "./kept-weights.js";
import { MetricCollector } from "./metric-collector.js";
import { adviceFor, notFiniteExample } from "./not-finite.js";
import { planWithinMemory } from "./memory-limit.js";
import type { TrainOptions } from "./options.js";
import { checkOptions } from "./check-options.js";
import { PerceptronProgram } from "./perceptron.js";
import type { TrainingProgram } from "./program.js";
import { scheduleOf, type ScheduleRun } from "./schedules.js";
import { Snapshots } from "./snapshot.js";
import { StepRunner } from "./step.js";
import { SupervisedProgram } from "./supervised.js";

/** What made the first number that is none: an example of the data, or an operation and where it stands. */
interface Origin {
  readonly text: string;
  readonly context: readonly string[];
}

/** Steps that are run again with every number checked, to say where the first bad one was made. */
const longestReplay = 50;

/**
 * Trains and tells what happens as it goes, drawing nothing. Leaving the loop early stops the run; the weights reached are kept.
 *
 *     for await (const event of fit(LeNet, mnist, { epochs: 3 })) if (event.kind === "epoch") console.log(event.metrics);
 *
 * @returns the history, after a "stop" event.
 * @throws LamellaError for data that do not fit the net, options out of range, and a loss that is no longer a number.
 */
export async function* fit(
  network: Network | readonly Network[],
  dataset: Dataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainingHistory> {
  checkOptions(options);
  const networks = "kind" in network ? [network] : network;
  const data = await prepared(dataset);
  const seed = options.seed ?? 0;
  for (const one of networks) initializeRest(one, seed);
  const run = new Run(networks, data, options, seed);
  try {
    return yield* run.events();
  } finally {
    for (const one of networks) keepWeights(one);
    run.dispose();
  }
}

/** The part of a data set that trains, downloaded where it needs to be. */
export async function prepared(dataset: Dataset): Promise<Dataset> {
  if ("prepare" in dataset && typeof dataset.prepare === "function") await (dataset.prepare as () => Promise<void>).call(dataset);
  return "train" in dataset ? (dataset.train as Dataset) : dataset;
}

/** Some examples of a column of a batch. */
function rowsOf(column: Tensor, first: number, count: number): Tensor {
  const [all = 1, ...rest] = column.shape;
  const size = column.size / all;
  return new Tensor({ shape: [count, ...rest], dtype: column.dtype }, column.data.subarray(first * size, (first + count) * size));
}

class Run {
  readonly #networks: readonly Network[];
  readonly #data: Dataset;
  readonly #options: TrainOptions;
  readonly #seed: number;
  readonly #feed: Feed;
  readonly #program: TrainingProgram;
  readonly #runner: StepRunner;
  readonly #checker: StepRunner;
  readonly #schedule: ScheduleRun;
  readonly #evaluation: Evaluation | null;
  readonly #snapshots: Snapshots;
  readonly #info: RunInfo;
  readonly #batch: number;
  readonly #accumulate: number;
  /** Examples that go through the net at once: the batch, or a piece of one that does not fit into memory whole. */
  readonly #piece: number;
  #lastPause = performance.now();

  constructor(networks: readonly Network[], data: Dataset, options: TrainOptions, seed: number) {
    this.#networks = networks;
    this.#data = data;
    this.#options = options;
    this.#seed = seed;
    const augmentations = options.augment === undefined ? [] : "kind" in options.augment ? [options.augment] : options.augment;
    const single = networks[0] as Network;
    const all = typeof options.loss === "function" || options.updates !== undefined;
    this.#feed = new Feed(networks, data, { all, augmentations });
    this.#accumulate = options.accumulate ?? 1;
    this.#batch = Math.min(options.batch ?? 32, data.size);
    const program = (pieces: number): TrainingProgram =>
      options.updates !== undefined
        ? new AdversarialProgram(networks, this.#feed, options, options.updates, seed)
        : options.rule === "perceptron"
          ? new PerceptronProgram(single, this.#feed, options)
          : new SupervisedProgram(single, this.#feed, { ...options, accumulate: this.#accumulate * pieces });
    const executor = trainingExecutor();
    const whole = this.#batch;
    const planned = planWithinMemory(networks, whole, options, (pieces) => {
      const made = program(pieces);
      const runner = new StepRunner(made, executor, new Snapshots(made.variables).possible ? 0 : made.lossNames.length);
      runner.prepare(Math.ceil(whole / pieces), "apply");
      return { program: made, runner };
    });
    this.#program = planned.program;
    this.#runner = planned.runner;
    this.#piece = Math.ceil(whole / planned.pieces);
    this.#checker = new StepRunner(this.#program, executor);
    this.#schedule = scheduleOf(options.schedule).start();
    this.#snapshots = new Snapshots(this.#program.variables);

    const parts = divide(data.size, options.split, seed, 0);
    const validation = options.validation?.size ?? parts.validation.length;
    this.#evaluation =
      validation > 0 && options.updates === undefined
        ? new Evaluation(single, options.validation ?? data, { ...options, augmentations })
        : null;
    this.#info = {
      network: networks.map(({ name }) => name).join(", "),
      parameterCount: networks.reduce((sum, { parameterCount }) => sum + parameterCount, 0),
      examples: parts.training.length,
      validation,
      epochs: options.epochs ?? 10,
      stepsPerEpoch: Math.ceil(parts.training.length / (this.#batch * this.#accumulate)),
      seed,
      engine: `${engineDescription()}${planned.pieces === 1 ? "" : `, each batch in ${planned.pieces} pieces`}`,
    };
  }

  async *events(): AsyncGenerator<TrainingEvent, TrainingHistory> {
    const { epochs } = this.#info;
    const steps: TrainingHistory["steps"][number][] = [];
    const history: TrainingHistory["epochs"][number][] = [];
    const checkpoint = this.#options.checkpoint === undefined ? null : new CheckpointWriter(this.#networks, this.#options.checkpoint);
    const early = this.#options.stop === undefined ? null : new EarlyStop(this.#options.stop);
    yield { kind: "start", run: this.#info };
    let stopped: TrainingHistory["stopped"] = "finished";
    let message = `${epochs} ${epochs === 1 ? "epoch" : "epochs"} done`;
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        const collector = new MetricCollector(this.#program);
        for await (const step of this.#epoch(epoch, steps.length, collector)) {
          steps.push(step);
          yield { kind: "step", ...step };
        }
        const metrics = { ...collector.values(), ...(await this.#validate(epoch)) };
        history.push({ epoch, metrics });
        this.#schedule.epochEnded?.(metrics);
        yield { kind: "epoch", epoch, metrics };
        const path = checkpoint?.epochEnded(epoch, epochs, metrics) ?? null;
        if (path !== null) yield { kind: "checkpoint", epoch, path };
        const reason = early?.epochEnded(epoch, metrics) ?? null;
        if (reason !== null && epoch < epochs) {
          [stopped, message] = ["early", reason];
          break;
        }
      }
    } catch (error) {
      if (this.#options.signal?.aborted !== true || error instanceof LamellaError) throw error;
      stopped = "interrupted";
      const done = steps.at(-1);
      message =
        done === undefined
          ? "interrupted before the first step"
          : `interrupted in epoch ${done.epoch} after step ${done.step}; the weights reached are kept`;
    }
    yield { kind: "stop", reason: stopped, message };
    return { run: this.#info, steps, epochs: history, stopped };
  }

  /** The steps of one epoch; counts go on over the epochs, from 1. */
  async *#epoch(epoch: number, before: number, collector: MetricCollector): AsyncGenerator<TrainingHistory["steps"][number]> {
    let step = before;
    for (const group of this.#groups(epoch)) {
      this.#options.signal?.throwIfAborted();
      this.#snapshots.before(step);
      const learningRate = this.#learningRate(step);
      const results = await this.#group(this.#runner, group, step, epoch, learningRate);
      let loss = 0;
      for (const { size, columns, values } of results) {
        const share = size / group.reduce((sum, { length }) => sum + length, 0);
        const lossValues = this.#program.lossNames.map((_, index) => (values[index] as Tensor).item());
        loss += share * lossValues.reduce((sum, value) => sum + value, 0);
        collector.add(size, lossValues, values.slice(lossValues.length), columns);
      }
      step += 1;
      if (!Number.isFinite(loss)) throw await this.#diverged(step, epoch, loss, learningRate);
      this.#snapshots.confirm();
      yield { step, epoch, loss, learningRate };
      await this.#pause();
    }
  }

  /** The examples of each update of an epoch, in batches. */
  *#groups(epoch: number): Generator<Int32Array[]> {
    const { training } = divide(this.#data.size, this.#options.split, this.#seed, epoch - 1);
    for (const update of inBatches(shuffled(training, this.#seed, epoch), this.#batch * this.#accumulate)) {
      yield [...inBatches(update, this.#batch)];
    }
  }

  async #group(
    runner: StepRunner,
    group: readonly Int32Array[],
    step: number,
    epoch: number,
    learningRate: number,
    checkNumbers = false,
  ): Promise<{ size: number; columns: Tensor[]; values: Tensor[] }[]> {
    const examples = group.reduce((sum, { length }) => sum + length, 0);
    const { signal } = this.#options;
    const results: { size: number; columns: Tensor[]; values: Tensor[] }[] = [];
    for (const [index, batch] of group.entries()) {
      const whole = this.#feed.batch(batch, randomStream(this.#seed, "augment", epoch, step, index));
      for (let position = 0; position < batch.length; position += this.#piece) {
        const size = Math.min(this.#piece, batch.length - position);
        const columns = size === batch.length ? whole : whole.map((column) => rowsOf(column, position, size));
        const numbers = {
          // Batches of one update draw different random numbers; pieces of one batch draw what the whole batch would.
          step: step * this.#accumulate + index,
          position,
          scalars: this.#program.scalars(step + 1, learningRate, size / examples),
        };
        const last = index === group.length - 1 && position + size === batch.length;
        const options = { variant: last ? "apply" : "accumulate", checkNumbers, ...(signal === undefined ? {} : { signal }) };
        try {
          results.push({ size, columns, values: await runner.run(size, columns, numbers, options) });
        } catch (error) {
          if (runner === this.#checker || !(error instanceof LamellaError) || error.code !== "E900") throw error;
          // A guarded step has changed nothing: the same one can be looked at operation by operation.
          const again = (): Promise<unknown> => this.#checker.run(size, columns, numbers, { ...options, checkNumbers: true });
          const origin = this.#inData(group) ?? (await this.#origin(again));
          throw this.#divergence(
            `the loss or a gradient of ${this.#info.network} is no number`,
            step + 1,
            epoch,
            learningRate,
            origin,
            step,
          );
        }
      }
    }
    return results;
  }

  #learningRate(step: number): number {
    const { stepsPerEpoch, epochs } = this.#info;
    const position = { step, epoch: Math.floor(step / stepsPerEpoch), stepsPerEpoch, epochs };
    return this.#program.learningRate * this.#schedule.factor(position);
  }

  async #validate(epoch: number): Promise<Record<string, number>> {
    if (this.#evaluation === null) return {};
    const { validation } = divide(this.#data.size, this.#options.split, this.#seed, epoch - 1);
    const indices = this.#options.validation === undefined ? validation : undefined;
    const values = await this.#evaluation.run(indices, this.#options.signal);
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [`val_${name}`, value]));
  }

  /** Lets the event loop turn often enough that pictures are drawn and interrupts arrive. */
  async #pause(): Promise<void> {
    if (performance.now() - this.#lastPause < 15) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastPause = performance.now();
  }

  /** The error for a loss that is no number, after going back to the last good step and looking for the operation at fault. */
  async #diverged(step: number, epoch: number, loss: number, learningRate: number): Promise<LamellaError> {
    const good = this.#snapshots.restore();
    const origin = good === null || step - good > longestReplay ? this.#inData(this.#groupOf(step - 1)) : await this.#replay(good, step);
    const back = good === null ? null : this.#snapshots.restore();
    return this.#divergence(`the loss of ${this.#info.network} became ${loss}`, step, epoch, learningRate, origin, back);
  }

  /** @param back the step whose weights there are again; null when they are lost */
  #divergence(what: string, step: number, epoch: number, learningRate: number, origin: Origin | null, back: number | null): LamellaError {
    const kept =
      back === null
        ? "The weights are no numbers any more: load a checkpoint, or train anew"
        : back === 0
          ? "The weights are those before the run"
          : `The weights are those after step ${back}, the last good ones kept`;
    const error = new LamellaError(
      `${what} at step ${step} (epoch ${epoch})${origin === null ? "" : `: ${origin.text}`}. ` +
        `${adviceFor(origin?.text ?? null, learningRate)}. ${kept}`,
      { code: "E100" },
    );
    // The row at fault is shown as that of any other mistake.
    for (const line of origin?.context ?? []) error.within(line);
    return error;
  }

  /** The examples of a step, counted from 0 over all epochs. */
  #groupOf(step: number): Int32Array[] {
    const { stepsPerEpoch } = this.#info;
    return [...this.#groups(Math.floor(step / stepsPerEpoch) + 1)][step % stepsPerEpoch] as Int32Array[];
  }

  #inData(group: readonly Int32Array[]): Origin | null {
    const found = group.map((batch) => notFiniteExample(this.#data, batch, this.#feed.columns));
    const text = found.find((one) => one !== null);
    return text === null || text === undefined ? null : { text, context: [] };
  }

  /** Runs the steps after the last good copy again with every number checked. */
  async #replay(good: number, end: number): Promise<Origin | null> {
    for (let step = good; step < end; step++) {
      const group = this.#groupOf(step);
      const epoch = Math.floor(step / this.#info.stepsPerEpoch) + 1;
      const found =
        this.#inData(group) ?? (await this.#origin(() => this.#group(this.#checker, group, step, epoch, this.#learningRate(step), true)));
      if (found !== null) return found;
    }
    return null;
  }

  /** What the first bad number came from, by a run that checks every number. */
  async #origin(run: () => Promise<unknown>): Promise<Origin | null> {
    try {
      await run();
    } catch (error) {
      // Its advice is ours too, and told once.
      if (!(error instanceof LamellaError)) throw error;
      if (error.code === "E901") return null; // no room to look at every number
      const { message } = error;
      // "log in stage[0]/log of N gave a number that is not finite": the place stands inside.
      const [, place] = / in (\S.*? of .+?) gave a number/u.exec(message) ?? [];
      const context = place === undefined ? error.context : [`in ${place}`];
      return { text: message.replace(/(; the variables keep|, from numbers that were all finite).*$/s, ""), context };
    }
    return null;
  }

  dispose(): void {
    this.#runner.dispose();
    this.#checker.dispose();
    this.#evaluation?.dispose();
  }
}
