import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compileCell, renderDiagnostics } from "../../dsl/index.js";
import { registry } from "../dsl/library.js";

const folder = fileURLToPath(new URL("../../std/zoo/", import.meta.url));
const files = readdirSync(join(folder, "networks")).sort();

/** The emitted module of one file: its networks are built when they are first asked for, not when the library is loaded. */
function emit(file: string): string {
  const source = readFileSync(join(folder, "networks", file), "utf8");
  const compiled = compileCell(source, { registry, closed: true });
  expect(renderDiagnostics(source, compiled.diagnostics)).toBe("");
  const names = compiled.defines.filter(({ kind }) => kind === "network").map(({ name }) => name);
  const family = file.replace(".lamella", "");
  const summary = source.split("\n")[0]?.replace(/^\/\/ /, "") ?? "";
  const body = compiled.typescript
    .split("\n")
    .slice(1)
    .join("\n")
    .trim()
    .replaceAll(/^(?=.)/gm, "  ")
    .replaceAll(/^ {2}let /gm, "  const ");
  return [
    `// Emitted from networks/${file}; see the README beside that folder.`,
    `import * as lamella from "../../network/index.js";`,
    "",
    `export const names = [${names.map((name) => JSON.stringify(name)).join(", ")}] as const;`,
    "",
    `export const summary = ${JSON.stringify(summary)};`,
    "",
    `/** ${summary} */`,
    `// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types`,
    `export function ${family}(): { ${names.map((name) => `${name}: ${typeOf(compiled.typescript, name)}`).join("; ")} } {`,
    body,
    "",
    `  return { ${names.join(", ")} };`,
    "}",
    "",
  ]
    .filter((line) => !line.includes("eslint-disable"))
    .join("\n");
}

function typeOf(typescript: string, name: string): string {
  return new RegExp(`(?:const|let) ${name}: (lamella\\.Net(?:<[^>]*>)?)`).exec(typescript)?.[1] ?? "lamella.Net";
}

describe("the emitted TypeScript of the zoo is fresh", () => {
  test.each(files)("%s", (file) => {
    const path = join(folder, "emitted", file.replace(".lamella", ".ts"));
    const text = emit(file);
    if (process.env["LAMELLA_UPDATE"] === "1") {
      mkdirSync(join(folder, "emitted"), { recursive: true });
      writeFileSync(path, text);
    }
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});
