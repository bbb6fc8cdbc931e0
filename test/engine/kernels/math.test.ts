import { describe, expect, test } from "vitest";
import { at, bench, builds, supported } from "./kernels.js";

/** The distance from the exact number in units of the last place of a 24-bit significand. */
function units(actual: number, exact: number): number {
  if (actual === exact || (Number.isNaN(actual) && Number.isNaN(exact))) return 0;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(actual - exact) / 2 ** (exponent - 23);
}

/** Numbers from `from` to `to`, evenly spaced, as f32. */
function spread(from: number, to: number, count = 20_000): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Very small and very large numbers of both signs. */
function magnitudes(): Float32Array {
  return Float32Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (-140 + (i * 260) / 2000));
}

function worst(actual: Float32Array, x: Float32Array, exact: (x: number) => number): number {
  return x.reduce((most, value, index) => Math.max(most, units(at(actual, index), exact(value))), 0);
}

describe.each(builds.filter(supported))("functions on four lanes, %s", (build) => {
  const epilogue = (activation: number, x: Float32Array): Float32Array => {
    const { floats, call } = bench(build, 64);
    const c = floats(x);
    call("finishProduct", [c, 0, 0, activation, 1, x.length]);
    return c;
  };

  test("tanh", () => {
    for (const x of [spread(-12, 12), spread(-0.01, 0.01), magnitudes()]) expect(worst(epilogue(2, x), x, Math.tanh)).toBeLessThan(2);
    expect([...epilogue(2, Float32Array.of(NaN, Infinity, -Infinity, 0, 1e30))]).toEqual([NaN, 1, -1, 0, 1]);
  });

  test("sigmoid", () => {
    const exact = (x: number): number => 1 / (1 + Math.exp(-x));
    for (const x of [spread(-80, 80), spread(-1, 1)]) expect(worst(epilogue(3, x), x, exact)).toBeLessThan(3);
    expect([...epilogue(3, Float32Array.of(NaN, Infinity, -Infinity, 0, 1e30))]).toEqual([NaN, 1, 0, 0.5, 1]);
  });

  // Rows (y, 0) with the gradient (0, 1): the first number is -e^y.
  const exponentials = (x: Float32Array): Float32Array => {
    const { floats, call } = bench(build, 64);
    const y = floats(2 * x.length);
    const g = floats(2 * x.length);
    const result = floats(2 * x.length);
    for (let i = 0; i < x.length; i++) {
      y.set([at(x, i), 0], 2 * i);
      g.set([0, 1], 2 * i);
    }
    call("logSoftmaxGradient", [y, g, result, x.length, 2]);
    return x.map((_, i) => 0 - at(result, 2 * i));
  };

  test("exp, down to numbers below the smallest normal one", () => {
    for (const x of [spread(-87, 88.7), spread(-1, 1)]) expect(worst(exponentials(x), x, Math.exp)).toBeLessThan(2);
    const tiny = spread(-103, -87.4, 500);
    expect(worst(exponentials(tiny), tiny, Math.exp)).toBeLessThan(2);
    expect([...exponentials(Float32Array.of(NaN, Infinity, 89, -Infinity, -200, 0))]).toEqual([NaN, Infinity, Infinity, 0, 0, 1]);
  });

  test("log", () => {
    // One class of logit 0 beside one of x: the loss of the first is log(1 + e^x) for x <= 0.
    const { floats, integers, call } = bench(build, 64);
    const x = spread(-15, 0, 5000);
    const logits = floats(Array.from({ length: 2 * x.length }, (_, i) => (i % 2 === 0 ? 0 : at(x, i >> 1))));
    const loss = floats(x.length);
    call("crossEntropy", [logits, integers(new Int32Array(x.length)), loss, x.length, 2, 0, 0]);
    // The sum 1 + e^x is rounded before its logarithm is taken: an absolute error of half a unit of 1 remains.
    for (let i = 0; i < x.length; i++) expect(Math.abs(at(loss, i) - Math.log1p(Math.exp(at(x, i))))).toBeLessThan(2e-7);
  });
});
