import type { TypeProblem, TypeScript } from "../tslab/converter.js";
import { ts } from "../tslab/converter.js";

/**
 * A cell can be right and yet declare something whose type has no name that a later cell could use ("has or is using name … but cannot
 * be named"): the whole of `await import("node:fs")` for one. The source to check instead gives those variables and functions a type
 * that can be written down: `typeof import("node:fs")`, else `any`. undefined when this is not what is wrong.
 */
export function nameableTypes(source: string, problems: readonly TypeProblem[]): string | undefined {
  // TypeScript numbers what keeps it from writing declarations from 4000 to 4999.
  if (problems.length === 0 || problems.some(({ code, fileName }) => code < 4000 || code >= 5000 || fileName !== undefined))
    return undefined;
  const places = new Set(problems.map(({ start }) => start));
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  const insertions = new Map<number, string>();
  const visit = (node: TypeScript.Node): void => {
    const isMeant = "name" in node && node.name !== undefined && places.has((node.name as TypeScript.Node).getStart(file));
    if (isMeant && ts.isVariableDeclaration(node) && node.type === undefined)
      insertions.set(node.name.end, `: ${importedType(node) ?? "any"}`);
    if (isMeant && ts.isFunctionDeclaration(node) && node.type === undefined && node.body !== undefined)
      insertions.set(source.lastIndexOf(")", node.body.getStart(file)) + 1, ": any");
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (insertions.size === 0) return undefined;
  let text = source;
  for (const [at, type] of [...insertions].toSorted(([a], [b]) => b - a)) text = text.slice(0, at) + type + text.slice(at);
  return text;
}

/** Of `await import("x")`. */
function importedType({ initializer }: TypeScript.VariableDeclaration): string | undefined {
  if (initializer === undefined || !ts.isAwaitExpression(initializer) || !ts.isCallExpression(initializer.expression)) return undefined;
  const { expression, arguments: given } = initializer.expression;
  const [specifier] = given;
  if (expression.kind !== ts.SyntaxKind.ImportKeyword || specifier === undefined || !ts.isStringLiteral(specifier)) return undefined;
  return `typeof import(${JSON.stringify(specifier.text)})`;
}
