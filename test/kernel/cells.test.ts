import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { looseImports } from "../../kernel/cells/loose-imports.js";
import { readMagics } from "../../kernel/cells/magics.js";
import { transpile } from "../../kernel/cells/transpile.js";
import { SourceMap } from "../../kernel/session/source-map.js";
import { toCodePoints, toUtf16 } from "../../kernel/server/offsets.js";

describe("a cell becomes a script", () => {
  it.each([
    ["let x = 1, y;", "var x = 1, y = void 0;"],
    ["const { a, ...rest } = o;", "var { a, ...rest } = o;"],
    ["var keeps;", "var keeps;"],
    ["class A extends B {}", "var A = class A extends B {\n};"],
    ["export const q = 1;", "var q = 1;"],
    ["export function f() { return 1; }", "function f() { return 1; }"],
    ["for (let i = 0; i < 3; i++) f(i);", "for (let i = 0; i < 3; i++)\n    f(i);"],
    ["await p;", "__lamella__.result(await __lamella__.guard(p));"],
    ["for await (const x of xs) f(x);", "for await (const x of __lamella__.guardItems(xs))\n    f(x);"],
    ['import * as fs from "fs";', 'var fs = await __lamella__.guard(__lamella__.import("fs", []));'],
    [
      'import d, { a as b } from "m";',
      'var { "default": d, "a": b } = await __lamella__.guard(__lamella__.import("m", ["default", "a"]));',
    ],
    ['import type { T } from "m";', ""],
    ['const m = import("m");', 'var m = __lamella__.import("m");'],
    ["const u = import.meta.url;", "var u = __lamella__.meta.url;"],
    ["1 + 1", "__lamella__.result(1 + 1);"],
    ["if (x) { y }", "if (x) {\n    y;\n}"],
  ])("%s", (source, code) => {
    expect(transpile(source).code.trim()).toBe(code);
  });

  it("an enum declared anew forgets its old members", () => {
    const scope: Record<string, unknown> = {};
    runInNewContext(transpile("enum E { A, B }").code, scope);
    runInNewContext(transpile("enum E { C = 5 }").code, scope);
    expect(scope["E"]).toEqual({ C: 5, 5: "C" });
  });

  it("positions lead back to the cell", () => {
    const source = "const first = 1;\nfunction g(n: number): number { return n.nope(); }\n";
    const { code, mappings } = transpile(source);
    const line = code.split("\n").findIndex((text) => text.includes("nope"));
    const place = new SourceMap(mappings).locate(line, (code.split("\n")[line] ?? "").indexOf("nope"));
    expect(place).toEqual({ line: 1, column: source.split("\n")[1]?.indexOf("nope") });
  });
});

describe("magics", () => {
  it.each([
    ["%%html\n<b>", { kind: "show", mime: "text/html", text: "<b>" }],
    ["%%layers\nnet N(x: 1) {}", { kind: "code", source: "        \nnet N(x: 1) {}", language: "layers", timed: false }],
    ["%%time\n1", { kind: "code", source: "      \n1", language: undefined, timed: true }],
    ["%time f()\n2", { kind: "code", source: "__t();f();__s();\n2", language: undefined, timed: false }],
    ["1\n%time f()", { kind: "code", source: "1\n__t();f()", language: undefined, timed: false }],
    ["a\n  % b", { kind: "code", source: "a\n  % b", language: undefined, timed: false }],
    ["!ls", { kind: "code", source: "!ls", language: undefined, timed: false }],
    [
      "%%nope\n1",
      { kind: "wrong", line: 0, message: "there is no cell magic `%%nope`; there are %%time, %%layers, %%html, %%svg, %%markdown" },
    ],
  ])("%j", (cell, read) => {
    expect(readMagics(cell, false)).toEqual(read);
  });

  it.each(["const s = `\n%time a\n`;", "const s = `a ${f({\n%time a\n})} b`;", "const s = `${1}\n!ls\n%help`;", "/*\n%help\n!ls\n*/ 1"])(
    "a line of a text or a comment is left as it is: %j",
    (cell) => {
      expect(readMagics(cell, true)).toMatchObject({ source: cell });
    },
  );

  it.each([
    ["const quote = /[`'\"]/g;\n%help", "const quote = /[`'\"]/g;\n__lamella__.help();"],
    ["!echo `it's\n%help", 'await __lamella__.shell("echo `it\'s");\n__lamella__.help();'],
    ["// it's `\nconst s = `\\`${`in`}`; '/*'\n%help", "// it's `\nconst s = `\\`${`in`}`; '/*'\n__lamella__.help();"],
    ["if (a) {\n%time b()\n}", "if (a) {\n__t();b();__s();\n}"],
    ["a / b; `\n`; c / d\n%help", "a / b; `\n`; c / d\n__lamella__.help();"],
  ])("what only looks open does not hide a magic: %j", (cell, source) => {
    expect(readMagics(cell, true)).toMatchObject({ source });
  });

  it("shell commands only where the kernel allows them", () => {
    expect(readMagics("!ls -l", true)).toMatchObject({ source: 'await __lamella__.shell("ls -l");' });
  });
});

it("imports without types keep every offset", () => {
  const source = "import def, { a, b as c } from 'pkg';\na + 1";
  const problem = { start: source.indexOf("'pkg'"), end: 0, line: 0, character: 0, message: "", code: 2307, fileName: undefined };
  const loose = looseImports(source, [problem], () => true);
  expect(loose).toBe("declare const def:any,a:any,c:any;   \na + 1");
  expect(looseImports(source, [problem], () => false)).toBeUndefined();
});

it("Jupyter counts code points", () => {
  const text = "a😀b";
  expect([0, 1, 2, 3].map((points) => toUtf16(text, points))).toEqual([0, 1, 3, 4]);
  expect([0, 1, 3, 4].map((units) => toCodePoints(text, units))).toEqual([0, 1, 2, 3]);
});
