import { describe, expect, test } from "vitest";
import { checkSource, compileCell, locate, renderDiagnostics } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

function messages(source: string): string {
  return renderDiagnostics(source, checkSource(source, { registry, runtime, closed: true }).diagnostics);
}

/** A template of rows: the first line break and the common indentation are left out. */
function rows(text: string): string {
  return text.replace(/^\n/, "").replace(/\n\s*$/, "");
}

describe("the messages of the language's description, in full", () => {
  test.each<[name: string, source: string, message: string]>([
    [
      "a claim that does not hold",
      `
net AlexNet(image: 224x224x3) {
  default init=normal(0, 0.01)

  conv1: conv 96, 11x11, stride=4, pad=0              | relu | lrn   -> 55x55x96, 34944 params
}`,
      `
line 4, column 73: this row gives 54x54x96, not 55x55x96
    conv1: conv 96, 11x11, stride=4, pad=0              | relu | lrn   -> 55x55x96, 34944 params
                                                                          ^^^^^^^^
  (224 + 2*0 - 11)/4 + 1 = 54.25, rounded down; pad=2 gives 55`,
    ],
    [
      "a layer that is not there",
      "net A(image: 8x8x1) {\n  cov 6, 5x5\n}",
      "line 2, column 3: there is no layer `cov`; did you mean `conv`?\n    cov 6, 5x5\n    ^^^",
    ],
    [
      "an option that is not there",
      "net A(image: 8x8x1) {\n  maxpool 3x3, strid=2\n}",
      "line 2, column 16: `maxpool` has no option `strid`; did you mean `stride`? (it has size, stride, pad)\n    maxpool 3x3, strid=2\n                 ^^^^^",
    ],
    [
      "tensors that do not fit, in a block, in a repetition",
      `
block shortcut(c, stride) {
  if x.c != c { conv c, 1x1, stride=stride, bias=false | bn }
}
block Bottleneck(c, stride=1) {
  let skip = x
  conv c, 1x1, bias=false | bn | relu
  conv 4*c, 1x1, bias=false | bn
  add skip | relu
}
net R(image: 56x56x64) {
  stage: repeat [n, c] in [[3, 64], [4, 128]] {
    Bottleneck c
  }
}`,
      `
line 8, column 3: cannot add: the flow is 56x56x256, \`skip\` is 56x56x64
    add skip | relu
    ^^^^^^^^
  in Bottleneck, called at line 12, repetition 1 of \`stage\`
  line 7: here the flow became 56x56x256
  line 5: here \`skip\` was made: 56x56x64`,
    ],
    [
      "a layer that needs a flat flow",
      "net A(image: 7x7x512) {\n  conv 512, 1x1\n  dense 10\n}",
      "line 3, column 3: `dense` works on the last dimension, but the flow is 7x7x512: flatten or gap first?\n    dense 10\n    ^^^^^\n  line 2: here the flow became 7x7x512",
    ],
    [
      "an option that does not fit the flow, with the chain of calls",
      `
block residual(f) { f | add x }
block EncoderLayer(heads) {
  residual (attention heads=heads | dropout 0.1) | layernorm
}
net Transformer(src: S int, d=500) {
  src | embedding 100, d
  EncoderLayer 8
}`,
      `
line 3, column 23: heads=8 does not divide 500
    residual (attention heads=heads | dropout 0.1) | layernorm
                        ^^^^^^^^^^^
  in residual, called at line 3, in EncoderLayer, called at line 7, in Transformer (d=500)
  line 6: here the flow became Sx500`,
    ],
    [
      "a claim of parameters",
      "net A(image: 27x27x96, g=2) {\n  conv 256, 5x5, pad=2, groups=g -> 27x27x256, 614656 params\n}",
      "line 2, column 48: this row has 307456 parameters, not 614656\n    conv 256, 5x5, pad=2, groups=g -> 27x27x256, 614656 params\n                                                 ^^^^^^^^^^^^^\n  weight 5x5x48x256, bias 256; with g=2",
    ],
    [
      "recursion without an end",
      "block B(n) { dense n | B n }\nnet A(x: 3) { B 2 }",
      "line 1, column 24: B calls itself without end: 64 calls deep\n  block B(n) { dense n | B n }\n                         ^\n  an `if` must end the recursion",
    ],
    [
      "weights that cannot be shared",
      "net A(x: 3) {\n  let f = dense 4\n  f | f\n}",
      "line 2, column 11: these weights are shared, but weight is 3x4 where it was first used and would be 4x4 here\n    let f = dense 4\n            ^^^^^\n  write the layer out where it is used to get weights of its own",
    ],
    [
      "a missing value",
      "net A(x: 3) { dense }",
      "line 1, column 15: `dense` needs units: how many numbers come out.\n  net A(x: 3) { dense }\n                ^^^^^",
    ],
    [
      "a statement that is none",
      "nett A(x: 3) { dense 3 }",
      "line 1, column 1: a statement starts with net, block, let, train, show, load or save, not `nett`; did you mean `net`?\n  nett A(x: 3) { dense 3 }\n  ^^^^",
    ],
    [
      "a brace left open",
      "net A(x: 3) {\n  dense 3\n",
      "line 1, column 13: `{` is never closed\n  net A(x: 3) {\n              ^\n  a `}` is missing",
    ],
    [
      "something missing",
      "net A(x: 3) {\n  dense 3 |\n  dense 4\n}",
      "line 2, column 11: something is missing after `|`\n    dense 3 |\n            ^\n  a layer follows a |",
    ],
    [
      "a missing comma",
      "net A(x: 8x8x3) {\n  conv 3 5x5\n}",
      "line 2, column 10: `5x5` cannot follow `3` here\n    conv 3 5x5\n           ^^^\n  values are separated by commas, layers by |",
    ],
    ["an unknown key of train", "net A(x: 3) { dense 3 }\ntrain A on mnist {\n  epoch 3\n}", ""],
  ])("%s", (name, source, message) => {
    const text = messages(rows(source));
    if (name === "an unknown key of train")
      expect(text).toMatch(/^line 3, column 3: `train` has no row `epoch`; did you mean `epochs`\?\n {4}epoch 3\n {4}\^\^\^\^\^\n/);
    else if (name === "recursion without an end") expect(text.startsWith(rows(message))).toBe(true);
    else expect(text).toBe(rows(message));
  });
});

describe("every mistake of a cell is reported at once", () => {
  test("syntax, names, options, shapes", () => {
    const source = `net A(image: 8x8x1) {
  cov 6, 3x3
  conv 6 3x3
  maxpool 2x2, strid=2
  flatten | dense 10 |
}
net B(image: 28x28x1) {
  conv 6, 5x5 -> 28x28x6
  flatten
  dense 10 -> 11
}
train B on mnist {
  los crossentropy
  optimizer adm
}`;
    const { diagnostics } = checkSource(source, { registry, runtime, closed: true });
    expect(diagnostics.map(({ code, span }) => `${code} ${source.slice(...span)}`)).toEqual([
      "E020 cov",
      "E003 3x3",
      "E026 strid",
      "E003 |",
      "E040 28x28x6",
      "E060 los",
      "E064 adm",
    ]);
  });

  test("the stub of an exercise is told from a row", () => {
    const stub = '// YOUR CODE HERE\nthrow new Error("not implemented");';
    const said = (source: string): string[] =>
      checkSource(source, { registry, runtime }).diagnostics.map(({ code, message }) => `${code} ${message}`);
    expect(said(`net A(image: 8x8x1) {\n  flatten\n  ${stub}\n}`)).toEqual([
      "E001 `throw` is TypeScript: rows of the layer language go in its place",
    ]);
    expect(said(`net A(image: 8x8x1) { flatten }\n${stub}`)).toEqual([
      "E001 `throw` is TypeScript: statements of the layer language go in its place",
    ]);
  });

  test("a mistake is reported once, not again for what comes of it", () => {
    const source = "net A(image: 8x8x1) {\n  repeat 3 { maxpool 9x9 }\n  conv 3, 3x3 -> 6x6x3\n  dense 4\n}";
    expect(checkSource(source, { registry, runtime }).diagnostics).toHaveLength(1);
  });

  test("fixes put it right", () => {
    const source = "net A(image: 8x8x1) {\n  cnv 6, 3x3, strde=2 -> 2x2x6\n}";
    let text = source;
    for (let round = 0; round < 4; round++) {
      const { diagnostics } = checkSource(text, { registry, runtime });
      const fix = diagnostics.find((one) => one.fix !== null)?.fix;
      if (fix === null || fix === undefined) break;
      text = text.slice(0, fix.span[0]) + fix.text + text.slice(fix.span[1]);
    }
    expect(checkSource(text, { registry, runtime }).diagnostics).toEqual([]);
    expect(text).toBe("net A(image: 8x8x1) {\n  conv 6, 3x3, stride=2 -> 3x3x6\n}");
  });
});

describe("names and values that are not there", () => {
  const codes = (source: string, closed = true): string[] =>
    checkSource(source, { registry, runtime, closed }).diagnostics.map(
      ({ code, message, span }) => `${code} ${source.slice(...span)}: ${message}`,
    );

  test("a default may use the hyperparameters before it, not those behind it", () => {
    expect(codes("net N(x: 8, d=4, h=2*d) { dense h -> 8 }")).toEqual([]);
    expect(codes("net N(x: 8, d=4, h=2*d) { dense h }\nnet M(x: 8) { N(d=8) | dense 1 }\nlet V = N(d=3)")).toEqual([]);
    expect(codes("block B(c, twice=2*c) { dense twice }\nnet N(x: 8) { B 4 -> 8 }")).toEqual([]);
    expect(codes("net N(x: 8, h=2*d, d=4) { dense h }")).toEqual(["E011 d: a default cannot use `d`, which stands in the same header"]);
  });

  test("a name that only fails when the cell runs is said at its place", () => {
    const source = "net N(x: 8) {\n  dense 4\n  quux 3 | relu\n}";
    const { map } = compileCell(source, { registry });
    const at = Object.entries(map.sites).find(([, { call }]) => source.slice(...call).startsWith("quux"))?.[0] ?? "";
    const error = { name: "ReferenceError", message: "quux is not defined", stack: `x\n    at cell.js:${at}` };
    expect(locate(error, map).map(({ code, message, span }) => `${code} ${source.slice(...span)} ${message}`)).toEqual([
      "E011 quux `quux` is not defined",
    ]);
  });

  test("a number has no members, and a place that is missing in a list is said so", () => {
    expect(codes("net N(x: 8) { dropout 0.p1 }")).toEqual(["E042 p1: a number has no `p1`"]);
    expect(codes("net N(x: 8) {\n  repeat [n, p] in [[1, 0.5], [2]] { dropout p }\n}")).toEqual([
      "E021 p: `dropout`: what is given as rate has no value",
    ]);
  });

  test("`default init=` is no state of an lstm", () => {
    expect(codes("net N(x: 5x8) {\n  default init=he\n  lstm 4 | dense 2\n}")).toEqual([]);
  });
});

describe("rows beside a mistake are checked on shapes all the same", () => {
  const places = (source: string): string[] =>
    checkSource(source, { registry, runtime, closed: true }).diagnostics.map(({ code, span }) => `${code} ${source.slice(...span)}`);

  test.each<[name: string, source: string, found: string[]]>([
    [
      "a wrong name and a wrong claim before it",
      "net A(image: 8x8x1) {\n  conv 6, 3x3 -> 8x8x6\n  cov 3\n  dense 10 -> 11\n}",
      ["E040 8x8x6", "E020 cov"],
    ],
    [
      "behind a restart of the flow",
      "net A(image: 8x8x1) {\n  c: conv 6, 3x3, strid=2\n  image | flatten -> 65\n  add c\n}",
      ["E026 strid", "E040 65"],
    ],
    [
      "a row that cannot be read",
      "net A(image: 8x8x1) {\n  image | flatten -> 65\n  c: conv 6 3x3\n  dense 10\n  add c\n}",
      ["E040 65", "E003 3x3"],
    ],
    [
      "a wrong layer value",
      "net A(image: 8x8x1) {\n  let t = cov 3 | relu\n  let u = image | t\n  concat u | relu\n  image | flatten -> 65\n}",
      ["E020 cov", "E040 65"],
    ],
    [
      "inside a repetition and a block",
      "block B(c) {\n  conv c, 3x3, paad=1\n  relu\n}\nnet A(image: 8x8x1) {\n  repeat 2 {\n    B 4\n    dens 3\n  }\n  image | flatten -> 65\n}",
      ["E026 paad", "E020 dens", "E040 65"],
    ],
    [
      "a header, and what uses the net",
      "net A(image: 8x0x1, k=2) { flatten }\nlet V = A(k=1)\nnet B(image: 8x8x1) {\n  flatten -> 65\n  V | dense 3\n  image | A | dense 3\n}",
      ["E010 0", "E040 65"],
    ],
    ["a claim with a wrong name", "net A(x: 8) {\n  dense 4 -> fuor\n  dense 3 -> 4\n}", ["E011 fuor", "E040 4"]],
    ["a name twice", "net A(x: 8) {\n  let a = dense 4\n  let a = dense 3\n  a -> 5\n}", ["E012 a", "E040 5"]],
    ["a condition", "net A(x: 8) {\n  if y > 2 { dense 4 } else { dense 3 }\n  x | dense 3 -> 4\n}", ["E011 y", "E040 4"]],
  ])("%s", (_name, source, found) => expect(places(source)).toEqual(found));
});
