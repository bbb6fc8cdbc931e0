import { describe, expect, test } from "vitest";
import { builtCell, completeAt, hoverAt, rowShapes } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

/** The cursor is where the bar `‸` stands. */
function complete(marked: string, names = {}): { texts: string[]; replaced: string } {
  const offset = marked.indexOf("‸");
  const source = marked.replace("‸", "");
  const { start, end, items } = completeAt(source, offset, { registry, names });
  return { texts: items.map(({ text }) => text), replaced: source.slice(start, end) };
}

const head = "net A(image: 28x28x1, classes=10) {\n  c1: conv 6, 5x5 | tanh -> 24x24x6\n";

describe("completion", () => {
  test.each<[name: string, cell: string, has: string[], hasNot: string[]]>([
    ["statements", "‸", ["net", "block", "train", "show", "load", "save", "let"], ["conv"]],
    ["statements by prefix", "sh‸", ["show"], ["net"]],
    ["layers at the start of a row", `${head}  co‸\n}`, ["conv", "concat"], ["dense", "stride="]],
    ["layers without a closing brace", `${head}  ma‸`, ["maxpool", "max"], []],
    ["layers behind a bar", `${head}  flatten | de‸\n}`, ["dense"], ["c1"]],
    ["tensors at the start of a row", `${head}  ‸\n}`, ["c1", "image", "conv", "repeat", "let", "if"], ["net"]],
    ["options of a layer", `${head}  conv 6, 5x5, ‸\n}`, ["stride=", "pad=", "groups="], ["rate=", "conv"]],
    ["options not given yet", `${head}  conv 6, 5x5, stride=2, ‸\n}`, ["pad="], ["stride="]],
    ["options by prefix", `${head}  maxpool 3x3, str‸\n}`, ["stride="], ["pad="]],
    ["options in parentheses", `${head}  conv(6, 5x5, ‸)\n}`, ["stride=", "pad="], []],
    ["values of an option", `${head}  conv 6, 5x5, pad=‸\n}`, ["same"], ["valid"]],
    ["initialisers", `${head}  dense 10, init=‸\n}`, ["he", "xavier", "normal", "zeros"], ["relu"]],
    ["booleans", `${head}  conv 6, 5x5, bias=‸\n}`, ["true", "false"], []],
    ["hyperparameters as values", `${head}  dense ‸\n}`, ["classes", "bias="], ["c1"]],
    ["tensors as values", `${head}  concat ‸\n}`, ["c1", "image"], ["classes"]],
    ["dimensions in a claim", "net T(ids: S int, d=3) {\n  embedding 10, d -> ‸\n}", ["S", "d", "?"], ["conv"]],
    ["dimensions of a tensor", `${head}  dense c1.‸\n}`, ["c"], ["conv"]],
    ["what a recurrent layer gives", "net A(x: 5x8) {\n  enc: lstm 4\n  dense enc.‸\n}", ["c", "state"], ["attention"]],
    ["what an attention gives", "net A(x: 5x8) {\n  let a = x | attention heads=2\n  dense a.‸\n}", ["c", "attention"], ["state"]],
    ["what other tensors have", `${head}  dense image.‸\n}`, ["c"], ["state", "attention"]],
    ["taps in a slice", `${head}}\nshow A[..‸]`, ["c1"], ["image"]],
    ["taps of a net", `${head}}\nshow A.‸`, ["c1"], []],
    ["keys of train", `${head}}\ntrain A on mnist {\n  ‸\n}`, ["loss", "optimizer", "epochs", "batch", "seed"], ["conv"]],
    ["keys of train by prefix", `${head}}\ntrain A on mnist {\n  op‸`, ["optimizer"], ["loss"]],
    ["losses", `${head}}\ntrain A on mnist {\n  loss ‸\n}`, ["crossentropy", "mse"], ["adam"]],
    ["optimisers", `${head}}\ntrain A on mnist {\n  optimizer ad‸\n}`, ["adam", "adamw", "adagrad"], ["sgd"]],
    ["options of an optimiser", `${head}}\ntrain A on mnist {\n  optimizer adam(‸)\n}`, ["lr="], ["momentum="]],
    ["metrics", `${head}}\ntrain A on mnist {\n  metrics accuracy, ‸\n}`, ["f1", "top"], ["adam"]],
    ["nets to train", `${head}}\ntrain ‸`, ["A"], ["mnist"]],
    ["data", `${head}}\ntrain A on ‸`, ["mnist", "digits"], []],
    ["blocks of the cell", "block B(c, stride=1) { relu }\nnet A(image: 8x8x3) {\n  ‸\n}", ["B", "conv"], []],
    ["parameters of a block", "block B(c, stride=1) { relu }\nnet A(image: 8x8x3) {\n  B 3, ‸\n}", ["stride=", "c="], ["filters="]],
    ["the flow of a block", "block B(c) {\n  ‸\n}", ["x", "c"], []],
    ["names of repeat", `${head}  repeat [n, w] in [[1, 2]] { dense ‸ }\n}`, ["n", "w", "classes"], []],
    [
      "inside a layer in parentheses",
      "block residual(f) { f | add x }\nnet A(image: 8x8x3) {\n  residual (conv 3, 3x3, ‸\n}",
      ["pad=", "stride="],
      [],
    ],
    ["a broken cell", "net A(image: 8x8x3 {\n  cov 3\n  conv 6 5x5 |\n  dense 10, in‸", ["init="], []],
  ])("%s", (_name, cell, has, hasNot) => {
    const { texts } = complete(cell);
    for (const text of has) expect(texts).toContain(text);
    for (const text of hasNot) expect(texts).not.toContain(text);
  });

  test("nothing in comments and texts", () => {
    expect(complete("net A(x: 2) { // co‸\n}").texts).toEqual([]);
    expect(complete('load A from "mo‸"').texts).toEqual([]);
  });

  test("replaces the name the cursor is in", () => {
    expect(complete(`${head}  con‸v 6\n}`).replaced).toBe("conv");
    expect(complete(`${head}  ‸\n}`).replaced).toBe("");
  });

  test("offers the names of other cells", () => {
    expect(complete("train ‸", { LeNet: "network", lr: "value" }).texts).toEqual(expect.arrayContaining(["LeNet"]));
    expect(complete(`${head}  dense ‸\n}`, { width: "value" }).texts).toContain("width");
  });
});

/** Hover on the first place where `word` stands. */
function hover(source: string, word: string, rows = false): string | null {
  const shapes = rows ? rowShapes(source, { registry, runtime }) : [];
  return hoverAt(source, source.indexOf(word), { registry, rows: shapes })?.text ?? null;
}

describe("hover", () => {
  const cell = `${head}  flatten | dense classes, init=he | softmax\n}\ntrain A on mnist {\n  optimizer adam(lr=0.1)\n  epochs 3\n}`;
  test.each<[word: string, part: string]>([
    ["conv 6", "**conv**: A convolution"],
    ["init=", "**init** of `dense`: initializer, default xavier"],
    ["he |", "**he** (initialiser)"],
    ["classes,", "a hyperparameter, classes=10"],
    ["image", "a tensor, 28x28x1"],
    ["adam(", "**adam** (optimizer)"],
    ["epochs", "**epochs**: How often the training data are gone through."],
    ["mnist", "a data set of the library"],
    ["A on", "net A(image: 28x28x1, classes=10)"],
  ])("on %s", (word, part) => expect(hover(cell, word)).toContain(part));

  test("a row shows the shape in and out and its parameters", () => {
    expect(hover(cell, "conv 6", true)).toContain("`28x28x1 -> 24x24x6`, 156 parameters");
    expect(hover(cell, "flatten", true)).toContain("`24x24x6 -> 10`, 34,570 parameters");
  });

  test("works on a broken cell", () => expect(hover("net A(x: 2 {\n dense 3 | rel |\n", "dense")).toContain("**dense**"));
  test("says nothing on a number", () => expect(hover(cell, "6, 5x5")).toBeNull());
});

describe("current values", () => {
  const cell = `block Part(x: T x D, c, stride=1) {
  dense c | dense D
}
net N(ids: S int, classes=10, k=3) {
  embedding 20, 8
  repeat c in widths { Part c, stride=k }
  dense classes
}`;
  const scope = { widths: [16, 32] };
  const show = (source: string, word: string): string | undefined => {
    const options = { registry, values: scope, names: { widths: "value" as const }, ...builtCell(source, { registry, runtime, scope }) };
    return hoverAt(source, source.indexOf(word), options)?.text;
  };

  test.each<[word: string, text: string]>([
    ["c, stride=1", "**c**: a hyperparameter without a default; now 16, 32"],
    ["stride=1", "**stride**: a hyperparameter, stride=1; now 3"],
    ["D, c", "**D**: a dimension of x; now 8"],
    ["classes=10", "**classes**: a hyperparameter, classes=10"],
    ["widths", "**widths**: a value; now [16,32]"],
    ["Part c, stride=k", "`Sx8 -> Sx8`, 280 parameters"],
    ["Part c, stride=k", "`Sx8 -> Sx8`, 552 parameters"],
  ])("hover on %s", (word, text) => expect(show(cell, word)).toContain(text));

  test("rows before a mistake have their shapes, and the mistake's row has what flows into it", () => {
    const broken = cell.replace("dense classes", "conv 3, 3x3 | dense");
    expect(show(broken, "embedding 20")).toContain("`S -> Sx8`, 160 parameters");
    expect(show(broken, "stride=1")).toContain("now 3");
  });

  test("completion", () => {
    const options = { registry, values: scope, names: { widths: "value" as const }, ...builtCell(cell, { registry, runtime, scope }) };
    const at = (place: string): Record<string, string> =>
      Object.fromEntries(completeAt(cell, cell.indexOf(place) + place.length, options).items.map(({ text, detail }) => [text, detail]));
    expect(at("dense c | dense ")).toMatchObject({ c: "now 16, 32", stride: "stride=1 (now 3)", D: "a dimension of x (now 8)" });
    expect(at("embedding 20, ")).toMatchObject({ widths: "now [16,32]", k: "k=3" });
  });

  test("under 10 ms a key on a cell of 60 rows", () => {
    const rows = Array.from({ length: 60 }, (_, row) => `  r${row}: conv 8, 3x3, pad=1 | relu`);
    const source = `net N(x: 32x32x3) {\n${rows.join("\n")}\n  conv 8, \n}`;
    const times = Array.from({ length: 30 }, () => {
      const start = performance.now();
      completeAt(source, source.length - 2, { registry });
      return performance.now() - start;
    });
    // The best of 30: the machine may be busy, and then times only the cell's share.
    expect(Math.min(...times)).toBeLessThan(10);
  });
});
