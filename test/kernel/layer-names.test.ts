import { describe, expect, test } from "vitest";
import { CellCompiler } from "../../kernel/cells/cell-compiler.js";
import { declaredNames } from "../../kernel/cells/declared-names.js";

test("what TypeScript's declarations are to the layer language", () => {
  const declarations = `declare const faces: MemoryDataset;
declare let lr: number;
declare const name = "x";
declare const A: lamella.Net<"t", ["x"]>, B: lamella.Block;
declare function f(a: number): number;
import * as fs from "node:fs";
import { readFile as read } from "node:fs/promises";
import * as lamella from "lamella";
declare let faces: any;
declare const Math: any;`;
  const kinds = Object.fromEntries([...declaredNames(declarations)].map(([known, { kind }]) => [known, kind]));
  expect(kinds).toEqual({ faces: "dataset", lr: "value", name: "value", A: "network", B: "block", f: "any", fs: "any", read: "any" });
});

describe("cells of both languages", async () => {
  const compiler = await CellCompiler.create(process.cwd());
  const compile = (source: string): string => {
    const cell = compiler.compile({ source, title: "Cell", allowShell: false, expression: false });
    return cell.kind === "failed" ? cell.error.traceback.join("\n") : cell.kind;
  };

  test("data and numbers of TypeScript are known in the rows, and shown there", async () => {
    expect(compile("let width = 64; const faces = new MemoryDataset({ name: 'faces', columns: {} }); const mean = 3;")).toBe("script");
    const net = "net Faces(image: 8x8x3) {\n  flatten | dense width | mean\n}\n";
    expect(compile(`${net}train Faces on faces { epochs 1 }`)).toBe("script");
    expect(compile(`${net}train Faces on face { epochs 1 }`)).toContain("there is no data set `face`; did you mean `faces`?");
    const values = { width: 64 };
    const inspect = (): string => String(compiler.inspect({ source: net, offset: net.indexOf("width"), values })?.data["text/plain"]);
    await expect.poll(inspect, { timeout: 20_000 }).toContain("8x8x3 -> 1, 12,352 parameters");
    expect(inspect()).toContain("width: a value; now 64");
    const other = "net Two(image: 8x8x3) {\n  Faces | dense 2\n}";
    expect(String(compiler.inspect({ source: other, offset: other.indexOf("dense"), values })?.data["text/plain"])).toContain(
      "8x8x3 -> 2, 12,356 parameters",
    );
  });
});
