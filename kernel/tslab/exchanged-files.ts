/**
 * A cell and the declarations before it take the place of the last ones in a program that is otherwise the same: with the program, its
 * checker stays, and what it knows of all libraries.
 */
import type { PreparedFiles } from "../declarations/prepared.js";
import type { TypeScript } from "./converter.js";
import { internalsOf, type InternalHost, type InternalProgram, type InternalSourceFile } from "./internals.js";

const exchanged = new WeakSet<TypeScript.SourceFile>();

/** Whether a file was put into a program that was there before it. */
export function isExchanged(file: TypeScript.SourceFile): boolean {
  return exchanged.has(file);
}

interface Exchange {
  /** Its place in the program. */
  readonly at: number;
  readonly old: InternalSourceFile;
  readonly file: InternalSourceFile;
}

/**
 * Puts what `host` has now of the last two root files, the declarations and the cell, into the program. Not, and false, where anything
 * else has changed, or where a program made anew would have other files or globals.
 */
export function exchangeCell(
  ts: typeof TypeScript,
  program: TypeScript.Program,
  rootNames: readonly string[],
  host: InternalHost,
  prepared: PreparedFiles,
): boolean {
  const [declarations, cell] = rootNames.slice(-2).map((name) => program.getSourceFile(name) as InternalSourceFile | undefined);
  if (declarations === undefined || cell === undefined) return false;
  const exchanges = changesOf(ts, program as InternalProgram, host, prepared);
  if (exchanges === undefined || exchanges.some(({ old, file }) => !isExchangeable(ts, old) || !isExchangeable(ts, file))) return false;
  if (exchanges.some(({ old }) => old !== declarations && old !== cell)) return false;
  // A cell that is the same has been given its types by the declarations before it: not by others.
  if (exchanges.length > 0 && !exchanges.some(({ old }) => old === cell)) return false;
  const before = [declarations, cell];
  const known = (specifier: string): unknown =>
    before.find(({ resolvedModules }) => resolvedModules?.has(specifier, undefined))?.resolvedModules?.get(specifier, undefined) ??
    preparedModule(ts, specifier, prepared);
  const imports = before.map((old) => {
    const file = exchanges.find((exchange) => exchange.old === old)?.file;
    return file === undefined ? (old.imports ?? []) : importsOf(ts, file);
  });
  const lead = (all: readonly (readonly TypeScript.StringLiteralLike[])[]): Set<string> =>
    new Set(all.flatMap((some) => some.map(({ text }) => text)).filter((name) => preparedModule(ts, name, prepared) === undefined));
  const [led, leads] = [lead(before.map((old) => old.imports ?? [])), lead(imports)];
  if (led.size !== leads.size || [...leads].some((specifier) => !led.has(specifier))) return false;
  for (const { at, old, file } of exchanges) {
    const { path, resolvedPath, originalFileName, fileName } = old;
    file.imports = imports[before.indexOf(old)] ?? [];
    Object.assign(file, { path, resolvedPath, originalFileName, fileName, moduleAugmentations: [], ambientModuleNames: [] });
    file.resolvedModules = file.imports.length === 0 ? undefined : internalsOf(ts).createModeAwareCache();
    for (const { text } of file.imports) file.resolvedModules?.set(text, undefined, known(text));
    (program.getSourceFiles() as InternalSourceFile[])[at] = file;
    (program as InternalProgram).getFilesByNameMap().set(path, file);
    exchanged.add(file);
  }
  return true;
}

/** The files of a program that are not what they were; undefined where there may be more to it. */
function changesOf(ts: typeof TypeScript, program: InternalProgram, host: InternalHost, prepared: PreparedFiles): Exchange[] | undefined {
  if (program.getMissingFilePaths().some((path) => host.fileExists(path))) return undefined;
  const setExternalModuleIndicator = internalsOf(ts).getSetExternalModuleIndicator(program.getCompilerOptions());
  const changes: Exchange[] = [];
  for (const [at, old] of (program.getSourceFiles() as readonly InternalSourceFile[]).entries()) {
    const { fileName, path, resolvedPath, languageVersion, impliedNodeFormat } = old;
    if (host.hasInvalidatedResolutions?.(path) === true) return undefined;
    if (prepared.has(fileName)) continue;
    const options = { languageVersion, impliedNodeFormat, setExternalModuleIndicator };
    const file = host.getSourceFileByPath?.(fileName, resolvedPath, options) as InternalSourceFile | undefined;
    if (file === undefined) return undefined;
    if (file !== old) changes.push({ at, old, file });
  }
  return changes;
}

/** Whether a file is a module that adds nothing to what is global or to other modules, and refers to no file but by imports. */
function isExchangeable(ts: typeof TypeScript, file: TypeScript.SourceFile): boolean {
  const { referencedFiles, typeReferenceDirectives, libReferenceDirectives, hasNoDefaultLib } = file;
  if (!ts.isExternalModule(file) || hasNoDefaultLib) return false;
  if (referencedFiles.length + typeReferenceDirectives.length + libReferenceDirectives.length > 0) return false;
  return !file.statements.some(
    (statement) =>
      ts.isNamespaceExportDeclaration(statement) ||
      (ts.isModuleDeclaration(statement) &&
        (ts.isStringLiteral(statement.name) || (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0)),
  );
}

/** As TypeScript collects them: those of statements, then calls and types. */
function importsOf(ts: typeof TypeScript, file: TypeScript.SourceFile): TypeScript.StringLiteralLike[] {
  const imports: (TypeScript.Node | undefined)[] = file.statements.map((statement) => {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return statement.moduleSpecifier;
    return ts.isImportEqualsDeclaration(statement) && ts.isExternalModuleReference(statement.moduleReference)
      ? statement.moduleReference.expression
      : undefined;
  });
  const visit = (node: TypeScript.Node): void => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) imports.push(node.arguments[0]);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) imports.push(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  if (/\bimport\s*\(/.test(file.text)) visit(file);
  return imports.filter(
    (node): node is TypeScript.StringLiteralLike => node !== undefined && ts.isStringLiteralLike(node) && node.text !== "",
  );
}

/** Where an import by the path of a prepared file leads; undefined for other imports. */
function preparedModule(ts: typeof TypeScript, specifier: string, prepared: PreparedFiles): unknown {
  const resolvedFileName = `${specifier}.d.ts`;
  if (!prepared.has(resolvedFileName)) return undefined;
  return { resolvedModule: { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: false } };
}
