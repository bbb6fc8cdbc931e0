import { describe, expect, test } from "vitest";
import * as t from "../../std/tensor/index.js";
import { Generator, keyOf, normalNumbers, uniformAt, uniformNumbers } from "../../std/tensor/index.js";
import { normalPair, pair } from "../../std/tensor/normal-pair.js";
import { philox } from "../../std/tensor/random.js";

describe("Philox-4x32-10", () => {
  // The known-answer vectors of the authors' Random123 library (kat_vectors).
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [-1, -1, -1, -1],
      [-1, -1],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("counter %j, key %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect([...out]).toEqual([...expected]);
  });
});

describe("uniform numbers", () => {
  test("are the upper 24 bits of the words, block by block", () => {
    expect([...uniformNumbers([0, 0], 2)]).toEqual([(0x6627e8d5 >>> 8) / 2 ** 24, (0xe169c58d >>> 8) / 2 ** 24]);
  });

  test("do not depend on how many are drawn", () => {
    expect([...uniformNumbers([1, 2], 5, 3)]).toEqual([...uniformNumbers([1, 2], 100, 3).subarray(0, 5)]);
  });

  test("can begin anywhere in the stream, also past its first 2^34", () => {
    expect([...uniformNumbers([1, 2], 9, 3, 6)]).toEqual([...uniformNumbers([1, 2], 15, 3).subarray(6)]);
    const out = new Uint32Array(4);
    philox([1, 5, 3, 0], [1, 2], out);
    expect([...uniformNumbers([1, 2], 2, 3, 5 * 2 ** 34 + 5)]).toEqual([...out.subarray(1, 3)].map((word) => (word >>> 8) / 2 ** 24));
  });

  test("are spread evenly: mean 1/2 and variance 1/12 within five standard errors", () => {
    const n = 100_000;
    const numbers = uniformNumbers([7, 0], n);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / n;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.min(...numbers.subarray(0, 10_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers.subarray(0, 10_000))).toBeLessThan(1);
  });

  test("as an operation depend on the counter alone", () => {
    const draw = (counter: number): t.Tensor => uniformAt(t.scalar(counter, "i32"), [3, 4], [2, 3]);
    expect(draw(1).toArray()).toEqual(draw(1).toArray());
    expect(draw(1).toArray()).not.toEqual(draw(2).toArray());
    expect([...draw(1).data]).toEqual([...uniformNumbers([3, 4], 6, 1)]);
  });
});

test("normal numbers have mean 0, variance 1 and the tails of the normal distribution", () => {
  const n = 100_000;
  const numbers = normalNumbers([1, 0], n);
  const mean = numbers.reduce((sum, x) => sum + x, 0) / n;
  const variance = numbers.reduce((sum, x) => sum + x * x, 0) / n;
  const beyondTwo = numbers.filter((x) => Math.abs(x) > 2).length / n;
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
  expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / n));
});

test("normal numbers are what the formula of Box and Muller gives, to the last bit but rarely", () => {
  const uniform = uniformNumbers([3, 4], 60_000);
  const expected = uniform.map((_, at) => {
    const [first, second] = [uniform[at & ~1] as number, uniform[at | 1] as number];
    const angle = 2 * Math.PI * second;
    return Math.sqrt(-2 * Math.log(1 - first)) * (at % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  const drawn = normalNumbers([3, 4], 60_000);
  expect(drawn.filter((value, at) => value !== expected[at]).length).toBeLessThan(3);
  expect(Math.max(...drawn.map((value, at) => Math.abs(value - (expected[at] as number))))).toBeLessThan(1e-6);
});

test("the ends of what the formula is given are numbers", () => {
  const pairs = [0, 1, 0x3fffff, 0x400000, 0x5fffff, 0x600000, 0x800000, 0xc00000, 0xffffff];
  for (const first of pairs) {
    for (const second of pairs) {
      normalPair(first, second);
      const radius = Math.sqrt(-2 * Math.log(1 - first / 2 ** 24));
      const angle = (2 * Math.PI * second) / 2 ** 24;
      expect(pair[0]).toBeCloseTo(radius * Math.cos(angle), 5);
      expect(pair[1]).toBeCloseTo(radius * Math.sin(angle), 5);
    }
  }
});

test("keys of other names are other streams", () => {
  expect(keyOf(1, "conv1/weight")).toEqual(keyOf(1, "conv1/weight"));
  expect(keyOf(1, "conv1/weight")).not.toEqual(keyOf(1, "conv1/bias"));
  expect(keyOf(1, "conv1/weight")).not.toEqual(keyOf(2, "conv1/weight"));
});

describe("a generator", () => {
  test("repeats itself for one seed and not for another", () => {
    const draw = (seed: number, stream = 0): number[] =>
      Array.from(
        { length: 5 },
        (
          (g) => () =>
            g.next()
        )(new Generator(seed, stream)),
      );
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1)).not.toEqual(draw(1, 1));
  });

  test("permutes: every number once, and each place equally often", () => {
    const generator = new Generator(5);
    expect([...generator.permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[generator.permutation(3)[0] as number] = (counts[generator.permutation(3)[0] as number] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt((3000 * 2) / 9));
  });

  test("draws whole numbers, uniform and normal ones within their ranges", () => {
    const generator = new Generator(9);
    for (let i = 0; i < 1000; i++) {
      expect(generator.integer(7)).toBeLessThan(7);
      const drawn = generator.uniform(-2, 3);
      expect(drawn).toBeGreaterThanOrEqual(-2);
      expect(drawn).toBeLessThan(3);
      expect(Math.abs(generator.normal(0, 1))).toBeLessThan(6);
    }
  });
});

test("constructors", () => {
  expect(t.arange(4).toArray()).toEqual([0, 1, 2, 3]);
  expect(t.arange(4).dtype).toBe("i32");
  expect(t.arange(1, 2, 0.25).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
  expect(t.arange(5, 1, -2).toArray()).toEqual([5, 3]);
  expect(t.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(t.eye(2, 3).toArray()).toEqual([[1, 0, 0], [0, 1, 0]]); // prettier-ignore
  expect(t.full([2], 7).toArray()).toEqual([7, 7]);
  expect(t.onesLike(t.zeros([2], "i32")).toArray()).toEqual([1, 1]);
  expect(t.randomNormal([3], { seed: 1 }).toArray()).toEqual(t.randomNormal([3], { seed: 1 }).toArray());
  expect(t.randomUniform([100], { low: 2, high: 3 }).min().item()).toBeGreaterThanOrEqual(2);
});
