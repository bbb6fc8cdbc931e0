import { describe, expect, test } from "vitest";
import { checkSource, positionOf, type Diagnostic } from "../../dsl/index.js";
import { zoo } from "../../std/zoo/index.js";
import { registry, runtime } from "./library.js";
import { mutant, randomNumbers, type Mutant } from "./mutants.js";

const internal = /undefined|null|\[object|NaN|is not a function|Cannot read|unreachable|\bat \w+ \(|TypeError/;

/** Whether a mistake is reported where it was made, or at the first place that contradicts it. */
function wellPlaced({ source, span, words }: Mutant, { span: found, message, code }: Diagnostic): boolean {
  const line = positionOf(source, span[0]).line;
  const at = positionOf(source, found[0]).line;
  const near = found[0] <= span[1] + 1 && found[1] >= span[0] - 1;
  // On the row of the change, or its neighbour where a row ran into the next one.
  if (near || Math.abs(at - line) <= (code < "E010" ? 1 : 0)) return true;
  // A name that is no longer defined, used elsewhere; a shape, a claim, weights that no longer fit further down.
  if (words.some((word) => word.length > 0 && message.includes(`\`${word}\``))) return true;
  return at > line && /^E03|^E04|^E022|^E013/.test(code);
}

describe("200 programs with one mistake", () => {
  const random = randomNumbers(20_26);
  const mutants = Array.from({ length: 200 }, () => mutant(random));
  const names = { VGG16: "network", cat: "tensor", AlexNet: "network", Transformer: "network" } as const;
  const results = mutants.map((one) => ({
    one,
    result: checkSource(one.source, { registry, runtime, names, closed: true, scope: { VGG16: zoo.VGG16 } }),
  }));

  test("no crash, no message of the inside", () => {
    for (const { one, result } of results)
      for (const { message, hint } of result.diagnostics) expect(`${message} ${hint}`, `${one.file}: ${one.change}`).not.toMatch(internal);
  });

  test("every place lies in the source", () => {
    for (const { one, result } of results) {
      for (const { span } of result.diagnostics) {
        expect(span[0]).toBeGreaterThanOrEqual(0);
        expect(span[1]).toBeLessThanOrEqual(one.source.length);
        expect(span[0]).toBeLessThanOrEqual(span[1]);
      }
    }
  });

  test("nine in ten are reported where they were made", () => {
    const found = results.filter(({ result }) => result.diagnostics.length > 0);
    const misplaced = found.filter(({ one, result }) => !wellPlaced(one, result.diagnostics[0] as Diagnostic));
    const report = misplaced.map(
      ({ one, result }) =>
        `${one.file} line ${positionOf(one.source, one.span[0]).line}: ${one.change} -> line ${positionOf(one.source, result.diagnostics[0]?.span[0] ?? 0).line}: ${result.diagnostics[0]?.code ?? ""} ${result.diagnostics[0]?.message ?? ""}`,
    );
    expect(found.length).toBeGreaterThan(100);
    expect(misplaced.length / found.length, report.join("\n")).toBeLessThan(0.1);
    if (process.env["LAMELLA_REPORT"] === "1")
      console.log(`${found.length} of 200 found, ${misplaced.length} misplaced\n${report.join("\n")}`);
  });
});

describe("texts that are no programs", () => {
  test.each([
    "",
    "\n\n",
    "}",
    "{",
    "net",
    "net A",
    "net A(",
    "net A()",
    "net A(x: 3)",
    "net A(x: 3) {",
    "(((",
    "->",
    "|||",
    "train",
    "train A on",
    "show",
    'load "',
    "let",
    "let x",
    "let x =",
    "net A(x: 3) { repeat }",
    "net A(x: 3) { if }",
    "net A(x: 3) { let }",
    "net A(x: 3) { out }",
    "net A(x: 3) { default }",
    "block B() { B }",
    "net A(x: 3) { B }\nblock B() { B }",
    "net A(x: 0) { dense 3 }",
    "net A(x: 3) { dense 0 }",
    "net A(x: 3) { repeat -1 { relu } }",
    "net A(x: 3) { repeat 1e9 { relu } }",
    "net A(x: 3x) { relu }",
    "net A(x: -3) { dense 2 }",
    "net A(x: 3) { dense x }",
    "net A(x: 3) { x }",
    "net A(x: 3) { x | x }",
    "net A(x: 3) { relu relu }",
    "net A(x: T) { dense T }",
    "net A(x: 3) { let y = y\n y }",
    "net A(x: 3, x: 4) { relu }",
    "net A(x: 3) { repeat [a, b] in [1, 2] { dense a } }",
    "net A(x: 3) { 1 + 2 }",
    "net A(x: 3) { x @ x }",
    "net A(x: 3) { softmax(3) }",
    "net A(x: 3) { A }",
    "net A(x: 3) { dense 3 -> }",
    "let a = 1 +",
    "let a = [1, 2",
    "let a = {1}",
    "\u{1F600}",
    "net \u{1F600}(x: 3) { relu }",
    "net A(x: 3) { // \u{1F600}\n  denze 3 }",
    "a b c d",
    "net A(x: 3) { dense 3 } extra",
  ])("%j", (source) => {
    const { diagnostics } = checkSource(source, { registry, runtime, closed: true });
    for (const { message, hint } of diagnostics) expect(`${message} ${hint}`).not.toMatch(internal);
    if (source.trim() !== "")
      expect(diagnostics.length).toBeGreaterThan(
        source === "block B() { B }" || source === "net A(x: 3) { x }" || source === "net A(x: T) { dense T }" ? -1 : 0,
      );
  });
});

describe("a short fuzz of tokens", () => {
  test("400 texts of tokens in any order", () => {
    const random = randomNumbers(7);
    const words =
      'net block let train repeat in if else default out show A x c1 conv dense relu add 3 5x5 0.5 [ ] ( ) { } | , = : -> ? .. . ; \n + - * @ == "s" // on loss'.split(
        " ",
      );
    for (let round = 0; round < 400; round++) {
      const length = 1 + Math.floor(random() * 25);
      const text = Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" ");
      const { diagnostics } = checkSource(random() < 0.5 ? text : `net A(x: 8x8x3) {\n${text}\n}`, { registry, runtime, closed: true });
      for (const { message, hint } of diagnostics) expect(`${message} ${hint}`, text).not.toMatch(internal);
    }
  });
});
