import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readPreparation } from "../declarations/prepared.js";
import { compiledFile } from "../package-root.js";
import { ts } from "../tslab/converter.js";

/** The declarations that every notebook starts with: the exports of `lamella`, the notebook functions, our own helpers. */
export interface Prelude {
  /** Declaration files in memory that make the names global. What is global is read once, other declarations with every cell. */
  readonly files: ReadonlyMap<string, string>;
  /** Names that are globals of JavaScript too (`isFinite`): declared as if a first cell had imported them, which goes before. */
  readonly declarations: string;
}

/** The modules whose names every cell sees. */
export const preludeModules = ["kernel/lamella", "kernel/notebook/index"] as const;

export function prelude(): Prelude {
  let exported = "";
  let declarations = "";
  const taken = new Set<string>();
  for (const module of preludeModules) {
    const file = compiledFile(module).replace(/\.js$/, "");
    const exports = readPreparation()?.exports[module] ?? [...exportedNames(file + ".d.ts")];
    const names = exports.filter((name) => name !== "default" && !taken.has(name));
    for (const name of names) taken.add(name);
    const from = `from ${JSON.stringify(file.replaceAll("\\", "/"))};\n`;
    if (names.length > 0) exported += `export { ${names.join(", ")} } ${from}`;
    const shadowing = names.filter((name) => name in globalThis);
    if (shadowing.length > 0) declarations += `import { ${shadowing.join(", ")} } ${from}`;
  }
  const aliases = [...taken].filter((name) => !(name in globalThis)).map((name) => `import ${name} = __lamella_exports__.${name};\n`);
  const helpers = ["__lamella__", "__t", "__s"].map((name) => `declare const ${name}: any;\n`);
  const files = new Map([
    [compiledFile("kernel/cell-exports").replace(/\.js$/, ".d.ts"), exported + "export as namespace __lamella_exports__;\n"],
    [compiledFile("kernel/cell-globals").replace(/\.js$/, ".d.ts"), [...aliases, ...helpers].join("")],
  ]);
  return { files, declarations };
}

/** The names a declaration file exports, types included, through its `export *` lines. */
export function exportedNames(path: string, seen: Set<string> = new Set()): Set<string> {
  const names = new Set<string>();
  if (seen.has(path) || !existsSync(path)) return names;
  seen.add(path);
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022);
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      if (clause !== undefined && ts.isNamedExports(clause)) for (const element of clause.elements) names.add(element.name.text);
      else if (clause !== undefined) names.add(clause.name.text);
      else if (statement.moduleSpecifier !== undefined && ts.isStringLiteral(statement.moduleSpecifier)) {
        const target = resolve(dirname(path), statement.moduleSpecifier.text.replace(/\.js$/, "") + ".d.ts");
        for (const name of exportedNames(target, seen)) names.add(name);
      }
      continue;
    }
    if (!ts.canHaveModifiers(statement)) continue;
    if (!ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations)
        if (ts.isIdentifier(declaration.name)) names.add(declaration.name.text);
    } else if ("name" in statement && statement.name !== undefined && ts.isIdentifier(statement.name)) {
      names.add((statement.name as { text: string }).text);
    }
  }
  return names;
}
