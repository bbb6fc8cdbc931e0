import { inspect } from "node:util";
import { expect, test } from "vitest";
import { arange, randomNormal, reshape, tensor, trace, zeros } from "../../std/tensor/index.js";

test.each([
  ["a scalar", tensor(3), "tensor scalar f32 3"],
  ["a vector", tensor([1, 2.5, -3]), "tensor 3 f32 [ 1.0,  2.5, -3.0]"],
  ["whole numbers", arange(3), "tensor 3 i32 [0, 1, 2]"],
  ["bools", tensor([true, false]), "tensor 2 bool [ true, false]"],
  ["a matrix", tensor([[1, 2], [10, 4]]), "tensor 2x2 f32\n[[ 1,  2],\n [10,  4]]"], // prettier-ignore
  ["matrices", reshape(arange(8), [2, 2, 2]), "tensor 2x2x2 i32\n[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]"],
  ["rounded to four decimals", tensor([1 / 3, 2 / 3]), "tensor 2 f32 [0.3333, 0.6667]"],
  ["a wide range", tensor([1e-9, 1]), "tensor 2 f32 [1.0000e-9, 1.0000e+0]"],
  ["what is not finite", tensor([NaN, Infinity, -1]), "tensor 3 f32 [nan, inf,  -1]"],
  ["a long vector", arange(2000), "tensor 2000 i32 [   0,    1,    2, ..., 1997, 1998, 1999]"],
  ["nothing", zeros([0]), "tensor 0 f32 []"],
])("%s", (_, x, text) => {
  expect(x.toString()).toBe(text);
  expect(String(x)).toBe(text);
  expect(inspect(x)).toBe(text);
});

test("a large matrix keeps its corners", () => {
  const text = randomNormal([100, 50], { seed: 3 }).toString();
  expect(text.split("\n").length).toBe(1 + 3 + 1 + 3);
  expect(text.split("\n")[1]).toMatch(/^\[\[( *-?\d\.\d{4},){3} \.\.\.,( *-?\d\.\d{4},?){3}\],$/);
});

test("a tensor without a value says so", () => {
  let text = "";
  trace((x) => ((text = x.toString()), x), [{ shape: [2], dtype: "f32" }]);
  expect(text).toBe("tensor 2 f32 (no value yet)");
});
