import { readFileSync } from "node:fs";
import { grammar as grammarFromText } from "ohm-js";
import { describe, expect, test } from "vitest";
import { isLayerCell, layerSource } from "../../dsl/index.js";
import bundle from "../../dsl/grammar.ohm-bundle.js";
import { programs } from "./mutants.js";

test("the bundle is that of the grammar (else: node node_modules/@ohm-js/cli/index.js generateBundles --withTypes --esm dsl/grammar.ohm)", () => {
  const fresh = grammarFromText(readFileSync(new URL("../../dsl/grammar.ohm", import.meta.url), "utf8"));
  const shape = (grammar: typeof fresh): string[] =>
    Object.entries(grammar.rules)
      .map(([name, rule]) => `${name} = ${(rule as unknown as { body: { toString(): string } }).body.toString()}`)
      .sort();
  expect(shape(bundle)).toEqual(shape(fresh));
});

describe("which language a cell is in", () => {
  test.each(programs())("$file", ({ source }) => expect(isLayerCell(source)).toBe(true));

  test.each([
    "// a comment\nnet A(x: 3) { relu }",
    "/* two\nlines */ block B(c) { relu }",
    "%%layers\nlet a = 3",
    "train A on mnist",
    "train G, D on digits {",
    'load A from "a"',
    'save A to "a"',
    "show A",
    'show "text" | A',
    "net A",
    "net A(x: 3",
    "let hidden = [128,\n  64]\n\nnet A(x: 3) { repeat n in hidden { dense n } }",
    "let a = 3; show A",
    "let a = 3 // as in the paper\ntrain A on mnist",
  ])("layers: %j", (source) => expect(isLayerCell(source)).toBe(true));

  test.each([
    "let a = 3",
    "let a = 3;\nshow(A);",
    "let { A } = layers`\n  net A(x: 3) { dense 3 }\n`;",
    "let text = 3 /*\nnet A(x: 3) { dense 3 } */",
    "let list = [\n  load\n  ];",
    "let run = () => {\n  show(A)\n}",
    "show(A)",
    "net = 3",
    "train(A, mnist)",
    "const net = 1",
    "block.x",
    "load",
    "show instanceof Object",
    "show in window",
    "netA(x)",
    "net(3)",
    "show.x = 3",
    "train: for (;;) break train",
    "save\n",
    "",
  ])("TypeScript: %j", (source) => expect(isLayerCell(source)).toBe(false));

  test("the %%layers line becomes blank", () => {
    expect(layerSource("%%layers\nlet a = 3")).toBe("        \nlet a = 3");
  });
});
