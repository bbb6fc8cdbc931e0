import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession, type CellOutput, type NotebookSession } from "../../kernel/session/index.js";
import { packageRoot } from "../../kernel/package-root.js";
import { sleep } from "./client.js";

const folder = mkdtempSync(join(tmpdir(), "lamella імпорт 雪 "));
const shared = mkdtempSync(join(tmpdir(), "lamella-global-"));
let session: NotebookSession;

beforeAll(async () => {
  write(
    "model.ts",
    'import { twice } from "./parts/numbers.ts";\nimport { thrice } from "./parts/numbers";\nexport const six = twice(3);\n',
  );
  write("model.ts", 'export function fail(): never {\n  throw new RangeError("from the file");\n}\nexport const nine = thrice(3);\n', "a");
  write("parts/numbers.ts", "export const twice = (n: number): number => 2 * n;\nexport const thrice = (n: number): number => 3 * n;\n");
  write("wrong.ts", "// a comment\nexport const text: { a: { b: string } } = { a: { b: 1 + 1 } };\n");
  pack(folder, "typed-esm", { ".": { types: "./i.d.ts", import: "./i.js" }, "./deep": "./deep.js" });
  write("node_modules/typed-esm/i.js", "export const answer = 42; export default () => 'whole';\n");
  write("node_modules/typed-esm/i.d.ts", "export declare const answer: number; export default function whole(): string;\n");
  write("node_modules/typed-esm/deep.js", "export const deep = 'down';\n");
  pack(shared, "everywhere", { ".": "./i.js" });
  writeFileSync(join(shared, "node_modules/everywhere/i.js"), "export const here = 'found'; export default 1;\n");
  // The compiler is a thread of this process, the session a process of its own: both look where NODE_PATH says.
  process.env["NODE_PATH"] = join(shared, "node_modules");
  session = createSession({ directory: folder });
  await session.execute("1", { onOutput: () => {} });
}, 60_000);
afterAll(async () => {
  await session.close();
  delete process.env["NODE_PATH"];
  for (const path of [folder, shared]) rmSync(path, { recursive: true, force: true });
});

function write(path: string, text: string, flag: "w" | "a" = "w"): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text, { flag });
}

function pack(root: string, name: string, exports: unknown): void {
  mkdirSync(join(root, "node_modules", name), { recursive: true });
  const text = JSON.stringify({ name, version: "1.0.0", type: "module", exports });
  writeFileSync(join(root, "node_modules", name, "package.json"), text);
}

/** The text of the cell's result, or the lines of its traceback. */
async function run(code: string): Promise<unknown> {
  const outputs: CellOutput[] = [];
  const result = await session.execute(code, { cellNumber: 7, onOutput: (output) => outputs.push(output) });
  if (result.status !== "ok") return result.error.traceback;
  return outputs.flatMap((output) => (output.kind === "result" ? [output.data["text/plain"]] : []))[0];
}

describe("the package is one, whoever imports it", () => {
  it.each(["'lamella'", "'./of-file.ts'", "'of-package'", "'./node_modules/lamella/dist/kernel/lamella.js'"])("%s", async (specifier) => {
    write("of-file.ts", "export { Tensor, layers } from 'lamella';\n");
    pack(folder, "of-package", { ".": "./i.js" });
    write("node_modules/of-package/i.js", "export { Tensor, layers } from 'lamella';\n");
    const linked = join(folder, "node_modules", "lamella");
    rmSync(linked, { recursive: true, force: true });
    symlinkSync(packageRoot, linked, "junction");
    const code = `const imported: any = await import(${specifier}); [imported.Tensor === Tensor, imported.layers === layers]`;
    expect(await run(code)).toBe("[ true, true ]");
    rmSync(linked, { recursive: true });
  });
});

describe("imports of local files", () => {
  it.each([
    ["import { six, nine } from './model.ts'; [six, nine]", "[ 6, 9 ]"],
    ["import { six } from './model'; six", "6"],
    ["import * as whole from './model.js'; whole.six", "6"],
    ["(await import('./parts/numbers.ts')).twice(4)", "8"],
  ])("%s", async (code, shown) => {
    expect(await run(code)).toBe(shown);
  });

  it("an error in a function of a file shows the file's line and the cell's", async () => {
    expect(await run("import { fail } from './model.ts'\n\nfail()")).toEqual([
      "RangeError: from the file",
      "  at fail (model.ts, line 5, column 9)",
      '      throw new RangeError("from the file");',
      "            ^",
      "  at Cell 7, line 3, column 1",
      "    fail()",
      "    ^",
    ]);
  });

  it("a type error in a file shows its line", async () => {
    expect(await run("import { text } from './wrong.ts'")).toEqual([
      "wrong.ts, line 2, column 50: Type 'number' is not assignable to type 'string'. (TS2322)",
      "    export const text: { a: { b: string } } = { a: { b: 1 + 1 } };",
      "                                                     ^",
    ]);
  });

  it("an edit, also of a file that the file imports, is seen when the import runs again", async () => {
    expect(await run("import { six } from './model.ts'; six")).toBe("6");
    await sleep(20);
    write(
      "parts/numbers.ts",
      "export const twice = (n: number): number => 20 * n;\nexport const thrice = twice;\nexport const more = 1;\n",
    );
    expect(await run("six")).toBe("6");
    expect(await run("import { six } from './model.ts'; six")).toBe("60");
    expect(await run("import { more } from './parts/numbers'; more")).toBe("1");
  });
});

describe("imports of packages", () => {
  it.each([
    ["import whole, { answer } from 'typed-esm'; [whole(), answer]", "[ 'whole', 42 ]"],
    ["import { deep } from 'typed-esm/deep'; deep", "'down'"],
    ["import one, { here } from 'everywhere'; [one, here]", "[ 1, 'found' ]"],
    ["import os from 'os'; import { sep } from 'node:path'; typeof os.cpus + sep.length", "'function1'"],
    ["const fs = await import('node:fs'); const seen = fs.existsSync('model.ts'); seen", "true"],
    ["import type { Stats } from 'node:fs'; let stats: Stats | 3 = 3; stats", "3"],
  ])("%s", async (code, shown) => {
    expect(await run(code)).toBe(shown);
  });

  it("the types of a package that is only an ES module hold, and those of a module imported by a call", async () => {
    expect(await run("const text: string = answer")).toContain(
      "Cell 7, line 1, column 7: Type 'number' is not assignable to type 'string'. (TS2322)",
    );
    expect(await run("const text: string = fs.existsSync('x')")).toContain(
      "Cell 7, line 1, column 7: Type 'boolean' is not assignable to type 'string'. (TS2322)",
    );
  });

  it("what is missing is said with what to do, and is found with its types once it is installed", async () => {
    expect(await run("import { late } from '@some/late'")).toEqual([
      "Cell 7, line 1, column 22: Cannot find module '@some/late' or its corresponding type declarations. (TS2307)",
      "    import { late } from '@some/late'",
      "                         ^^^^^^^^^^^^",
      "  `npm install @some/late` in the notebook's folder makes it available",
    ]);
    pack(folder, "@some/late", { ".": { types: "./i.d.ts", default: "./i.js" } });
    write("node_modules/@some/late/i.js", "export const late = 3;\n");
    write("node_modules/@some/late/i.d.ts", "export declare const late: number;\n");
    expect(await run("import { late } from '@some/late'; late.toFixed(1)")).toBe("'3.0'");
    expect(String(await run("late.nothing"))).toContain("Property 'nothing' does not exist on type 'number'.");
  });
});
