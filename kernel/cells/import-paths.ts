import { readdirSync, statSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { globalFolders } from "../session/child/local-files.js";
import type { Completion, CompletionMatch } from "./messages.js";

/** What a cell may import of a folder, by its ending. */
const importable = /\.(?:[cm]?[jt]s|[jt]sx|json)$/;

/**
 * What the path of an import may go on with, where the cursor stands in one: files and folders beside the notebook after `./` and
 * `../`, else installed packages and the modules of Node. undefined anywhere else.
 */
export function completeImport(source: string, offset: number, directory: string): Completion | undefined {
  const before = source.slice(0, offset);
  const written = /(?:\bfrom|\bimport|\b(?:import|require)\s*\()\s*(["'])((?:(?!\1)[^\n])*)$/.exec(before);
  if (written === null || isInComment(before.slice(0, written.index))) return undefined;
  const [, quote = "", path = ""] = written;
  const isLocal = /^\.{0,2}\//.test(path) || /^\.{1,2}$/.test(path);
  const known = isLocal ? filesIn(resolve(directory, dirname(`${path}.`))) : modules(path, directory);
  // The names of a folder replace what is written behind the last slash; of a package, the whole name.
  const word = isLocal ? path.slice(path.lastIndexOf("/") + 1) : path;
  const shown = /^\.{1,2}$/.test(path) ? parentFolders : known;
  const matches = shown
    .filter(({ text }) => text.startsWith(word))
    .toSorted((a, b) => a.text.localeCompare(b.text, "en"))
    .map((match) => ({ ...match, signature: "", documentation: "" }));
  const rest = /^[\w@./-]*/.exec(source.slice(offset))?.[0] ?? "";
  const isClosed = source[offset + rest.length] === quote;
  return { start: offset - word.length, end: isClosed && !rest.includes("/") ? offset + rest.length : offset, matches };
}

type Named = Pick<CompletionMatch, "text" | "type">;

const parentFolders: readonly Named[] = ["./", "../"].map((text) => ({ text, type: "folder" }));

/** A line comment; block comments with imports in them are rare, and completing there does no harm. */
function isInComment(before: string): boolean {
  return /^\s*\/\//.test(before.slice(before.lastIndexOf("\n") + 1));
}

function filesIn(folder: string): Named[] {
  return namesIn(folder).flatMap((name): Named[] => {
    if (name === "node_modules" || name.startsWith(".")) return [];
    if (isFolder(join(folder, name))) return [{ text: `${name}/`, type: "folder" }];
    return importable.test(name) && !/\.d\.[cm]?ts$/.test(name) ? [{ text: name, type: "file" }] : [];
  });
}

/** Packages where Node looks for them, each once. Of a scope, its packages once the scope is written. */
function modules(written: string, directory: string): Named[] {
  const scope = /^@[^/]*\//.exec(written)?.[0] ?? "";
  const folders = [...(createRequire(join(directory, "notebook.mjs")).resolve.paths("package") ?? []), ...globalFolders()];
  const names = new Set(["lamella"].filter(() => scope === ""));
  for (const folder of folders) {
    for (const name of namesIn(join(folder, scope))) {
      if (name.startsWith(".") || name === "@types" || !isFolder(join(folder, scope, name))) continue;
      names.add(scope === "" && name.startsWith("@") ? `${name}/` : scope + name);
    }
  }
  const ofNode = scope === "" ? builtinModules.filter((name) => !/^_|\/_/.test(name)).map((name) => `node:${name}`) : [];
  return [...names, ...ofNode].map((text) => ({ text, type: "module" }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
