import type { ArgumentSpec } from "../layers/definition.js";
import type { TrainEntry } from "../train/entry.js";

function augmentation(name: string, summary: string, details: string, args: readonly ArgumentSpec[] = []): TrainEntry {
  return { family: "augmentation", name, summary, details, arguments: args, typescript: `augmentations.${name}` };
}

/** Names and arguments of the augmentations; the functions are in `augmentation.ts`. Images are height x width x channels in [0, 1]. */
export const augmentationEntries: readonly TrainEntry[] = [
  augmentation("crop", "Cuts a piece of this size at a random place (at the centre outside training).", "", [
    { name: "size", kind: "size", doc: "height x width of the piece", positional: true, required: true },
    { name: "pad", kind: "integer", doc: "zeros put around the image first", default: 0, minimum: 0 },
  ]),
  augmentation("flip", "Mirrors every other example.", "", [
    {
      name: "direction",
      kind: "choice",
      choices: ["horizontal", "vertical", "both"],
      doc: "left-right or top-bottom",
      positional: true,
      default: "horizontal",
    },
  ]),
  augmentation("shift", "Moves the image by up to this many pixels each way.", "Zeros move in.", [
    { name: "by", kind: "number", doc: "pixels", positional: true, default: 2, minimum: 0 },
  ]),
  augmentation("rotate", "Turns the image by up to this many degrees each way.", "Bilinear; zeros turn in.", [
    { name: "degrees", kind: "number", doc: "greatest angle", positional: true, default: 10, minimum: 0 },
  ]),
  augmentation("scale", "Enlarges or shrinks the image by up to this share.", "Bilinear, about the centre.", [
    { name: "by", kind: "number", doc: "greatest share, 0.1 for 10 %", positional: true, default: 0.1, minimum: 0, maximum: 1 },
  ]),
  augmentation("noise", "Adds normal noise.", "", [
    { name: "deviation", kind: "number", doc: "standard deviation", positional: true, default: 0.05, minimum: 0 },
  ]),
  augmentation(
    "pca",
    "Shifts the colours along the data's principal components.",
    "A. Krizhevsky, NIPS 2012, section 4.1: `P (a * lambda)`, a from N(0, deviation^2), one draw an image.",
    [{ name: "deviation", kind: "number", doc: "standard deviation of the draw", positional: true, default: 0.1, minimum: 0 }],
  ),
];
