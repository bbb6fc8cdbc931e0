import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compiledFile } from "../package-root.js";
import { ts } from "../tslab-converter.js";

/** The declarations that every notebook starts with: the exports of `lamella`, the notebook functions, our own helpers. */
export function prelude(): string {
  const imports: string[] = [];
  const taken = new Set<string>();
  for (const module of ["kernel/lamella", "kernel/notebook/index"]) {
    const file = compiledFile(module).replace(/\.js$/, "");
    const names = [...exportedNames(file + ".d.ts")].filter((name) => name !== "default" && !taken.has(name));
    for (const name of names) taken.add(name);
    if (names.length > 0) imports.push(`import { ${names.join(", ")} } from ${JSON.stringify(file.replaceAll("\\", "/"))};\n`);
  }
  return imports.join("") + "declare const __lamella__: any;\ndeclare const __t: any;\ndeclare const __s: any;\n";
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
