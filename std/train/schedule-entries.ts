import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainEntry } from "./entry.js";

const warmup: ArgumentSpec = {
  name: "warmup",
  kind: "number",
  doc: "epochs in which the rate rises from 0, in equal steps",
  default: 0,
  minimum: 0,
};

function schedule(name: string, summary: string, details: string, args: readonly ArgumentSpec[]): TrainEntry {
  return { family: "schedule", name, summary, details, arguments: args, typescript: `schedules.${name}` };
}

/** Names and arguments of the schedules; the functions are in `schedules.ts`. Every schedule is a factor of the optimiser's lr. */
export const scheduleEntries: readonly TrainEntry[] = [
  schedule("constant", "The same rate throughout.", "Factor 1.", [warmup]),
  schedule("step", "Times `by` after every `every` epochs, or after the epochs listed.", "Factor `by^floor(epoch / every)`.", [
    { name: "every", kind: "any", doc: "epochs between two cuts, or a list of epochs", positional: true, default: 10 },
    { name: "by", kind: "number", doc: "the factor of a cut", positional: true, default: 0.1, minimum: 0 },
    warmup,
  ]),
  schedule("exponential", "Times `by` every epoch.", "Factor `by^epoch`.", [
    { name: "by", kind: "number", doc: "the factor of an epoch", positional: true, default: 0.95, minimum: 0 },
    warmup,
  ]),
  schedule("linear", "Down to `to` in a straight line over the run.", "Factor `1 + (to - 1) t`, t from 0 to 1, every step.", [
    { name: "to", kind: "number", doc: "the last factor", positional: true, default: 0, minimum: 0 },
    warmup,
  ]),
  schedule(
    "cosine",
    "Down to `to` along half a cosine over the run.",
    "Factor `to + (1 - to)(1 + cos(pi t))/2`, every step. I. Loshchilov, F. Hutter, ICLR 2017.",
    [{ name: "to", kind: "number", doc: "the last factor", positional: true, default: 0, minimum: 0 }, warmup],
  ),
  schedule(
    "plateau",
    "Times `by` when a metric no longer improves.",
    "After `patience` epochs without improvement of the validation loss (the training loss without validation).",
    [
      { name: "by", kind: "number", doc: "the factor of a cut", positional: true, default: 0.1, minimum: 0, maximum: 1 },
      { name: "patience", kind: "integer", doc: "epochs without improvement", default: 10, minimum: 0 },
      { name: "metric", kind: "string", doc: "which metric", default: "loss" },
      warmup,
    ],
  ),
  schedule(
    "noam",
    "Up in a straight line, then down with the root of the step.",
    "Factor `width^-0.5 min(step^-0.5, step warmup^-1.5)`; lr is then 1. A. Vaswani, NeurIPS 2017.",
    [
      { name: "width", kind: "integer", doc: "the model's width", positional: true, required: true, minimum: 1 },
      { name: "warmup", kind: "integer", doc: "steps until the rate is highest", positional: true, default: 4000, minimum: 1 },
    ],
  ),
];
