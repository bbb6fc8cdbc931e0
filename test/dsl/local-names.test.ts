import { describe, expect, test } from "vitest";
import { checkSource } from "../../dsl/index.js";
import type { BuiltNetwork } from "../../std/index.js";
import { registry, runtime } from "./library.js";

const check = (source: string): ReturnType<typeof checkSource> => checkSource(source, { registry, runtime });
const rowsOf = (source: string): string[] => {
  const { values, diagnostics } = check(source);
  expect(diagnostics).toEqual([]);
  return (values["N"] as BuiltNetwork).rows.map(({ text }) => text);
};

describe("tensors and numbers that are called like layers", () => {
  test("let: the tensor as a value, the layer where something is applied", () => {
    const source = "net N(x: 2) {\n  let mean = x | dense 3 | mean\n  dense 3 | mul mean | mean\n  mean | dense 2\n}";
    expect(rowsOf(source)).toEqual(["dense 3 | mean", "x | dense 3 | mul mean | mean", "mean | dense 2"]);
    expect(check(source).typescript).toContain('const mean_ = x.row("mean", dense(3), mean());');
  });

  test("a label: at the start of a row the layer comes first", () => {
    expect(rowsOf("net N(x: 2) {\n  relu: dense 3 | relu\n  dense 3\n  relu\n  add relu\n}")).toEqual([
      "dense 3 | relu",
      "dense 3",
      "relu",
      "add relu",
    ]);
  });

  test("an input, a dimension, a number", () => {
    const source = "net N(crop: sort x 4, pad=2) {\n  let log = 3\n  crop | dense log | dense log * pad | log -> sort x 6\n}";
    expect(rowsOf(source)).toEqual(["dense 3 | dense 6 | log"]);
  });

  test("a number of the cell", () => {
    const source = "let mean = 3\nnet N(x: 2) {\n  dense mean | mean\n}";
    expect(rowsOf(source)).toEqual(["dense 3 | mean"]);
  });

  test("a layer value of that name would hide the layer: refused", () => {
    const { diagnostics } = check("net N(x: 2) {\n  let mean = dense 3 | relu\n  mean\n}");
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual(["E015 `mean` is the name of a layer; choose another"]);
  });
});
