import type { TypeScript } from "../tslab/converter.js";

/** What an editor shows of a name. */
export interface SymbolDescription {
  /** "function", "class", "interface", "const" …: of an import, what it imports; undefined where TypeScript's own word serves. */
  readonly kind: string | undefined;
  /** "(x: number): string", "number"; empty for names of types. */
  readonly signature: string;
  /** The doc comment as text, tags included; may be empty. */
  readonly documentation: string;
}

interface Surroundings {
  readonly ts: typeof TypeScript;
  readonly checker: TypeScript.TypeChecker;
  /** Where the name stands: types may be narrowed there. */
  readonly at: TypeScript.Node;
  /** The doc comment before a node as it stands in its file, which the program may have been given without comments. */
  readonly commentBefore: (node: TypeScript.Node) => string | undefined;
}

/** The type and the documentation of what a name stands for. */
export function describeSymbol(symbol: TypeScript.Symbol, surroundings: Surroundings): SymbolDescription {
  const { ts, checker } = surroundings;
  const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  return {
    kind: target === symbol ? undefined : kindOf(target, ts),
    signature: signatureOf(target, surroundings),
    documentation: documentationOf(target, surroundings),
  };
}

function kindOf({ flags }: TypeScript.Symbol, ts: typeof TypeScript): string {
  const { Function, Class, Enum, Interface, TypeAlias, Module, Variable } = ts.SymbolFlags;
  if ((flags & Function) !== 0) return "function";
  if ((flags & Class) !== 0) return "class";
  if ((flags & Enum) !== 0) return "enum";
  if ((flags & Variable) !== 0) return "const";
  if ((flags & Interface) !== 0) return "interface";
  if ((flags & TypeAlias) !== 0) return "type";
  return (flags & Module) !== 0 ? "module" : "alias";
}

/** A type as the notebook's author would write it: without the files that names come from, and the library's names bare. */
export function bareNames(text: string): string {
  return text.replace(/import\("[^"]*"\)\./g, "").replace(/\b(?:lamella|__lamella_exports__)\./g, "");
}

function signatureOf(symbol: TypeScript.Symbol, { ts, checker, at }: Surroundings): string {
  if ((symbol.flags & ts.SymbolFlags.Value) === 0) return "";
  const type = checker.getTypeOfSymbolAtLocation(symbol, at);
  const [first, ...more] = type.getCallSignatures();
  if (first === undefined) return bareNames(checker.typeToString(type, at));
  return bareNames(checker.signatureToString(first, at)) + (more.length === 0 ? "" : ` (+${more.length})`);
}

function documentationOf(symbol: TypeScript.Symbol, { ts, commentBefore }: Surroundings): string {
  for (const declaration of symbol.declarations ?? []) {
    // `const x = …`: the comment stands before the statement.
    const owner = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const comment = commentBefore(owner);
    if (comment !== undefined) return plainText(comment);
  }
  return "";
}

function plainText(comment: string): string {
  const lines = comment.slice(3, -2).split(/\r?\n/);
  return withoutLinks(lines.map((line) => line.replace(/^\s*\*? ?/, "").trimEnd()).join("\n"));
}

/** `{@link name}` as the name. */
export function withoutLinks(text: string): string {
  return text
    .replace(/\{@link(?:code|plain)?\s+([^\s|}]+)(?:\s*\|?\s*([^}]*))?\}/g, (_, name: string, text?: string) => text?.trim() || name)
    .trim();
}
