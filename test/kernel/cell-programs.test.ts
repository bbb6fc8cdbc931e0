import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { CellPrograms } from "../../kernel/tslab/cell-programs.js";
import { createTypeChecker, type TypeChecker } from "../../kernel/tslab/converter.js";

const folder = mkdtempSync(join(tmpdir(), "lamella programs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Cells one after the other, mistakes among them. */
const notebooks: Readonly<Record<string, readonly string[]>> = {
  "values and functions": [
    "const xs = [1, 2, 3];",
    "function twice(n: number) { return 2 * n; }",
    "const ys = xs.map(twice);",
    "ys.map((y) => y.toFixed(1))",
    "let wrong: string = ys;",
    "let wrong: string = ys;",
    "let xs = 'now a text';",
    "xs.length + ys.length",
    "xs.map(twice)",
  ],
  "the same cell after other declarations": ["let a = 1;", "a", "let a = 'x';", "a", "a.length", "let a = [1];", "a.length", "a.at(0)"],
  "types of cells": [
    "interface Point { x: number; y: number }",
    "class Line { constructor(readonly from: Point, readonly to: Point) {} length() { return Math.hypot(this.to.x - this.from.x); } }",
    "const line = new Line({ x: 0, y: 0 }, { x: 3, y: 4 });",
    "enum Color { Red, Green }",
    "type Named<T> = T & { name: string }; const named: Named<Point> = { x: 1, y: 2, name: 'p' };",
    "interface Point { z: number }",
    "const other: Point = { z: 1 }; const color = Color.Red;",
    "line.from.z",
    "line.from.x",
    "const choice: 'b' | 'a' = 'a' as 'a' | 'b';",
  ],
  imports: [
    "import { join } from 'node:path';",
    "const path = join('a', 'b');",
    "import * as os from 'node:os'; import type { Stats } from 'node:fs';",
    "let stats: Stats | undefined; os.cpus().length",
    "const fs = await import('node:fs');",
    "const there = (await import('node:fs/promises')).access;",
    "join(1)",
    "import { missing } from './missing';",
    "stats = undefined; path.length",
  ],
  "what is global": [
    "declare global { interface Array<T> { middle(): T } }",
    "[1, 2].middle()",
    "let n = 1;",
    "n.toFixed()",
    "[1].middle()",
  ],
  "comments that silence": [
    "// @ts-ignore\nlet a: string = 1;",
    "// @ts-expect-error\nlet b = 1;",
    "let c = a;",
    "// @ts-nocheck\nlet d: string = 1;",
  ],
  "types without a name": [
    "const make = () => { class Hidden { private x = 1; } return new Hidden(); };",
    "const symbol = Symbol('s');",
    "1 + 1",
  ],
  "no TypeScript": ["let = ;", "1 +", "let a = 1", "const a = 1; const a = 2;", "a"],
};

/** Each cell's problems, and the declarations after it. */
function check(cells: readonly string[], checkerOf: () => TypeChecker): unknown[] {
  let declarations = "";
  return cells.map((source) => {
    const checked = checkerOf().check(declarations, source);
    declarations = checked.declarations;
    return { source, problems: checked.problems, declarations };
  });
}

describe("a checker that goes on from cell to cell finds what one finds that is new with every cell", () => {
  it.each(Object.entries(notebooks))(
    "%s",
    (_, cells) => {
      const checker = createTypeChecker(folder);
      const found = check(cells, () => checker);
      const anew = check(cells, () => createTypeChecker(folder));
      expect(found).toEqual(anew);
    },
    60_000,
  );

  it("also what an editor has asked about before", () => {
    const checker = createTypeChecker(folder);
    const source = "Math.round('x')";
    checker.check("", "1");
    checker.complete("", source, 8);
    checker.inspect("", source, 6);
    expect(checker.check("", source).problems).toMatchObject([{ code: 2345, start: 11, end: 14 }]);
  });
});

it("a cell is exchanged in the program that is there, unless what is imported changes", () => {
  const checker = createTypeChecker(folder);
  const exchanged = vi.spyOn(CellPrograms.prototype, "isExchanged", "get");
  const cells = ["1", "let a = 1", "a + 1", "import 'node:path'", "2", "let b: string = 1", "b", "1"];
  const seen = cells.map((source) => {
    exchanged.mockClear();
    checker.check("", source);
    return exchanged.mock.results[0]?.value as boolean;
  });
  exchanged.mockRestore();
  expect(seen).toEqual([true, true, true, false, false, true, true, true]);
});
