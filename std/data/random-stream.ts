/**
 * A stream of random numbers for generators and shuffles: Philox 4x32-10 (J. Salmon et al., SC 2011) counted up from
 * zero under a key of its own. The same seed and name give the same numbers on every machine.
 */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #block = new Uint32Array(4);
  #counter = 0;
  #next = 4;
  #spare: number | null = null;

  /** @param name tells the streams of one seed apart ("digits", "shuffle", 3). */
  constructor(seed: number, ...name: readonly (string | number)[]) {
    this.#key = [seed >>> 0, hashOf(name.join("/"))];
  }

  /** A whole number from 0 to 2^32 - 1. */
  bits(): number {
    if (this.#next === 4) {
      philox(this.#block, this.#counter++, this.#key[0], this.#key[1]);
      this.#next = 0;
    }
    return this.#block[this.#next++] as number;
  }

  /** Uniform in [from, to). */
  uniform(from = 0, to = 1): number {
    return from + (this.bits() / 4294967296) * (to - from);
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.bits() / 4294967296) * limit);
  }

  /** Normal (Box and Muller's pairs). */
  normal(mean = 0, deviation = 1): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return mean + deviation * value;
    }
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / 4294967297));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /** The numbers 0 to `size - 1` in random order (Fisher and Yates). */
  permutation(size: number): Int32Array {
    const order = Int32Array.from({ length: size }, (_, index) => index);
    for (let last = size - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const kept = order[last] as number;
      order[last] = order[other] as number;
      order[other] = kept;
    }
    return order;
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Ten rounds over a 128-bit counter whose low word is `counter`. */
function philox(block: Uint32Array, counter: number, keyLow: number, keyHigh: number): void {
  let a = counter >>> 0;
  let b = Math.floor(counter / 4294967296);
  let c = 0;
  let d = 0;
  for (let round = 0; round < 10; round++) {
    const lowA = Math.imul(0xd2511f53, a) >>> 0;
    const lowC = Math.imul(0xcd9e8d57, c) >>> 0;
    const highA = multiplyHigh(0xd251, 0x1f53, a);
    const highC = multiplyHigh(0xcd9e, 0x8d57, c);
    a = (highC ^ b ^ keyLow) >>> 0;
    b = lowC;
    c = (highA ^ d ^ keyHigh) >>> 0;
    d = lowA;
    keyLow = (keyLow + 0x9e3779b9) >>> 0;
    keyHigh = (keyHigh + 0xbb67ae85) >>> 0;
  }
  block[0] = a;
  block[1] = b;
  block[2] = c;
  block[3] = d;
}

/** The high 32 bits of a product of two 32-bit numbers, the first given as its two halves. */
function multiplyHigh(high: number, low: number, other: number): number {
  const otherHigh = other >>> 16;
  const otherLow = other & 0xffff;
  // The middle sums exceed 32 bits but stay below 2^53.
  const middle = high * otherLow + ((low * otherLow) >>> 16);
  const sum = low * otherHigh + (middle & 0xffff);
  return (high * otherHigh + Math.floor(middle / 65536) + Math.floor(sum / 65536)) >>> 0;
}
