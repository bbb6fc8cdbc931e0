import type { TypeProblem, TypeScript } from "../tslab/converter.js";
import { ts } from "../tslab/converter.js";

/** "Cannot find module", "Could not find a declaration file for module". */
const notFound = new Set([2307, 7016]);

/**
 * For packages that are installed but whose types TypeScript does not find: the source to check instead, in which their imports
 * declare the names as `any`. Lines and offsets stay. undefined when this is not what is wrong.
 */
export function looseImports(
  source: string,
  problems: readonly TypeProblem[],
  isInstalled: (specifier: string) => boolean,
): string | undefined {
  const missing = problems.filter((problem) => notFound.has(problem.code) && problem.fileName === undefined);
  if (missing.length === 0) return undefined;
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  let text = source;
  let changed = false;
  const replace = (node: TypeScript.Node, by: string): void => {
    const start = node.getStart(file);
    const old = text.slice(start, node.end);
    const lines = old.replace(/[^\r\n]/g, "");
    const padding = " ".repeat(Math.max(0, old.length - by.length - lines.length));
    text = text.slice(0, start) + by + padding + lines + text.slice(node.end);
    changed = true;
  };
  // From the end, so that a replacement that grows moves nothing still to come.
  for (const statement of [...file.statements].reverse()) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const at = statement.moduleSpecifier.getStart(file);
    if (!missing.some((problem) => problem.start === at) || !isInstalled(statement.moduleSpecifier.text)) continue;
    const names = importedNames(statement);
    replace(statement, names.length === 0 ? "" : `declare const ${names.map((name) => `${name}:any`).join()};`);
  }
  const visit = (node: TypeScript.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isStringLiteral(node) || !ts.isCallExpression(node.parent) || !isInstalled(node.text)) return;
    if (missing.some((problem) => problem.start === node.getStart(file))) replace(node, `""+""`);
  };
  visit(file);
  return changed ? text : undefined;
}

function importedNames(statement: TypeScript.ImportDeclaration): string[] {
  const clause = statement.importClause;
  const names: string[] = [];
  if (clause?.name !== undefined) names.push(clause.name.text);
  const bindings = clause?.namedBindings;
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) names.push(bindings.name.text);
  if (bindings !== undefined && ts.isNamedImports(bindings)) names.push(...bindings.elements.map((element) => element.name.text));
  return names;
}
