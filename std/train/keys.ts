import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainFamily, TrainKey } from "./entry.js";

function key(
  name: string,
  summary: string,
  details: string,
  example: string,
  options: { family?: TrainFamily; many?: boolean; arguments?: readonly ArgumentSpec[] },
): TrainKey {
  return {
    name,
    summary,
    details,
    example,
    family: options.family ?? null,
    many: options.many ?? false,
    arguments: options.arguments ?? [],
  };
}

const count = (name: string, doc: string, fallback?: number): ArgumentSpec => ({
  name,
  kind: "integer",
  doc,
  positional: true,
  minimum: 1,
  ...(fallback === undefined ? { required: true } : { default: fallback }),
});

/** The keys of a `train` block, in the order in which completion offers them. */
export const trainKeys: readonly TrainKey[] = [
  key(
    "loss",
    "What the training makes small.",
    "A named loss, or an expression in losses of the net's outputs and the data's columns: " +
      "`mse(age, faces.age) + 2 * iou(box, faces.box)`. Without it: crossentropy when the target holds class numbers, else mse.",
    "loss crossentropy",
    { family: "loss" },
  ),
  key("optimizer", "How a gradient changes the weights.", "Without it: adam(lr=0.001).", "optimizer sgd(lr=0.1, momentum=0.9)", {
    family: "optimizer",
  }),
  key(
    "schedule",
    "How the learning rate changes over the run.",
    "Multiplies the optimiser's lr. Without it: constant.",
    "schedule cosine",
    {
      family: "schedule",
    },
  ),
  key("lr", "The learning rate of a rule, or one that overrides the optimiser's.", "", "lr 0.1", {
    arguments: [{ name: "lr", kind: "number", doc: "the learning rate", positional: true, required: true, minimum: 0 }],
  }),
  key("batch", "Examples a step.", "The last, smaller batch of an epoch is used too.", "batch 64", {
    arguments: [count("size", "examples a step", 32)],
  }),
  key("epochs", "How often the training data are gone through.", "", "epochs 10", {
    arguments: [count("count", "passes over the training data", 10)],
  }),
  key(
    "split",
    "Which share of the data trains and which is held out for validation.",
    "`split 80, 20`: percent. `reshuffle=epoch` draws the two parts anew before each epoch (then nothing is ever held out for good: " +
      "validation figures are those of examples the weights have seen in other epochs).",
    "split 80, 20, reshuffle=epoch",
    {
      arguments: [
        { name: "train", kind: "number", doc: "percent that trains", positional: true, required: true, minimum: 0, maximum: 100 },
        {
          name: "validation",
          kind: "number",
          doc: "percent held out",
          positional: true,
          defaultText: "the rest",
          minimum: 0,
          maximum: 100,
        },
        { name: "reshuffle", kind: "choice", choices: ["never", "epoch"], default: "never", doc: "when the two parts are drawn anew" },
      ],
    },
  ),
  key(
    "augment",
    "Random changes of each training example, drawn anew each time.",
    "Applied in the order written.",
    "augment crop(24), flip(horizontal)",
    {
      family: "augmentation",
      many: true,
    },
  ),
  key(
    "metrics",
    "Figures for people, computed each epoch on both parts.",
    "Without it: accuracy when the loss is crossentropy.",
    "metrics accuracy, f1(macro)",
    {
      family: "metric",
      many: true,
    },
  ),
  key(
    "seed",
    "Fixes every random choice: initial weights, shuffling, dropout, augmentation.",
    "The same seed gives the same bits.",
    "seed 1",
    {
      arguments: [{ name: "seed", kind: "integer", doc: "any whole number", positional: true, default: 0, minimum: 0 }],
    },
  ),
  key("freeze", "Parts of the net whose weights stay as they are.", "Taps, slices or paths.", "freeze base", {
    arguments: [
      { name: "parts", kind: "any", doc: "taps, slices (`base[..stage[3]]`) or paths", positional: true, rest: true, required: true },
    ],
  }),
  key("watch", "Values shown while it trains.", "A tap or an expression, shown as an image or numbers.", "watch fake, every=epoch", {
    arguments: [
      { name: "value", kind: "any", doc: "a tap or a tensor of the block", positional: true, rest: true, required: true },
      { name: "every", kind: "choice", choices: ["epoch", "step"], default: "epoch", doc: "how often it is shown" },
    ],
  }),
  key("clip", "Bounds the gradient, against sudden jumps.", "By its norm over all parameters, or each number by itself.", "clip 1", {
    arguments: [
      { name: "norm", kind: "number", doc: "greatest norm of all gradients together", positional: true, minimum: 0 },
      { name: "value", kind: "number", doc: "greatest absolute value of each number of the gradient", minimum: 0 },
    ],
  }),
  key(
    "accumulate",
    "Adds up the gradients of several batches before each update.",
    "Trains with `accumulate * batch` examples in the memory of one batch.",
    "accumulate 4",
    {
      arguments: [count("batches", "batches an update", 1)],
    },
  ),
  key(
    "checkpoint",
    "Writes the weights to a file after an epoch.",
    "Written beside it first and renamed, so that a crash never leaves half a file.",
    'checkpoint "models/lenet", keep=best',
    {
      arguments: [
        { name: "path", kind: "string", doc: "the file, without or with .safetensors", positional: true, required: true },
        { name: "every", kind: "integer", doc: "epochs between two checkpoints", default: 1, minimum: 1 },
        {
          name: "keep",
          kind: "choice",
          choices: ["last", "best"],
          doc: "the newest weights, or those with the best watched metric",
          default: "last",
        },
      ],
    },
  ),
  key(
    "stop",
    "Ends the run early when a metric no longer improves.",
    "Looks at the validation part when there is one.",
    "stop 3, metric=accuracy",
    {
      arguments: [
        { name: "patience", kind: "integer", doc: "epochs without improvement", positional: true, required: true, minimum: 1 },
        { name: "metric", kind: "string", doc: "which metric", default: "loss" },
        { name: "by", kind: "number", doc: "what counts as an improvement", default: 0, minimum: 0 },
      ],
    },
  ),
  key("teacher", "Share of the steps of a sequence that are given the true previous token (teacher forcing).", "", "teacher 1.0", {
    arguments: [{ name: "share", kind: "number", doc: "from 0 to 1", positional: true, default: 1, minimum: 0, maximum: 1 }],
  }),
  key("rule", "A learning rule in place of loss and optimizer.", "", "rule perceptron", { family: "rule" }),
];
