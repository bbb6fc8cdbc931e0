import { describe, expect, test } from "vitest";
import { checkSource, errorCodes } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

const check = (source: string): ReturnType<typeof checkSource> => checkSource(source, { registry, runtime, closed: true });

/** Applies the fix of the first mistake that has one, until none has. */
function applyFixes(source: string): { text: string; applied: number } {
  let text = source;
  for (let applied = 0; ; applied++) {
    const fix = check(text).diagnostics.find((one) => one.fix !== null)?.fix;
    if (fix === undefined || fix === null || applied === 20) return { text, applied };
    text = text.slice(0, fix.span[0]) + fix.text + text.slice(fix.span[1]);
  }
}

describe("a cell is right once its fixes are applied", () => {
  test.each<[name: string, wrong: string, right: string]>([
    ["a layer", "net A(x: 4) { denze 3 | rellu }", "net A(x: 4) { dense 3 | relu }"],
    ["an option", "net A(x: 8x8x1) { maxpool 2x2, strid=2 }", "net A(x: 8x8x1) { maxpool 2x2, stride=2 }"],
    ["a shape", "net A(x: 8x8x1) { conv 3, 3x3 -> 8x8x3 }", "net A(x: 8x8x1) { conv 3, 3x3 -> 6x6x3 }"],
    ["parameters", "net A(x: 8x8x1) { conv 3, 3x3 -> 6x6x3, 27 params }", "net A(x: 8x8x1) { conv 3, 3x3 -> 6x6x3, 30 params }"],
    ["a tap", "net A(x: 4) {\n  first: dense 3\n  dense 3 | add frist\n}", "net A(x: 4) {\n  first: dense 3\n  dense 3 | add first\n}"],
    [
      "a block's parameter",
      "block B(width) { dense width }\nnet A(x: 4) { B widht=3 }",
      "block B(width) { dense width }\nnet A(x: 4) { B width=3 }",
    ],
    ["an initialiser", "net A(x: 4) { dense 3, init=zeroes }", "net A(x: 4) { dense 3, init=zeros }"],
    [
      "a train block",
      "net A(x: 2) { dense 1 }\ntrain A on xorr { optimiser adm(lrr=0.1); los mse }",
      "net A(x: 2) { dense 1 }\ntrain A on xor { optimizer adam(lr=0.1); loss mse }",
    ],
    [
      "several in one cell",
      "net A(x: 8x8x1) {\n  c1: cov 3, 3x3\n  maxpol 2x2, strde=2\n  flaten | dense 3, bais=false -> 4\n}",
      "net A(x: 8x8x1) {\n  c1: conv 3, 3x3\n  maxpool 2x2, stride=2\n  flatten | dense 3, bias=false -> 3\n}",
    ],
  ])("%s", (_name, wrong, right) => {
    expect(check(wrong).diagnostics.length).toBeGreaterThan(0);
    const { text } = applyFixes(wrong);
    expect(text).toBe(right);
    expect(check(text).diagnostics).toEqual([]);
  });

  test("in the examples of the reference page no fix brings a mistake back", () => {
    let all = 0;
    for (const { example } of errorCodes) {
      const { text, applied } = applyFixes(example);
      all += applied;
      expect(check(text).diagnostics.every(({ fix }) => fix === null)).toBe(true);
    }
    expect(all).toBeGreaterThan(8);
  });
});
