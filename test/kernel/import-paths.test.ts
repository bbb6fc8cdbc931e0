import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CellCompiler } from "../../kernel/cells/cell-compiler.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-import-paths-"));
const notebooks = join(folder, "notebooks");
let compiler: CellCompiler;

beforeAll(() => {
  for (const path of ["parts", "node_modules/zebra", "node_modules/@team/charts", "node_modules/.bin", "node_modules/@types/zebra"])
    mkdirSync(join(notebooks, path), { recursive: true });
  for (const file of ["model.ts", "model.d.ts", "data.json", "picture.png", ".hidden.ts", "parts/inner.mjs"])
    writeFileSync(join(notebooks, file), "");
  writeFileSync(join(folder, "above.js"), "");
  compiler = new CellCompiler(notebooks);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `|` is where the cursor stands. */
function complete(marked: string): { replaced: string; texts: string[] } {
  const offset = marked.indexOf("|");
  const source = marked.slice(0, offset) + marked.slice(offset + 1);
  const { start, end, matches } = compiler.complete({ source, offset });
  return { replaced: source.slice(start, end), texts: matches.map(({ text }) => text) };
}

it.each<[marked: string, replaced: string, texts: string[]]>([
  ['import "./|"', "", ["data.json", "model.ts", "parts/"]],
  ["import { a } from './m|'", "m", ["model.ts"]],
  ["import { a } from './m|odel.ts'", "model.ts", ["model.ts"]],
  ['import { a } from "./parts/|', "", ["inner.mjs"]],
  ['const m = await import("../|")', "", ["above.js", "notebooks/"]],
  ['import ".|"', ".", ["../", "./"].toSorted((a, b) => a.localeCompare(b, "en"))],
  ["import z from 'zeb|'", "zeb", ["zebra"]],
  ["import z from '@te|'", "@te", ["@team/"]],
  ["import z from '@team/|'", "@team/", ["@team/charts"]],
  ["import { net } from 'lam|'", "lam", ["lamella"]],
  ["let x = 1;\nimport { readFile } from 'node:fs/|'", "node:fs/", ["node:fs/promises"]],
])("%j", (marked, replaced, texts) => {
  expect(complete(marked)).toEqual({ replaced, texts });
});

it("other texts are not paths of imports", () => {
  expect(complete("const from = 'zeb|'").texts).not.toContain("zebra");
  expect(complete("// import z from 'zeb|'").texts).not.toContain("zebra");
}, 60_000);
