import { describe, expect, test } from "vitest";
import * as t from "../../std/tensor/index.js";
import { gradients, operations, tensor, trace, type Tensor } from "../../std/tensor/index.js";
import { cases, fromEntry, references, type Case, type Reference } from "./cases.js";

test("an operation stands in the table under its own name", () => {
  for (const [name, operation] of Object.entries(operations)) expect(operation.name).toBe(name);
});

test("every operation of the table comes up in the cases that are held to PyTorch, or in a test of its own", () => {
  const seen = new Set<string>();
  for (const name of Object.keys(references)) {
    const inputs = (references[name] as Reference).inputs.map((entry) => fromEntry(entry, "f64"));
    const graph = trace((...symbolic) => {
      const result = (cases[name] as Case)(...symbolic);
      const first = Array.isArray(result) ? (result[0] as Tensor) : (result as Tensor);
      return first.dtype === "f64" ? gradients(t.sum(t.square(first)), symbolic.filter(({ dtype }) => dtype === "f64")) : first; // prettier-ignore
    }, inputs);
    for (const node of graph.nodes) if (node.operation !== null) seen.add(node.operation.name);
  }
  // random.test.ts, and below
  const elsewhere = ["randomUniform", "isFinite", "logicalAnd", "logicalOr", "logicalNot"];
  expect(Object.keys(operations).filter((name) => !seen.has(name) && !elsewhere.includes(name))).toEqual([]);
});

describe("logic", () => {
  const a = tensor([true, true, false, false]);
  const b = tensor([true, false, true, false]);
  test.each([
    ["and", t.logicalAnd(a, b), [true, false, false, false]],
    ["or", t.logicalOr(a, b), [true, true, true, false]],
    ["not", t.logicalNot(a), [false, false, true, true]],
    ["isFinite", t.isFinite(tensor([1, NaN, Infinity, -Infinity])), [true, false, false, false]],
  ])("%s", (_, result, expected) => expect(result.toArray()).toEqual(expected));
});

describe("dtypes", () => {
  const whole = tensor([1, 2], { dtype: "i32" });
  test.each([
    ["a whole number keeps whole numbers whole", () => t.add(whole, 1), "i32", [2, 3]],
    ["a fraction makes them f32", () => t.add(whole, 0.5), "f32", [1.5, 2.5]],
    ["the wider dtype wins", () => t.mul(whole, tensor([0.5, 0.25])), "f32", [0.5, 0.5]],
    ["f64 stays f64", () => t.mul(tensor([1], { dtype: "f64" }), 0.1), "f64", [0.1]],
    ["true and true make 2", () => t.add(tensor([true]), tensor([true])), "i32", [2]],
    ["bools count", () => t.sum(tensor([true, true, false])), "i32", 2],
    ["a mask multiplies", () => t.mul(tensor([true, false]), tensor([3, 4])), "f32", [3, 0]],
    ["whole numbers divide as f32", () => t.div(whole, 2), "f32", [0.5, 1]],
    ["a cast to whole numbers goes toward zero", () => t.cast(tensor([1.7, -1.7]), "i32"), "i32", [1, -1]],
    ["comparisons give bool", () => t.greater(whole, 1), "bool", [false, true]],
    ["the mean of whole numbers is f32", () => t.mean(whole), "f32", 1.5],
    ["halves go to the even neighbour", () => t.round(tensor([0.5, 1.5, 2.5, -0.5])), "f32", [0, 2, 2, -0]],
  ] as const)("%s", (_, f, dtype, expected) => {
    const result = f();
    expect(result.dtype).toBe(dtype);
    expect(result.toArray()).toEqual(expected);
  });
});

describe("corner cases", () => {
  test("an axis of extent 0 sums to 0 and multiplies to 1", () => {
    expect(t.sum(t.zeros([2, 0]), { axes: 1 }).toArray()).toEqual([0, 0]);
    expect(t.prod(t.zeros([2, 0]), { axes: 1 }).toArray()).toEqual([1, 1]);
    expect(t.matmul(t.zeros([2, 0]), t.zeros([0, 3])).toArray()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
  });

  test("softmax does not overflow", () => {
    expect(t.softmax(tensor([1000, 1000])).toArray()).toEqual([0.5, 0.5]);
    expect(t.logSoftmax(tensor([-1000, 0])).toArray()).toEqual([-1000, 0]);
    expect(t.softmaxCrossEntropy(tensor([[1e4, 0]]), tensor([1], { dtype: "i32" })).toArray()).toEqual([1e4]);
  });

  test("NaN is passed on, by relu, maximum and maxPool too", () => {
    expect(t.relu(tensor([NaN])).item()).toBeNaN();
    expect(t.maximum(tensor([NaN]), 1).item()).toBeNaN();
    expect(t.maxPool(tensor([[[0], [NaN], [1], [2]]]), { size: 2 }).toArray()).toEqual([[[NaN], [2]]]);
  });

  test("a row of attention that may look at nothing is no NaN", () => {
    const mask = tensor([[false, false]]);
    const { weights } = t.attention(t.ones([1, 1, 2]), t.ones([1, 2, 2]), t.ones([1, 2, 2]), { mask });
    expect(weights.toArray()).toEqual([[[0.5, 0.5]]]);
  });

  test("a recurrent net read backwards gives the reverse of one that reads the reverse", () => {
    const x = t.randomNormal([2, 5, 3], { seed: 1 });
    const [w, u] = [t.randomNormal([3, 8], { seed: 2 }), t.randomNormal([2, 8], { seed: 3 })];
    const backward = t.lstm(x, w, u, null, { reverse: true });
    const forward = t.lstm(t.flip(x, 1), w, u, null);
    expect(backward.y.toArray()).toEqual(t.flip(forward.y, 1).toArray());
    expect(backward.h.toArray()).toEqual(forward.h.toArray());
  });
});

test("operations are methods too", () => {
  const x = tensor([[1, -2], [3, 4]]); // prettier-ignore
  // x x = [[-5, -10], [15, 10]]
  expect(x.matmul(x).add(1).relu().sum({ axes: 0 }).toArray()).toEqual([16, 11]);
  expect(x.argMax().toArray()).toEqual([0, 1]);
  expect(x.reshape([4]).topK(2).indices.toArray()).toEqual([3, 2]);
});
