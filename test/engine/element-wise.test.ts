import { describe, expect, test } from "vitest";
import { executor } from "../../std/engine/index.js";
import { elementWise } from "../../std/engine/plan/element-wise.js";
import * as t from "../../std/tensor/index.js";
import { Tensor, type DType, type TensorType } from "../../std/tensor/index.js";
import { numbers } from "./networks.js";

type Body = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

function value(type: TensorType, seed: number, scale = 3): Tensor {
  const size = t.sizeOf(type.shape);
  const raw = numbers(size, seed, scale);
  if (type.dtype === "f32") return new Tensor(type, raw);
  const data = t.allocate(type.dtype, size);
  for (let i = 0; i < size; i++)
    data[i] =
      type.dtype === "bool"
        ? (raw[i] as number) > 0
          ? 1
          : 0
        : type.dtype === "u8"
          ? Math.floor(((raw[i] as number) + scale) * 40)
          : Math.round((raw[i] as number) * 10);
  return new Tensor(type, data);
}

/** Plans `body` and compares with the portable executor; the tolerance is relative to each number, or absolute near 0. */
function compare(body: Body, inputs: readonly Tensor[], relative = 0, absolute = 0): void {
  const graph = t.trace(body, inputs);
  const planned = executor().prepare(graph);
  const actual = planned.run(inputs);
  const expected = t.portableExecutor.prepare(graph).run(inputs);
  for (const [index, output] of expected.entries()) {
    const ours = actual[index] as Tensor;
    expect(ours.dtype).toBe(output.dtype);
    for (let i = 0; i < output.size; i++) {
      const [a, b] = [ours.data[i] as number, output.data[i] as number];
      if (Object.is(a, b) || a === b) continue;
      const allowed = Math.max(absolute, relative * Math.abs(b));
      expect(Math.abs(a - b), `output ${index}, number ${i}: ${a} instead of ${b}`).toBeLessThanOrEqual(allowed);
      if (Number.isNaN(a) !== Number.isNaN(b)) throw new Error(`output ${index}, number ${i}: ${a} instead of ${b}`);
    }
  }
  planned.dispose();
}

const f32 = (...shape: number[]): TensorType => ({ shape, dtype: "f32" });
const of = (dtype: DType, ...shape: number[]): TensorType => ({ shape, dtype });

/** 2^-23, the distance from 1 to the next f32. */
const ulp = 2 ** -23;

describe("every unary operation on f32", () => {
  // Exact where a single IEEE operation does it; else the error of its polynomial in f32, a few units in the last place.
  const cases: [string, (x: Tensor) => Tensor, number, number][] = [
    ["neg", t.neg, 0, 0], ["abs", t.abs, 0, 0], ["sign", t.sign, 0, 0], ["square", t.square, 0, 0], ["reciprocal", t.reciprocal, 0, 0],
    ["floor", t.floor, 0, 0], ["ceil", t.ceil, 0, 0], ["round", t.round, 0, 0], ["sqrt", (x) => t.sqrt(t.abs(x)), 0, 0],
    ["rsqrt", (x) => t.rsqrt(t.abs(x)), 2 * ulp, 0], ["exp", t.exp, 2 * ulp, 0], ["log", (x) => t.log(t.abs(x)), 2 * ulp, ulp],
    ["sin", t.sin, 2 * ulp, ulp], ["cos", t.cos, 2 * ulp, ulp], ["tanh", t.tanh, 6 * ulp, 0], ["erf", t.erf, 8 * ulp, 0],
    ["step", t.step, 0, 0], ["relu", t.relu, 0, 0], ["sigmoid", t.sigmoid, 4 * ulp, 0], ["softplus", t.softplus, 4 * ulp, 0],
    ["silu", t.silu, 4 * ulp, 0], ["leakyRelu", (x) => t.leakyRelu(x, 0.2), ulp, 0], ["elu", (x) => t.elu(x, 1.3), 4 * ulp, 0],
    ["gelu exact", (x) => t.gelu(x), 8 * ulp, 4 * ulp], ["gelu tanh", (x) => t.gelu(x, "tanh"), 8 * ulp, 4 * ulp],
    ["isFinite", t.isFinite, 0, 0], ["logicalNot", (x) => t.logicalNot(t.greater(x, 0)), 0, 0],
  ]; // prettier-ignore
  test.each(cases)("%s", (_, operation, relative, absolute) => {
    compare(operation, [value(f32(1003), 1)], relative, absolute);
    compare(operation, [value(f32(7, 9), 2, 40)], relative, absolute);
    const special = Float32Array.of(0, -0, 1, -1, 0.5, -0.5, 2.5, 1e-30, -1e-30, 30, -30, Infinity, -Infinity, NaN);
    if (!["sin", "cos", "gelu exact", "gelu tanh"].includes(_)) compare(operation, [new Tensor(f32(14), special)], relative, absolute);
  });
});

test("exp from the smallest to the largest result", () => {
  const x = Float32Array.from({ length: 1801 }, (_, i) => -87.3 + i * 0.09777);
  compare(t.exp, [new Tensor(f32(1801), x)], 3 * ulp);
});

test("powers", () => {
  const base = value(f32(64), 3);
  for (const exponent of [0.5, -1, 3, 2.5, 0, 1]) compare((x) => t.pow(t.abs(x), exponent), [base], 2e-6);
  compare((x) => t.pow(x, 3), [base], 2e-6);
  compare((x) => t.pow(x, -2), [base], 2e-6);
  compare((x) => t.pow(x, 0.5), [base], 2e-6); // NaN below 0
  compare(
    (x, y) => t.pow(x, y),
    [new Tensor(f32(5), Float32Array.of(0, 0, 0.9, 0.999, 2)), new Tensor(f32(5), Float32Array.of(2, 0, 1000, 5000, 100))],
    1e-4,
  );
});

const pairs: [string, (a: Tensor, b: Tensor) => Tensor][] = [
  ["add", t.add], ["sub", t.sub], ["mul", t.mul], ["maximum", t.maximum], ["minimum", t.minimum], ["equal", t.equal], ["notEqual", t.notEqual],
  ["less", t.less], ["lessEqual", t.lessEqual], ["greater", t.greater], ["greaterEqual", t.greaterEqual],
]; // prettier-ignore

describe("pairs", () => {
  test.each(pairs)("%s on f32 and i32, broadcast every way", (_, operation) => {
    for (const dtype of ["f32", "i32"] as const) {
      for (const [a, b] of [
        [[37], [37]],
        [[5, 7], [7]],
        [
          [5, 7],
          [5, 1],
        ],
        [[5, 7], []],
        [
          [4, 1, 6],
          [3, 1],
        ],
        [
          [2, 3, 4, 5],
          [3, 1, 5],
        ],
        [[130, 6], [6]],
        [
          [3, 300],
          [3, 1],
        ],
        [[1], [1]],
      ] as const) {
        compare(operation, [value(of(dtype, ...a), 5), value(of(dtype, ...b), 6)]);
        compare(operation, [value(of(dtype, ...b), 5), value(of(dtype, ...a), 6)]);
      }
    }
  });

  test("div", () => compare(t.div, [value(f32(5, 7), 1), value(f32(7), 2)]));
});

test("conditions stay bytes in memory and masks in registers", () => {
  compare(
    (x, y) => [
      t.greater(x, y),
      t.where(t.greater(x, y), x, y),
      t.logicalAnd(t.greater(x, 0), t.less(y, 0)),
      t.logicalOr(t.greater(x, 0), t.less(y, 0)),
    ],
    [value(f32(13, 5), 1), value(f32(5), 2)],
  );
  compare((c, x) => t.where(c, x, 0), [value(of("bool", 9, 1), 4), value(f32(9, 11), 5)]);
  compare((c, d) => [t.equal(c, d), t.notEqual(c, d)], [value(of("bool", 33), 4), value(of("bool", 33), 5)]);
});

test("casts", () => {
  const inputs = {
    f32: value(f32(7, 5), 1),
    i32: value(of("i32", 7, 5), 2),
    u8: value(of("u8", 7, 5), 3),
    bool: value(of("bool", 7, 5), 4),
  };
  for (const input of Object.values(inputs)) for (const to of ["f32", "i32", "bool"] as const) compare((x) => t.cast(x, to), [input]);
  compare((x) => t.cast(x, "u8"), [inputs.bool]);
  compare((x) => t.mul(t.cast(x, "f32"), 1 / 255), [inputs.u8]);
});

test("chains with several results, scalars from outside, rows and columns", () => {
  compare(
    (x, row, column, rate) => {
      const a = t.add(x, row);
      const b = t.mul(a, column);
      const c = t.sub(t.mul(b, rate), t.tanh(a));
      return [a, c, t.relu(c), t.sum(b)];
    },
    [value(f32(19, 21), 1), value(f32(21), 2), value(f32(19, 1), 3), value(f32(), 4)],
    8 * ulp, 2e-4, // the sum of 399 numbers
  ); // prettier-ignore
});

test("long chains are cut, not dropped", () => {
  compare(
    (x) => {
      let y = x;
      for (let i = 0; i < 150; i++) y = t.sub(t.mul(y, 0.5), x);
      return y;
    },
    [value(f32(77), 1)],
  );
});

test("a value needed before and after something that is not element-wise", () => {
  compare(
    (x) => {
      const a = t.relu(x);
      const total = t.sum(a);
      return t.add(t.mul(a, total), t.div(a, total));
    },
    [value(f32(40), 1, 1)],
    4 * ulp,
    1e-5,
  );
});

test("results that are views, inputs and constants", () => {
  compare((x) => [x, t.reshape(x, [6]), t.reshape(t.add(x, 1), [3, 2]), t.tensor([1, 2, 3])], [value(f32(2, 3), 1)]);
  compare((x) => t.broadcastTo(x, [4, 3]), [value(f32(3), 1)]);
  compare((x) => t.transpose(t.add(t.broadcastTo(x, [4, 3]), 1)), [value(f32(3), 1)]);
});

test("double precision goes through the portable operations inside a plan", () => {
  compare((x) => t.add(t.cast(t.mul(t.cast(x, "f64"), 0.1), "f32"), 1), [value(f32(5), 1)]);
});

test("two threads cut every pattern of memory into the same parts", () => {
  const big = value(f32(300, 257), 1);
  compare((x, row, column) => [t.add(x, row), t.mul(x, column), t.relu(x)], [big, value(f32(257), 2), value(f32(300, 1), 3)]);
  compare((x, row) => t.mul(x, row), [value(f32(3, 60_001), 1), value(f32(3, 1), 2)]);
  compare((x, y) => t.add(x, y), [value(f32(2, 40_003), 1), value(f32(40_003), 2)]);
});

test("the table names only operations that exist", () => {
  const known = new Set(Object.values(t.operations).map(({ name }) => name));
  expect(Object.keys(elementWise).filter((name) => !known.has(name))).toEqual([]);
});
