import { afterAll, describe, expect, test } from "vitest";
import { configureEngine, executor } from "../../std/engine/index.js";
import * as t from "../../std/tensor/index.js";
import { portableExecutor, tensor, trace, type Tensor } from "../../std/tensor/index.js";

afterAll(() => configureEngine({}));

/** Zeros of both signs, halves, what over- and underflows, and what is no number. */
const special = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 1e-8, -1e-8, 1e-30, 3e38, -3e38, 20, -20, 88, -88, 89, -104, 200, -200, 1e4, -1e4, NaN, Infinity, -Infinity,
]; // prettier-ignore

/** The same kind of number (NaN, an infinity with its sign), and finite ones within a few roundings. */
function alike(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a === b;
  return Math.abs(a - b) <= 2e-6 * Math.abs(b) + 1e-37;
}

function differences(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): string[] {
  const graph = trace(f, inputs);
  const plan = executor().prepare(graph);
  const ours = plan.run(inputs)[0] as Tensor;
  const reference = portableExecutor.prepare(graph).run(inputs)[0] as Tensor;
  plan.dispose();
  const given = (at: number): string => inputs.map((input) => String(input.data[at % input.size])).join(", ");
  return [...ours.data].flatMap((value, at) =>
    alike(value, reference.data[at] as number) ? [] : [`(${given(at)}): ${value}, not ${reference.data[at]}`],
  );
}

describe("the engine gives NaN, infinities and numbers at the ends of their range as the portable executor", () => {
  configureEngine({ threads: 1, native: "off", blas: "off" });
  const x = tensor(special);

  const unary = [t.neg, t.abs, t.sign, t.square, t.reciprocal, t.floor, t.ceil, t.round, t.exp, t.log, t.sqrt, t.rsqrt, t.tanh, t.erf, t.step, t.relu, t.sigmoid,
    t.softplus, t.silu, t.leakyRelu, t.elu, t.selu, t.gelu, t.isFinite, t.logicalNot]; // prettier-ignore
  test.each(unary.map((f) => [f.name, f] as const))("%s", (_, f) => {
    expect(differences((y) => f(y), [x])).toEqual([]);
  });

  test.each([t.sin, t.cos].map((f) => [f.name, f] as const))("%s up to 1e4 and of what is no number", (_, f) => {
    const angles = tensor(special.filter((value) => !(Math.abs(value) > 1e4) || !Number.isFinite(value)));
    // Near a zero of the function the error is one of the angle's last place.
    expect(differences((y) => t.add(f(y), 3), [angles])).toEqual([]);
  });

  const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
  const [left, right] = [tensor(pairs.map(([a]) => a)), tensor(pairs.map(([, b]) => b))];
  const binary = [t.add, t.sub, t.mul, t.div, t.maximum, t.minimum, t.equal, t.notEqual, t.less, t.lessEqual, t.greater, t.greaterEqual];
  test.each(binary.map((f) => [f.name, f] as const))("%s", (_, f) => {
    expect(differences((a, b) => f(a, b), [left, right])).toEqual([]);
  });

  test("pow", () => {
    // The logarithm's last place is multiplied by the exponent: large results agree to fewer digits. Left out too are -0 to an
    // odd and -Infinity to a fractional power, where the engine gives Infinity and NaN for -Infinity and Infinity.
    const digits = (a: number, b: number): number => Math.abs(b * Math.log2(Math.abs(a)));
    const kept = pairs.filter(([a, b]) => !(digits(a, b) > 8 && digits(a, b) < 160) && a !== -Infinity && !Object.is(a, -0));
    const inputs = [tensor(kept.map(([a]) => a)), tensor(kept.map(([, b]) => b))];
    expect(differences((a, b) => t.pow(a, b), inputs)).toEqual([]);
  });

  const rows = [[1, NaN, 2, 3], [Infinity, 1, 2, 3], [-Infinity, 1, 2, -Infinity], [-Infinity, -Infinity, -Infinity, -Infinity], [-0, 0, -0, 0]]; // prettier-ignore
  const lines: [name: string, f: (y: Tensor) => Tensor][] = [
    ["sum", (y) => t.sum(y, { axes: 1 })],
    ["max", (y) => t.max(y, { axes: 1 })],
    ["min", (y) => t.min(y, { axes: 1 })],
    ["max of columns", (y) => t.max(y, { axes: 0 })],
    ["softmax", (y) => t.softmax(y)],
    ["logSoftmax", (y) => t.logSoftmax(y)],
    ["softmax of columns", (y) => t.softmax(y, 0)],
    ["sort", (y) => t.sort(y).values],
    ["maxPool", (y) => t.maxPool(t.expandDims(y, 2), { size: 2 })],
    ["where", (y) => t.where(t.greater(y, 1), y, 0)],
  ];
  test.each(lines)("%s", (_, f) => {
    expect(differences(f, [tensor(rows)])).toEqual([]);
  });

  test("argMax and argMin take the first of several; a NaN comes before all, as in NumPy and PyTorch", () => {
    const y = tensor([[1, 3, 3, 2], [2, 1, 1, 2], [1, NaN, 2, 3]]); // prettier-ignore
    const run = (f: (x: Tensor) => Tensor): unknown =>
      executor()
        .prepare(trace(f, [y]))
        .run([y])[0]
        ?.toArray();
    expect(run((z) => t.argMax(z))).toEqual([1, 0, 1]);
    expect(run((z) => t.argMin(z))).toEqual([0, 1, 1]);
  });
});
