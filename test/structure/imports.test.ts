import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

interface Import {
  readonly file: string;
  readonly part: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith(".d.ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const part = file.split(sep)[0] as string;
  const found: Import[] = [];
  // Static imports and re-exports, and dynamic imports of a literal.
  const pattern = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["'](\.[^"']*)["']|\bimport\(\s*["'](\.[^"']*)["']\s*\)/gm;
  for (const match of text.matchAll(pattern)) {
    const target = relative(root, join(root, dirname(file), (match[2] ?? match[3]) as string)).split(sep)[0] as string;
    found.push({ file, part, target, typeOnly: match[1] !== undefined });
  }
  return found;
}

const imports = ["std", "dsl", "kernel"].flatMap(sourcesOf).flatMap(importsOf);
const breaches = (rule: (one: Import) => boolean): string[] => imports.filter(rule).map((one) => `${one.file} -> ${one.target}`);

describe("imports run std <- dsl <- kernel", () => {
  it("finds the imports at all", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it("std imports nothing of ours outside std", () => {
    expect(breaches(({ part, target }) => part === "std" && target !== "std")).toEqual([]);
  });

  it("dsl sees std by `import type` only, and nothing of the kernel", () => {
    expect(breaches(({ part, target, typeOnly }) => part === "dsl" && target !== "dsl" && !(target === "std" && typeOnly))).toEqual([]);
  });

  it("the kernel imports nothing of the tests or notebooks", () => {
    expect(breaches(({ part, target }) => part === "kernel" && !["std", "dsl", "kernel"].includes(target))).toEqual([]);
  });

  it("only one file touches tslab", () => {
    const touching = ["std", "dsl", "kernel"]
      .flatMap(sourcesOf)
      .filter((file) => /from\s+["']tslab|(?:require|import|resolve)\(\s*["']tslab/.test(readFileSync(join(root, file), "utf8")));
    expect(touching.length).toBeLessThanOrEqual(1);
  });

  it("notebooks import only the package name", () => {
    for (const name of readdirSync(join(root, "notebooks")).filter((file) => file.endsWith(".ipynb"))) {
      const cells = (
        JSON.parse(readFileSync(join(root, "notebooks", name), "utf8")) as { cells: { cell_type: string; source: string | string[] }[] }
      ).cells;
      const code = cells.filter((cell) => cell.cell_type === "code").map((cell) => [cell.source].flat().join(""));
      for (const match of code.join("\n").matchAll(/from\s+["']([^"']+)["']/g)) {
        if (!(match[1] as string).startsWith("node:")) expect(match[1], name).toBe("lamella");
      }
    }
  });
});
