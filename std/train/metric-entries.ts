import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainEntry } from "./entry.js";

const output: ArgumentSpec = {
  name: "output",
  kind: "tensor",
  doc: "which output of a net with several: its name. Given first when it is one of the net's outputs, else left out",
  positional: true,
  defaultText: "the first output",
};
const average: ArgumentSpec = {
  name: "average",
  kind: "choice",
  choices: ["macro", "micro", "weighted", "binary"],
  doc: "over classes: each alike, all decisions together, by their number, or class 1 alone",
  positional: true,
  default: "macro",
};

function metric(name: string, summary: string, details: string, args: readonly ArgumentSpec[] = []): TrainEntry {
  return { family: "metric", name, summary, details, arguments: [output, ...args], typescript: `metrics.${name}` };
}

/** Names and arguments of the metrics; the functions are in `metrics.ts`. */
export const metricEntries: readonly TrainEntry[] = [
  metric(
    "accuracy",
    "The share of right answers.",
    "The greatest output is the answer (with one output: above or below 0.5). Padding labels of the loss's `ignore` do not count.",
  ),
  metric("top", "The share of examples whose label is among the k greatest outputs.", "", [
    { name: "k", kind: "integer", doc: "how many answers are allowed", positional: true, default: 5, minimum: 1 },
  ]),
  metric("precision", "Of the answers for a class, the share that is right.", "`TP / (TP + FP)`; 0 for a class never answered.", [average]),
  metric("recall", "Of the examples of a class, the share that was found.", "`TP / (TP + FN)`.", [average]),
  metric("f1", "The harmonic mean of precision and recall.", "`2 P R / (P + R)`.", [average]),
  metric("mae", "Mean absolute error.", "The mean of `|y - t|`."),
  metric("mse", "Mean squared error.", "The mean of `(y - t)^2`."),
  metric("rmse", "Root of the mean squared error.", "In the target's unit."),
  metric("r2", "The share of the target's variance that is explained.", "`1 - sum (y - t)^2 / sum (t - mean t)^2`."),
  metric(
    "iou",
    "Mean intersection over union.",
    "Of boxes (`batch x 4`), or of class masks (labels for every pixel: the mean over the classes that occur).",
  ),
  metric(
    "map",
    "Mean average precision of boxes.",
    "One box an example: `box` outputs ranked by the given score; counted right when the IoU with the target is at least `iou`. " +
      "`style=voc` takes the 11-point mean of Pascal VOC 2007, `coco` the 101-point one.",
    [
      { name: "iou", kind: "number", doc: "smallest overlap that counts", default: 0.5, minimum: 0, maximum: 1 },
      { name: "style", kind: "choice", choices: ["area", "voc", "coco"], doc: "how the curve is summed", default: "area" },
    ],
  ),
  metric(
    "bleu",
    "Overlap of word groups between translation and reference.",
    "Geometric mean of the 1- to n-gram precisions times the brevity penalty, over the whole data set. " +
      "K. Papineni, ACL 2002. Token 0 is padding.",
    [{ name: "n", kind: "integer", doc: "longest word group", positional: true, default: 4, minimum: 1 }],
  ),
  metric("perplexity", "e to the power of the cross-entropy.", "How many words the model hesitates between."),
];
