import { cifar10, cifar100 } from "./cifar.js";
import { digits } from "./digits.js";
import { mnist } from "./mnist.js";
import type { NamedDataset } from "./named.js";
import { andGate, blobs, moons, nandGate, orGate, spirals, xor } from "./points.js";
import { dates, numberWords } from "./sequences.js";
import { shapes } from "./shapes.js";
import { tones } from "./tones.js";

/** The data sets a program may name without defining them. Nothing is read or made before it is used. */
export const dataRegistry = {
  mnist,
  digits,
  orGate,
  andGate,
  nandGate,
  xor,
  spirals,
  blobs,
  moons,
  shapes,
  dates,
  numberWords,
  tones,
  cifar10,
  cifar100,
} as const satisfies Readonly<Record<string, NamedDataset>>;
