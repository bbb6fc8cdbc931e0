import { normalPair, pair } from "./normal-pair.js";
import type { TypedArray } from "./shape.js";

/**
 * Philox-4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a block of four 32-bit numbers as
 * a function of a counter and a key, with no state to carry. The same key and counter give the same numbers on every
 * machine, whoever draws them and in whatever order.
 */

/** What tells streams apart: two 32-bit numbers, made of a seed and what the numbers are for. */
export type RandomKey = readonly [number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** The upper 32 bits of the product of two unsigned 32-bit numbers, as a signed number. */
function multiplyHigh(aHigh: number, aLow: number, b: number): number {
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  // Sums of 33 bits: a division keeps the bit that a shift would lose.
  return (Math.imul(aHigh, bHigh) + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}

/** Writes the four numbers of one block into `out`, from `at` on. */
export function philox(counter: readonly [number, number, number, number], key: RandomKey, out: Uint32Array, at = 0): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0 >>> 16, multiplier0 & 0xffff, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1 >>> 16, multiplier1 & 0xffff, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

const block = new Uint32Array(4);
const unit = 1 / 0x1000000;

/**
 * Writes uniform numbers in [0, 1) with 24 bits each. Number `i` is word `i mod 4` of the block with counter
 * `(floor(i / 4), floor(i / 2^34), counter, 0)`, its upper 24 bits over 2^24; the kernels draw the same numbers.
 */
function writeUniform(numbers: TypedArray, from: number, key: RandomKey, counter: number, first: number): void {
  for (let at = from; at < numbers.length;) {
    const number = first + at;
    philox([Math.floor(number / 4) >>> 0, Math.floor(number / 0x400000000), counter, 0], key, block);
    for (let word = number % 4; word < 4 && at < numbers.length; word++, at++) numbers[at] = ((block[word] as number) >>> 8) * unit;
  }
}

/**
 * `count` uniform numbers in [0, 1) with 24 bits each.
 * @param counter tells draws of one stream apart, such as the step of a training run; default 0
 * @param first which number of the stream is the first; default 0
 */
export function uniformNumbers(key: RandomKey, count: number, counter = 0, first = 0): Float32Array {
  const result = new Float32Array(count);
  writeUniform(result, 0, key, counter, first);
  return result;
}

/** `count` numbers of the standard normal distribution, two from each pair of uniform ones (Box & Muller 1958). */
export function normalNumbers(key: RandomKey, count: number): Float32Array {
  const result = new Float32Array(count);
  fillNormal(result, key, 0, 1);
  return result;
}

/**
 * Draws many numbers faster, by WebAssembly: fills `numbers` from the front as `fillUniform` or `fillNormal` would, bit for
 * bit, and gives how many it wrote, a multiple of 4.
 */
export type NumberDrawer = (
  distribution: "uniform" | "normal",
  numbers: Float32Array,
  key: RandomKey,
  parameters: readonly [number, number],
) => number;

let draw: NumberDrawer = () => 0;

/** The engine offers its kernels. */
export function setNumberDrawer(drawer: NumberDrawer): void {
  draw = drawer;
}

/** Fills `numbers` with uniform numbers in [low, high): the stream's numbers from the first on. */
export function fillUniform(numbers: Float32Array, key: RandomKey, low: number, high: number): void {
  const done = draw("uniform", numbers, key, [low, high - low]);
  writeUniform(numbers, done, key, 0, 0);
  for (let at = done; at < numbers.length; at++) numbers[at] = low + (high - low) * (numbers[at] as number);
}

/** Fills `numbers` with normally distributed numbers, two from each pair of the stream's uniform ones (Box & Muller 1958). */
export function fillNormal(numbers: Float32Array, key: RandomKey, mean: number, std: number): void {
  const done = draw("normal", numbers, key, [mean, std]);
  for (let at = done; at < numbers.length; at += 4) {
    philox([at / 4, 0, 0, 0], key, block);
    for (let word = 0; word < 4 && at + word < numbers.length; word += 2) {
      normalPair((block[word] as number) >>> 8, (block[word + 1] as number) >>> 8);
      numbers[at + word] = mean + std * (pair[0] as number);
      if (at + word + 1 < numbers.length) numbers[at + word + 1] = mean + std * (pair[1] as number);
    }
  }
}

/** A key from a seed and a name ("conv1/weight"): FNV-1a over the name's UTF-16 units, so that other names give other streams. */
export function keyOf(seed: number, name: string): RandomKey {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return [seed >>> 0, hash >>> 0];
}

/** A stream of random numbers that is drawn from one after the other: for shuffling, augmentation and generated data. */
export class Generator {
  readonly #key: RandomKey;
  readonly #block = new Uint32Array(4);
  #drawn = 0;
  #spare: number | null = null;

  /** @param stream tells generators of one seed apart */
  constructor(seed: number, stream = 0) {
    this.#key = [seed >>> 0, stream >>> 0];
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const word = this.#drawn % 4;
    if (word === 0) {
      const block = this.#drawn / 4;
      philox([block >>> 0, Math.floor(block / 0x100000000), 0, 1], this.#key, this.#block);
    }
    this.#drawn++;
    return this.#block[word] as number;
  }

  /** Uniform in [low, high), with 53 bits. */
  uniform(low = 0, high = 1): number {
    const upper = this.next() >>> 5;
    const lower = this.next() >>> 6;
    return low + ((high - low) * (upper * 0x4000000 + lower)) / 0x20000000000000;
  }

  /** Normally distributed. */
  normal(mean = 0, deviation = 1): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return mean + deviation * spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /** A whole number from 0 to n - 1, each equally likely. */
  integer(n: number): number {
    // Numbers past the last whole multiple of n are drawn again: taken, they would favour the small results.
    const limit = 0x100000000 - (0x100000000 % n);
    for (;;) {
      const drawn = this.next();
      if (drawn < limit) return drawn % n;
    }
  }

  /** The numbers from 0 to n - 1 in random order (Fisher & Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let last = n - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const moved = order[last] as number;
      order[last] = order[other] as number;
      order[other] = moved;
    }
    return order;
  }
}
