import { MemoryDataset } from "./memory.js";
import { NamedDataset } from "./named.js";
import type { Generator } from "../tensor/random.js";
import { randomStream } from "./random-stream.js";

/** The four rows of a truth table: inputs 0 or 1 as a vector of 2, the target as a vector of 1. Training and test part are the same. */
function gate(name: string, summary: string, outputs: readonly [number, number, number, number]): NamedDataset {
  return new NamedDataset(name, summary, () => {
    const table = new MemoryDataset({
      name,
      columns: {
        x: { data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), shape: [2] },
        y: { data: Float32Array.from(outputs), shape: [1] },
      },
    });
    return { train: table, test: table };
  });
}

export const orGate: NamedDataset = gate("orGate", "the truth table of OR: 4 examples, 2 numbers to 1", [0, 1, 1, 1]);
export const andGate: NamedDataset = gate("andGate", "the truth table of AND: 4 examples, 2 numbers to 1", [0, 0, 0, 1]);
export const nandGate: NamedDataset = gate("nandGate", "the truth table of NAND: 4 examples, 2 numbers to 1", [1, 1, 1, 0]);
export const xor: NamedDataset = gate("xor", "the truth table of XOR, which no single layer computes: 4 examples", [0, 1, 1, 0]);

/** Where a point of a class lies: `t` runs from 0 to 1 over the examples of the class. */
type Placement = (label: number, t: number, random: Generator) => readonly [x: number, y: number];

/**
 * Points of the plane in classes: `point` (2 numbers) and `label`, in random order.
 * @param count examples in all; a fifth of them are the test part.
 */
function pointClouds(
  name: string,
  classes: number,
  count: number,
  seed: number,
  place: Placement,
): { train: MemoryDataset; test: MemoryDataset } {
  const random = randomStream(seed, name);
  const order = random.permutation(count);
  const points = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % classes;
    const position = order[index] as number;
    const [x, y] = place(label, Math.floor(index / classes) / Math.max(1, Math.ceil(count / classes) - 1), random);
    points.set([x, y], 2 * position);
    labels[position] = label;
  }
  const all = new MemoryDataset({
    name,
    classes: Array.from({ length: classes }, (_, label) => String(label)),
    source: "generated",
    columns: { point: { data: points, shape: [2] }, label: { data: labels, shape: [] } },
  });
  const cut = Math.round(count * 0.8);
  return { train: all.subset(0, cut), test: all.subset(cut, count) };
}

export interface PointOptions {
  /** Examples in all, a fifth of them to test. Default 500. */
  readonly count?: number;
  /** Standard deviation of the noise. */
  readonly noise?: number;
  readonly seed?: number;
  readonly classes?: number;
}

/** Arms of a spiral, one a class, winding `turns` times round the origin within radius 1. */
export function makeSpirals(options: PointOptions & { readonly turns?: number } = {}): NamedDataset {
  const { count = 500, noise = 0.02, seed = 1, classes = 2, turns = 1.25 } = options;
  return new NamedDataset("spirals", `${count} points on ${classes} interleaved spirals`, () =>
    pointClouds("spirals", classes, count, seed, (label, t, random) => {
      const radius = 0.05 + 0.95 * t;
      const angle = 2 * Math.PI * (turns * t + label / classes);
      return [radius * Math.cos(angle) + random.normal(0, noise), radius * Math.sin(angle) + random.normal(0, noise)];
    }),
  );
}

/** Round clouds, their centres evenly on a circle of radius 1. */
export function makeBlobs(options: PointOptions = {}): NamedDataset {
  const { count = 500, noise = 0.25, seed = 1, classes = 3 } = options;
  return new NamedDataset("blobs", `${count} points in ${classes} round clouds`, () =>
    pointClouds("blobs", classes, count, seed, (label, _, random) => {
      const angle = (2 * Math.PI * label) / classes;
      return [Math.cos(angle) + random.normal(0, noise), Math.sin(angle) + random.normal(0, noise)];
    }),
  );
}

/** Two half moons that reach into each other. */
export function makeMoons(options: PointOptions = {}): NamedDataset {
  const { count = 500, noise = 0.1, seed = 1 } = options;
  return new NamedDataset("moons", `${count} points on two half moons`, () =>
    pointClouds("moons", 2, count, seed, (label, t, random) => {
      const angle = Math.PI * t;
      const [x, y] = label === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
      return [x + random.normal(0, noise), y + random.normal(0, noise)];
    }),
  );
}

export const spirals: NamedDataset = makeSpirals();
export const blobs: NamedDataset = makeBlobs();
export const moons: NamedDataset = makeMoons();
