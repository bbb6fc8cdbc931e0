import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainEntry } from "./entry.js";

const weight: ArgumentSpec = {
  name: "smoothing",
  kind: "number",
  doc: "label smoothing: this share of the target is spread over all classes",
  default: 0,
  minimum: 0,
  maximum: 1,
};

function loss(name: string, summary: string, details: string, args: readonly ArgumentSpec[] = []): TrainEntry {
  return { family: "loss", name, summary, details, arguments: args, typescript: `losses.${name}` };
}

/** Names and arguments of the losses; the functions are in `losses.ts`. */
export const lossEntries: readonly TrainEntry[] = [
  loss(
    "crossentropy",
    "Classification: the negative log of the probability given to the right class.",
    "`-log softmax(z)[label]`, the mean over all labels. Prediction `batch x ... x classes`, target class numbers `batch x ...` (i32) or " +
      "one distribution an example of the prediction's shape. Where the net ends in softmax its logits are used, so that nothing overflows; else the " +
      "output itself counts as logits.",
    [{ name: "ignore", kind: "integer", doc: "a label that does not count (padding)", positional: true }, weight],
  ),
  loss(
    "bce",
    "Yes or no, for each number by itself: binary cross-entropy.",
    "`-(t log p + (1 - t) log(1 - p))`, the mean. Where the net ends in sigmoid its logits are used; else the output itself counts as logits. " +
      "The target has the prediction's shape, or is one number for all.",
  ),
  loss("mse", "Mean squared error.", "The mean of `(y - t)^2` over all numbers."),
  loss("mae", "Mean absolute error.", "The mean of `|y - t|` over all numbers."),
  loss(
    "huber",
    "Squared error near zero, absolute error far from it.",
    "`0.5 d^2` where `|d| <= delta`, else `delta (|d| - 0.5 delta)`; the mean. P. J. Huber (1964).",
    [{ name: "delta", kind: "number", doc: "where the square ends", default: 1, minimum: 0, positional: true }],
  ),
  loss(
    "hinge",
    "Margin between classes, as in a support vector machine.",
    "Class numbers: the mean over classes of `max(0, margin - z[label] + z[other])` " +
      "(Weston and Watkins); targets of -1 and 1: the mean of `max(0, margin - t z)`.",
    [{ name: "margin", kind: "number", doc: "how far the right class must lead", default: 1, minimum: 0, positional: true }],
  ),
  loss(
    "iou",
    "Boxes: one minus intersection over union.",
    "Prediction and target `batch x 4` (or more axes before): left, top, right, bottom; the mean of `1 - IoU`. " +
      "`generalized=true` subtracts the empty share of the box around both (H. Rezatofighi, CVPR 2019), which has a gradient for boxes that do not touch.",
    [
      { name: "generalized", kind: "boolean", doc: "GIoU, for boxes that may not touch", default: false },
      {
        name: "format",
        kind: "choice",
        choices: ["corners", "center"],
        doc: "left, top, right, bottom or centre x, centre y, width, height",
        default: "corners",
      },
    ],
  ),
  loss(
    "dice",
    "Masks: one minus the Dice overlap.",
    "`1 - 2 sum(p t) / (sum(p) + sum(t))` an example, then the mean. Class numbers become one mask a class.",
    [{ name: "smooth", kind: "number", doc: "added above and below the line", default: 1, minimum: 0 }],
  ),
  loss(
    "kl",
    "Kullback-Leibler divergence of the target's distribution from the prediction's.",
    "The mean over examples of `sum t (log t - log p)`.",
  ),
  loss(
    "contrastive",
    "Pairs: pulls the same together, pushes others apart.",
    "Prediction: distances; target 1 for the same: `t d^2 + (1 - t) max(0, margin - d)^2`, the mean. " + "R. Hadsell, CVPR 2006.",
    [
      {
        name: "margin",
        kind: "number",
        doc: "distance beyond which different pairs count no more",
        default: 1,
        minimum: 0,
        positional: true,
      },
    ],
  ),
];
