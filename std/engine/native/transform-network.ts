import type { Assembler, Place } from "./assembler.js";

/** A vector that a step of a network makes, by the step's number. */
type Value = number;

type Step =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "add" | "subtract"; readonly left: Value; readonly right: Value }
  | { readonly kind: "scale"; readonly factor: number; readonly value: Value }
  | { readonly kind: "addScaled"; readonly sum: Value; readonly factor: number; readonly value: Value }
  | { readonly kind: "output"; readonly index: number; readonly value: Value };

/** How a network meets the code around it. */
export interface Surroundings {
  /** Registers that it may change. */
  readonly registers: readonly number[];
  /** Where a number is, in every lane: a register, or memory. */
  readonly constant: (value: number) => number | Place;
  readonly load: (index: number, register: number) => void;
  /** Takes an output out of a register, which it may change. */
  readonly store: (index: number, register: number) => void;
}

/** Straight-line arithmetic on vectors, written down once and assembled wherever it is wanted. */
export class Network {
  readonly #steps: Step[] = [];

  #step(step: Step): Value {
    return this.#steps.push(step) - 1;
  }

  inputs(count: number): Value[] {
    return Array.from({ length: count }, (_, index) => this.#step({ kind: "input", index }));
  }

  add(left: Value, right: Value): Value {
    return this.#step({ kind: "add", left, right });
  }

  subtract(left: Value, right: Value): Value {
    return this.#step({ kind: "subtract", left, right });
  }

  scale(factor: number, value: Value): Value {
    return this.#step({ kind: "scale", factor, value });
  }

  /** sum + factor * value. */
  addScaled(sum: Value, factor: number, value: Value): Value {
    return this.#step({ kind: "addScaled", sum, factor, value });
  }

  output(index: number, value: Value): void {
    this.#step({ kind: "output", index, value });
  }

  /** Writes the instructions: a register is free again after the last step that reads it. */
  assemble(code: Assembler, { registers, constant, load, store }: Surroundings): void {
    const lastReads = new Map<Value, number>();
    for (const [at, step] of this.#steps.entries()) for (const value of readBy(step)) lastReads.set(value, at);
    const free = [...registers];
    const places = new Map<Value, number>();
    const placeOf = (value: Value): number => places.get(value) as number;
    const take = (): number => {
      const register = free.shift();
      if (register === undefined) throw new Error("a network has more values at a time than registers");
      return register;
    };
    for (const [at, step] of this.#steps.entries()) {
      const dies = (value: Value): boolean => lastReads.get(value) === at;
      const release = (): void => {
        for (const value of new Set(readBy(step))) if (dies(value)) free.unshift(placeOf(value));
      };
      switch (step.kind) {
        case "input":
          places.set(at, take());
          load(step.index, placeOf(at));
          break;
        case "add":
        case "subtract": {
          release();
          const to = take();
          places.set(at, to);
          code.vector(step.kind, to, placeOf(step.left), placeOf(step.right));
          break;
        }
        case "scale": {
          release();
          const to = take();
          places.set(at, to);
          code.vector("multiply", to, placeOf(step.value), constant(step.factor));
          break;
        }
        case "addScaled": {
          const { sum, value } = step;
          const factor = constant(Math.abs(step.factor));
          if (!dies(sum) && dies(value)) {
            places.set(at, placeOf(value));
            code.vector(step.factor > 0 ? "scaleAdd" : "scaleSubtract", placeOf(value), placeOf(sum), factor);
            break;
          }
          const to = dies(sum) ? placeOf(sum) : take();
          if (!dies(sum)) code.vector("load", to, 0, placeOf(sum));
          code.vector(step.factor > 0 ? "multiplyAdd" : "multiplySubtract", to, placeOf(value), factor);
          if (dies(value)) free.unshift(placeOf(value));
          places.set(at, to);
          break;
        }
        case "output":
          store(step.index, placeOf(step.value));
          release();
      }
    }
  }
}

function readBy(step: Step): readonly Value[] {
  switch (step.kind) {
    case "input":
      return [];
    case "add":
    case "subtract":
      return [step.left, step.right];
    case "scale":
    case "output":
      return [step.value];
    case "addScaled":
      return [step.sum, step.value];
  }
}

/*
 * Winograd's transforms along one axis, as in `assembly/convolution/winograd-transforms.ts`: by the points 0, 1, -1, 2, -2 and
 * infinity for tiles of 6 x 6, and 0, 1, -1 and infinity for tiles of 4 x 4.
 */
export type Side = 6 | 4;

/** B^T: as many numbers of the image as a tile's side. */
export function imageNetwork(side: Side): Network {
  const network = new Network();
  const [d0, d1, d2, d3, d4, d5] = network.inputs(side) as [number, number, number, number, number, number];
  if (side === 4) {
    network.output(0, network.subtract(d0, d2));
    network.output(1, network.add(d1, d2));
    network.output(2, network.subtract(d2, d1));
    network.output(3, network.subtract(d3, d1));
    return network;
  }
  network.output(0, network.addScaled(network.addScaled(d4, 4, d0), -5, d2));
  network.output(5, network.addScaled(network.addScaled(d5, 4, d1), -5, d3));
  const even2 = network.subtract(d4, d2);
  const odd2 = network.scale(2, network.subtract(d3, d1));
  const even = network.addScaled(d4, -4, d2);
  const odd = network.addScaled(d3, -4, d1);
  network.output(1, network.add(even, odd));
  network.output(2, network.subtract(even, odd));
  network.output(3, network.add(even2, odd2));
  network.output(4, network.subtract(even2, odd2));
  return network;
}

/** G: `taps` (2 to 5) numbers of a kernel become as many as a tile's side. */
export function tapsNetwork(side: Side, taps: number): Network {
  const network = new Network();
  const inputs = network.inputs(taps) as [number, number, number?, number?, number?];
  const [g0, g1, g2, g3, g4] = inputs;
  const last = inputs[taps - 1] as number;
  let even = g2 === undefined ? g0 : network.add(g0, g2);
  if (side === 4) {
    network.output(0, g0);
    network.output(1, network.scale(0.5, network.add(even, g1)));
    network.output(2, network.scale(0.5, network.subtract(even, g1)));
    network.output(3, last);
    return network;
  }
  let even2 = g2 === undefined ? g0 : network.addScaled(g0, 4, g2);
  let odd = g1;
  let odd2 = network.scale(2, g1);
  if (g3 !== undefined) {
    odd = network.add(odd, g3);
    odd2 = network.addScaled(odd2, 8, g3);
  }
  if (g4 !== undefined) {
    even = network.add(even, g4);
    even2 = network.addScaled(even2, 16, g4);
  }
  network.output(0, network.scale(0.25, g0));
  network.output(1, network.scale(-1 / 6, network.add(even, odd)));
  network.output(2, network.scale(-1 / 6, network.subtract(even, odd)));
  network.output(3, network.scale(1 / 24, network.add(even2, odd2)));
  network.output(4, network.scale(1 / 24, network.subtract(even2, odd2)));
  network.output(5, last);
  return network;
}

/** A^T: as many numbers as a tile's side become `results` (2 to 5), first to last. */
export function resultsNetwork(side: Side, results: number): Network {
  const network = new Network();
  const [m0, m1, m2, m3, m4, m5] = network.inputs(side) as [number, number, number, number, number, number];
  const sum = network.add(m1, m2);
  const difference = network.subtract(m1, m2);
  if (side === 4) {
    network.output(0, network.add(m0, sum));
    network.output(1, results === 2 ? network.add(difference, m3) : difference);
    if (results === 3) network.output(2, network.add(sum, m3));
    return network;
  }
  const sum2 = network.add(m3, m4);
  const difference2 = network.subtract(m3, m4);
  network.output(0, network.add(network.add(m0, sum), sum2));
  for (let result = 1; result < results; result++) {
    const [once, twice] = result % 2 === 1 ? [difference, difference2] : [sum, sum2];
    const value = network.addScaled(once, 2 ** result, twice);
    network.output(result, result === results - 1 ? network.add(value, m5) : value);
  }
  return network;
}
