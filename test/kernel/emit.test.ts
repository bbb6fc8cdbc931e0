import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { emitAlone, emitInProgram } from "../../kernel/cells/emit.js";
import { scriptTransformers } from "../../kernel/cells/transpile.js";
import { ts, type TypeScript } from "../../kernel/tslab/converter.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Each text by what it is, as it is emitted alone and in a program of TypeScript's. */
function both(source: string): { alone: unknown; inProgram: unknown } {
  const options = { id: 7, typeOnlyImports: new Set(["./types"]) };
  return { alone: emitAlone(source, scriptTransformers(options)), inProgram: emitInProgram(source, scriptTransformers(options)) };
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Every string in a test is taken for a cell: what is none is emitted too. */
function stringsOf(path: string): string[] {
  const found: string[] = [];
  const visit = (node: TypeScript.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, textOf(path), ts.ScriptTarget.ES2022));
  return found;
}

function cellsOf(notebook: string): string[] {
  const { cells } = JSON.parse(textOf(notebook)) as { cells: { cell_type: string; source: string | string[] }[] };
  return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => (typeof source === "string" ? source : source.join("")));
}

describe("what is emitted without a checker is what TypeScript emits with one", () => {
  it.each([
    'import type { T } from "m"; import { type U, v } from "n"; import w from "./types"; v;',
    'import fs = require("fs"); import path from "path"; export { fs }; export default path;',
    'export * from "m"; export type { T } from "m"; export const a = 1, b = 2;',
    "abstract class A<T> implements I { static #n = 1; #m: T; declare x: number; accessor y = 1; constructor(private readonly z: T) { super(); } }",
    "class B { static self = B; static { B.self = this; } async *m() { yield* await super.m(); } get [k()]() { return 1 } }",
    "function f(this: Window, a?: number, ...rest: string[]): asserts a { return a!; } function g(n: number): void; function g(n: unknown) {}",
    "let { a = 1, ...b } = await p satisfies T; [a, b] = [<any>b, a as unknown as T]; a ??= b?.c?.[0] ** 2;",
    "declare global { var z: number } declare const q: string; type T = { [K in keyof U]: U[K] }; interface I {}",
    "label: for await (const x of xs) { if (x) continue label; for (const y in x) break; } do {} while (0);",
    "try { throw 1 } catch { } finally { } switch (x) { case 1: default: await y }",
    'const m = await import("./m"); import.meta.url; new.target; `a${`b${c}`}`; tag`\\u{1F600}`; /x/dgu; 1_000n; "é😀"',
    "// first\n/* second */ 1 + /* third */ 2 // fourth\n\n// fifth",
    "\r\nlet a = 1;\r\n\r\n  let b = 2;\r\n",
    "",
    "#!/usr/bin/env node\n'use strict';\n1",
    "let = (; class",
  ])("%s", (source) => {
    const { alone, inProgram } = both(source);
    expect(alone).toEqual(inProgram);
  });

  it.each(["enum E { A, B = A + 1 }", "@sealed class A { @log m() {} }", "const C = class { static s = C; };"])(
    "%s needs a checker",
    (source) => {
      expect(both(source).alone).toBeUndefined();
    },
  );

  it.each([...filesOf("notebooks", ".ipynb"), ...filesOf("test/notebook", ".ts"), ...filesOf("test/kernel", ".test.ts")])("%s", (path) => {
    const texts = path.endsWith(".ipynb") ? cellsOf(path) : stringsOf(path);
    let emitted = 0;
    for (const text of texts) {
      const { alone, inProgram } = both(text);
      if (alone === undefined) continue;
      emitted += 1;
      expect(alone, text).toEqual(inProgram);
    }
    expect(emitted).toBeGreaterThan(texts.length * 0.9);
  });

  it.each(filesOf("std/layers", ".ts"))("%s", (path) => {
    const { alone, inProgram } = both(textOf(path));
    expect(alone).toEqual(inProgram);
  });
});
