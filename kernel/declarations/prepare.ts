/** Run by the build: writes what `prepared.ts` reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exportedNames, preludeModules } from "../cells/prelude.js";
import { compiledFile } from "../package-root.js";
import { slashes } from "../tslab/files.js";
import { moduleOptions, ts, type TypeScript } from "../tslab/converter.js";
import { declarationPackages, documentationFile, preparationFile, versionOf } from "./prepared.js";

const folders = declarationPackages();

/** "@types/node/fs.d.ts" of a path; undefined outside the packages. */
function nameOf(path: string): string | undefined {
  for (const [name, folder] of [...folders].toReversed()) {
    const inside = slashes(folder) + "/";
    if (path.startsWith(inside)) return `${name}/${path.slice(inside.length)}`;
  }
  return undefined;
}

/** What a file's text is without comments, and where its documentation was. Line breaks stay where they separate. */
function withoutComments(file: TypeScript.SourceFile): { text: string; documentation: number[] } {
  let text = [...file.text.matchAll(/^\/\/\/ *<reference .*$/gm)].map(([line]) => `${line}\n`).join("");
  const documentation: number[] = [];
  const visit = (node: TypeScript.Node): void => {
    const children = node.getChildren(file).filter(({ kind }) => kind !== ts.SyntaxKind.JSDoc);
    if (children.length > 0) {
      for (const child of children) visit(child);
      return;
    }
    const start = node.getStart(file, false);
    if (start === node.end) return;
    const before = file.text.slice(node.pos, start);
    if (before !== "") text += before.includes("\n") ? "\n" : " ";
    const doc = ts.getLeadingCommentRanges(file.text, node.pos)?.findLast(({ pos }) => /^\/\*\*(?!\/)/.test(file.text.slice(pos, pos + 4)));
    if (doc !== undefined) documentation.push(text.length, doc.pos, doc.end);
    text += file.text.slice(start, node.end);
  };
  visit(file);
  return { text, documentation };
}

const modules = preludeModules.map((module) => [module, compiledFile(module).replace(/\.js$/, ".d.ts")] as const);
const types = folders.get("@types/node") ?? "";
const options: TypeScript.CompilerOptions = {
  ...moduleOptions,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts"],
  module: ts.ModuleKind.ESNext,
  types: ["node"],
  typeRoots: [dirname(types)],
};
const program = ts.createProgram(
  modules.map(([, path]) => path),
  options,
);
const { files: filesRead, later } = readLater();
const texts: Record<string, string> = {};
const imports: Record<string, Record<string, string>> = {};
const documentation: Record<string, number[]> = {};
for (const seen of program.getSourceFiles()) {
  const name = nameOf(seen.fileName);
  if (name === undefined) continue;
  const file = ts.createSourceFile(seen.fileName, seen.text, ts.ScriptTarget.ES2022, true);
  const bare = withoutComments(file);
  texts[name] = bare.text.replace(/^\/\/\/ *<reference path="([^"]*)".*\n/gm, (line, path: string) =>
    filesRead.has(join(dirname(name), path).replaceAll("\\", "/")) ? "" : line,
  );
  if (bare.documentation.length > 0) documentation[name] = bare.documentation;
  for (const [specifier, path] of importsOf(seen)) {
    const target = nameOf(path);
    if (target !== undefined) (imports[name] ??= {})[specifier] = target;
  }
  for (const specifier of filesRead.has(name) ? importsIn(file) : []) {
    const target = later[specifier];
    if (target !== undefined && target !== name) (imports[name] ??= {})[specifier] = target;
  }
}

/**
 * The files of Node's types to which nothing leads but an import of a module that they declare, a quarter of all, and these modules.
 * (`process.getBuiltinModule` leads to every module: cells that use it are checked without preparations.)
 */
function readLater(): { files: ReadonlySet<string>; later: Record<string, string> } {
  const declaring = new Map<string, string[]>();
  const leads = new Map<string, readonly string[]>();
  const pending: string[] = [];
  for (const seen of program.getSourceFiles()) {
    const name = nameOf(seen.fileName);
    if (name === undefined) continue;
    const file = ts.createSourceFile(seen.fileName, seen.text, ts.ScriptTarget.ES2022, true);
    leads.set(name, importsIn(file));
    const modules = file.statements.map((statement) => (isAmbientModule(statement) ? statement.name.text : undefined));
    for (const module of modules) if (module !== undefined) declaring.set(module, [...(declaring.get(module) ?? []), name]);
    if (!name.startsWith("@types/node/") || modules.includes(undefined) || /\bglobal\s*\{/.test(file.text)) pending.push(name);
  }
  for (const names of declaring.values()) if (names.length > 1) pending.push(...names);
  const always = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (always.has(name)) continue;
    always.add(name);
    for (const specifier of leads.get(name) ?? []) pending.push(...(declaring.get(specifier) ?? []));
  }
  const later: Record<string, string> = {};
  for (const [module, [name = ""]] of declaring) if (!always.has(name)) later[module] = name;
  return { files: new Set(Object.values(later)), later };
}

function isAmbientModule(node: TypeScript.Node): node is TypeScript.ModuleDeclaration {
  return ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name);
}

/** What a file imports, also inside the modules that it declares. */
function importsIn(file: TypeScript.SourceFile): string[] {
  const specifiers: string[] = [];
  const visit = (node: TypeScript.Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === "BuiltInModule") return;
    const isImport =
      ts.isImportDeclaration(node.parent) ||
      ts.isExportDeclaration(node.parent) ||
      ts.isExternalModuleReference(node.parent) ||
      (ts.isLiteralTypeNode(node.parent) && ts.isImportTypeNode(node.parent.parent));
    if (ts.isStringLiteral(node) && isImport) specifiers.push(node.text);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return specifiers;
}

function importsOf(file: TypeScript.SourceFile): [string, string][] {
  const found: [string, string][] = [];
  const { resolvedModules } = file as {
    resolvedModules?: { forEach(visit: (resolution: { resolvedModule?: { resolvedFileName: string } }, specifier: string) => void): void };
  };
  resolvedModules?.forEach(({ resolvedModule }, specifier) => {
    if (resolvedModule !== undefined) found.push([specifier, resolvedModule.resolvedFileName]);
  });
  return found;
}

const versions = Object.fromEntries([...folders].map(([name, folder]) => [name, versionOf(folder)]));
const exports = Object.fromEntries(modules.map(([module, path]) => [module, [...exportedNames(path)]]));
mkdirSync(dirname(preparationFile), { recursive: true });
const notice =
  "The declarations of TypeScript's libraries (Copyright Microsoft Corporation, Apache License 2.0), of @types/node and of undici-types " +
  "(MIT License), without their comments. The packages beside this one have them whole, with their licenses.";
writeFileSync(preparationFile, JSON.stringify({ notice, versions, texts, imports, later, exports }));
writeFileSync(documentationFile, JSON.stringify(documentation));
