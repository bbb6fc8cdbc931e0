import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTypeChecker, ts, type TypeChecker } from "../../kernel/tslab/converter.js";

const folder = mkdtempSync(join(tmpdir(), "lamella checker ü-"));
let checker: TypeChecker;
beforeAll(() => {
  checker = createTypeChecker(folder);
}, 60_000);
afterAll(() => {
  checker.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("what is assumed of tslab 1.0.22", () => {
  it("its TypeScript is the patched 5.0.4", () => {
    expect(ts.version).toBe("5.0.4");
  });

  it("declarations accumulate, and a name declared anew replaces the old one", () => {
    const first = checker.check(
      "",
      "let a = 1; const b = 'x'; function f(n: number): string { return String(n); } interface P { x: number }",
    );
    expect(first.problems).toEqual([]);
    const second = checker.check(first.declarations, "let a = f(b.length); const p: P = { x: 1 };");
    expect(second.problems).toEqual([]);
    expect(second.declarations).toContain("declare let a: string;");
    expect(second.declarations).not.toContain("declare let a: number;");
    expect(second.declarations).toContain('declare const b = "x";');
  });

  it("a constant of an earlier cell may not be assigned", () => {
    const { problems } = checker.check("declare const b: number;", "b = 2");
    expect(problems).toMatchObject([{ code: 2588, start: 0, end: 1, line: 0, character: 0 }]);
  });

  it("top-level await is allowed, problems have offsets in the cell", () => {
    expect(checker.check("", "await Promise.resolve(1)").problems).toEqual([]);
    const source = "let s = '😀';\nlet n: number = s;";
    const { problems, declarations } = checker.check("declare let kept: 1;", source);
    expect(problems).toMatchObject([{ line: 1, character: 4, start: source.indexOf("n:"), code: 2322 }]);
    expect(declarations).toBe("declare let kept: 1;");
  });

  it("the types of Node are found in a folder without any package", () => {
    expect(
      checker.check("", "import { readFileSync } from 'node:fs'; readFileSync('x').length; process.env.HOME; console.log(1)").problems,
    ).toEqual([]);
  });

  it("imports of mere types are dropped from its JavaScript, others are kept", () => {
    writeFileSync(join(folder, "parts.ts"), "export interface Part { x: number }\nexport const make = (): Part => ({ x: 1 });\n");
    expect(checker.check("", "import { Part } from './parts'; let q: Part = { x: 1 };").javascript).not.toContain("import");
    expect(checker.check("", "import { make } from './parts'; make().x.toFixed()").javascript).toContain("./parts");
  });

  it("an edit of a local file is seen by the next check", async () => {
    const source = "import { make } from './parts'; make().renamed";
    expect(checker.check("", source).problems).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(join(folder, "parts.ts"), "export const make = () => ({ renamed: 1 });\n");
    expect(checker.check("", source).problems).toEqual([]);
  });

  it("a mistake in a local file that a cell imports through another is found, in that file", () => {
    writeFileSync(join(folder, "deep.ts"), "export const n: number = 'one';\n");
    writeFileSync(join(folder, "through.ts"), "export { n } from './deep';\n");
    const { problems } = checker.check("", "import { n } from './through'; n + 1");
    expect(problems).toMatchObject([{ code: 2322, fileName: "deep.ts", line: 0, character: 13 }]);
  });

  it("completion and inspection take and give offsets of the cell", () => {
    const { entries, start, end } = checker.complete("declare let word: string;", "word.toUpperC", 13);
    expect({ start, end, entries }).toEqual({
      start: 5,
      end: 13,
      entries: [
        {
          name: "toUpperCase",
          kind: "method",
          signature: "(): string",
          documentation: "Converts all the alphabetic characters in a string to uppercase.",
        },
      ],
    });
    expect(checker.inspect("declare let word: string;", "  word", 4)).toMatchObject({ start: 2, length: 4, signature: "let word: string" });
  });
});
