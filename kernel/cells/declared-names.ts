import type { NameKind } from "../../dsl/index.js";
import type { TypeScript } from "../tslab/converter.js";
import { ts } from "../tslab/converter.js";

export interface DeclaredName {
  readonly kind: NameKind;
  /** Its type as TypeScript writes it; empty for what has none (a class). */
  readonly type: string;
}

/** The names that the declarations of all cells so far give, for cells in the layer language: a later cell's comes first there. */
export function declaredNames(declarations: string): Map<string, DeclaredName> {
  const names = new Map<string, DeclaredName>();
  const add = (name: string, type: string): void => {
    if (!names.has(name) && name !== "lamella" && !(name in globalThis)) names.set(name, { kind: kindOfType(type), type });
  };
  const file = ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.ES2022);
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name, type, initializer } of statement.declarationList.declarations)
        if (ts.isIdentifier(name)) add(name.text, type?.getText(file) ?? initializer?.getText(file) ?? "");
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) {
      if (statement.name !== undefined) add(statement.name.text, "");
    } else if (ts.isImportDeclaration(statement)) {
      for (const name of importedNames(statement)) add(name, "");
    }
  }
  return names;
}

function importedNames({ importClause }: TypeScript.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const named = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? [bindings.name] : bindings.elements.map(({ name }) => name);
  return [...(importClause?.name === undefined ? [] : [importClause.name]), ...named].map(({ text }) => text);
}

/** What TypeScript's type tells the layer language; a value that may be a layer or a tensor is told apart when it runs. */
function kindOfType(type: string): NameKind {
  if (/^(?:lamella\.)?Net\b/u.test(type)) return "network";
  if (/^(?:lamella\.)?Block$/u.test(type)) return "block";
  if (/^(?:-?\d|"|(?:number|string|boolean)\b)/u.test(type)) return "value";
  if (/^(?:\w+\.)?(?:Memory|Named|Divided|Pair|Mnist)?Dataset$/u.test(type)) return "dataset";
  return "any";
}
