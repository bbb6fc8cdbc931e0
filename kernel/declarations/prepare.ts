/** Run by the build: writes what `prepared.ts` reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { exportedNames, preludeModules } from "../cells/prelude.js";
import { compiledFile } from "../package-root.js";
import { slashes } from "../tslab-files.js";
import { moduleOptions, ts, type TypeScript } from "../tslab-converter.js";
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
const texts: Record<string, string> = {};
const imports: Record<string, Record<string, string>> = {};
const documentation: Record<string, number[]> = {};
for (const seen of program.getSourceFiles()) {
  const name = nameOf(seen.fileName);
  if (name === undefined) continue;
  const file = ts.createSourceFile(seen.fileName, seen.text, ts.ScriptTarget.ES2022, true);
  const bare = withoutComments(file);
  texts[name] = bare.text;
  if (bare.documentation.length > 0) documentation[name] = bare.documentation;
  for (const [specifier, path] of importsOf(seen)) {
    const target = nameOf(path);
    if (target !== undefined) (imports[name] ??= {})[specifier] = target;
  }
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
writeFileSync(preparationFile, JSON.stringify({ notice, versions, texts, imports, exports }));
writeFileSync(documentationFile, JSON.stringify(documentation));
