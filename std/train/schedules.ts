import { LamellaError } from "../errors.js";

export type ScheduleName = "constant" | "step" | "exponential" | "linear" | "cosine" | "plateau" | "noam";

/** Where a run is when the next step's learning rate is asked for. */
export interface SchedulePosition {
  /** Whole epochs gone, from 0. */
  readonly epoch: number;
  /** Steps gone in the whole run, from 0. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/** A factor of the optimiser's learning rate over the run. `start` gives the state of one run, so that a schedule can be used twice. */
export interface Schedule {
  readonly kind: "schedule";
  readonly name: ScheduleName;
  readonly args: Readonly<Record<string, unknown>>;
  start(): ScheduleRun;
}

export interface ScheduleRun {
  factor(position: SchedulePosition): number;
  /** Told after each epoch; `plateau` listens. */
  epochEnded?(metrics: Readonly<Record<string, number>>): void;
}

/** The factor during warm-up: rises in equal steps to 1 at the end of `warmup` epochs. */
function warmed(warmup: number, position: SchedulePosition): number {
  const steps = warmup * position.stepsPerEpoch;
  return position.step < steps ? (position.step + 1) / steps : 1;
}

/** From 0 at the first step after the warm-up to 1 after the last step of the run. */
function progress(warmup: number, { step, stepsPerEpoch, epochs }: SchedulePosition): number {
  const before = warmup * stepsPerEpoch;
  const length = epochs * stepsPerEpoch - before;
  return length <= 0 ? 1 : Math.min(1, Math.max(0, (step - before) / length));
}

function stateless(name: ScheduleName, args: { warmup?: number }, factor: (position: SchedulePosition, t: number) => number): Schedule {
  const warmup = args.warmup ?? 0;
  const run: ScheduleRun = { factor: (position) => warmed(warmup, position) * factor(position, progress(warmup, position)) };
  return { kind: "schedule", name, args: { ...args }, start: () => run };
}

export interface WarmupArguments {
  /** Epochs in which the rate rises from 0. Default 0. */
  warmup?: number;
}

/** The same rate throughout. */
function constant(args: WarmupArguments = {}): Schedule {
  return stateless("constant", args, () => 1);
}

/** Times `by` after every `every` epochs, or after each of the epochs listed. */
function step(args: WarmupArguments & { every?: number | readonly number[]; by?: number } = {}): Schedule {
  const { every = 10, by = 0.1 } = args;
  if (typeof every === "number" && !(every > 0)) throw new LamellaError(`schedule step: every=${every} must be at least 1 epoch`);
  return stateless("step", args, ({ epoch }) => {
    const cuts = typeof every === "number" ? Math.floor(epoch / every) : every.filter((end) => epoch >= end).length;
    return by ** cuts;
  });
}

/** Times `by` every epoch. */
function exponential(args: WarmupArguments & { by?: number } = {}): Schedule {
  const { by = 0.95 } = args;
  return stateless("exponential", args, ({ epoch }) => by ** epoch);
}

/** In a straight line from 1 down to `to`. */
function linear(args: WarmupArguments & { to?: number } = {}): Schedule {
  const { to = 0 } = args;
  return stateless("linear", args, (_, t) => 1 + (to - 1) * t);
}

/** Along half a cosine from 1 down to `to`. */
function cosine(args: WarmupArguments & { to?: number } = {}): Schedule {
  const { to = 0 } = args;
  return stateless("cosine", args, (_, t) => to + ((1 - to) * (1 + Math.cos(Math.PI * t))) / 2);
}

/** Whether a greater value of this metric is better. */
export function greaterIsBetter(metric: string): boolean {
  return !/(^|_)(loss|mae|mse|rmse|perplexity)\b/.test(metric);
}

/** The metric a rule watches: its value on the validation part when there is one, else on the training part. */
export function watchedMetric(metrics: Readonly<Record<string, number>>, name: string, who: string): number {
  const value = metrics[`val_${name}`] ?? metrics[name];
  if (value === undefined) {
    throw new LamellaError(`${who}: there is no metric \`${name}\` to watch; the run computes ${Object.keys(metrics).join(", ")}`);
  }
  return value;
}

/** Times `by` when a metric has not improved for more than `patience` epochs. */
function plateau(args: WarmupArguments & { by?: number; patience?: number; metric?: string } = {}): Schedule {
  const { by = 0.1, patience = 10, metric = "loss", warmup = 0 } = args;
  return {
    kind: "schedule",
    name: "plateau",
    args: { ...args },
    start: () => {
      let best = Number.POSITIVE_INFINITY;
      let waited = 0;
      let factor = 1;
      return {
        factor: (position) => factor * warmed(warmup, position),
        epochEnded: (metrics) => {
          const value = watchedMetric(metrics, metric, "schedule plateau") * (greaterIsBetter(metric) ? -1 : 1);
          // The threshold PyTorch uses, relative to the best so far.
          if (value < best - Math.abs(best === Number.POSITIVE_INFINITY ? 0 : best) * 1e-4) {
            best = value;
            waited = 0;
          } else if (++waited > patience) {
            factor *= by;
            waited = 0;
          }
        },
      };
    },
  };
}

/** `width^-0.5 min(s^-0.5, s warmup^-1.5)` with s counted from 1, as in "Attention is all you need"; the optimiser's lr is then 1. */
function noam(args: { width: number; warmup?: number }): Schedule {
  const { width, warmup = 4000 } = args;
  if (!(width > 0)) throw new LamellaError(`schedule noam: width=${width} must be the model's width, as in noam(512)`);
  const run: ScheduleRun = {
    factor: ({ step: gone }) => width ** -0.5 * Math.min((gone + 1) ** -0.5, (gone + 1) * warmup ** -1.5),
  };
  return { kind: "schedule", name: "noam", args: { width, warmup }, start: () => run };
}

export const schedules = { constant, step, exponential, linear, cosine, plateau, noam } as const;

/** A schedule from what `train` was given. @throws LamellaError for an unknown name. */
export function scheduleOf(given: ScheduleName | Schedule | undefined): Schedule {
  if (given === undefined) return constant();
  if (typeof given !== "string") return given;
  if (given === "noam") throw new LamellaError("schedule noam needs the model's width: noam(512)");
  const make = Object.hasOwn(schedules, given) ? schedules[given] : undefined;
  if (make === undefined)
    throw new LamellaError(`there is no schedule \`${String(given)}\`; there are ${Object.keys(schedules).join(", ")}`);
  return make();
}
