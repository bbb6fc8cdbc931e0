/**
 * The declaration files that every cell is checked with, as the build has prepared them (`prepare.ts`): those of JavaScript, of Node
 * and our own, in one file, without comments, each import resolved. Reading them as they lie in their packages, two thirds of it
 * documentation, would be most of the time until a first cell is answered.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compiledFile, packageRoot } from "../package-root.js";
import { typescriptFolder } from "../tslab/converter.js";
import { slashes } from "../tslab/files.js";

/** What the build writes. Files are named by their package and their path in it: "@types/node/fs.d.ts". */
export interface Preparation {
  /** The version of each package whose files are here. */
  readonly versions: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
  /** What the imports of a file lead to. */
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of each module of Node that is read when something imports it: the file that declares it. */
  readonly later: Readonly<Record<string, string>>;
  /** The names that our modules export, types included. */
  readonly exports: Readonly<Record<string, readonly string[]>>;
}

/** Of each file: where a documented token starts in the prepared text, and where its documentation starts and ends in the original. */
export type Documentation = Readonly<Record<string, readonly number[]>>;

export interface PreparedFile {
  readonly text: string;
  /** The path that an import leads to; undefined for one that is not prepared. */
  resolve(specifier: string): string | undefined;
}

/** By their paths. */
export type PreparedFiles = ReadonlyMap<string, PreparedFile>;

export interface Prepared {
  readonly files: PreparedFiles;
  /** The file that declares a module of Node, where it is read when something imports it. */
  readonly declarationOf: (module: string) => string | undefined;
}

export const preparationFile: string = compiledFile("kernel/declarations/prepared").replace(/\.js$/, ".json");
export const documentationFile: string = preparationFile.replace(/\.json$/, "-documentation.json");

/** Where the packages lie: `name` as resolved from the package before it. */
export function declarationPackages(): Map<string, string> {
  const folders = new Map([["lamella", packageRoot]]);
  const from = createRequire(import.meta.url);
  const folderOf = (name: string, require: NodeJS.Require): string => {
    const found = dirname(require.resolve(`${name}/package.json`));
    folders.set(name, found);
    return found;
  };
  folders.set("@tslab/typescript-for-tslab", typescriptFolder());
  folderOf("undici-types", createRequire(join(folderOf("@types/node", from), "package.json")));
  return folders;
}

export function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

let preparation: Preparation | null | undefined;

/** null before the first build, and where a package is not the one that was prepared. */
export function readPreparation(): Preparation | null {
  if (preparation !== undefined) return preparation;
  preparation = null;
  if (!existsSync(preparationFile)) return null;
  const read = JSON.parse(readFileSync(preparationFile, "utf8")) as Preparation;
  const same = [...declarationPackages()].every(([name, folder]) => read.versions[name] === versionOf(folder));
  if (same) preparation = read;
  return preparation;
}

/** `wanted`: false where every file is to be read as it lies in its package. */
export function preparedFiles(wanted = true): Prepared {
  const files = new Map<string, PreparedFile>();
  const read = readPreparation();
  if (read === null || !wanted) return { files, declarationOf: () => undefined };
  const pathOf = pathsOfFiles();
  for (const [name, text] of Object.entries(read.texts)) {
    const imports = read.imports[name];
    const resolve = (specifier: string): string | undefined => {
      const target = imports?.[specifier];
      return target === undefined ? undefined : pathOf(target);
    };
    files.set(pathOf(name), { text, resolve });
  }
  const declarationOf = (module: string): string | undefined => {
    const name = Object.hasOwn(read.later, module) ? read.later[module] : undefined;
    return name === undefined ? undefined : pathOf(name);
  };
  return { files, declarationOf };
}

function pathsOfFiles(): (name: string) => string {
  const folders = [...declarationPackages()].map(([name, folder]) => [name + "/", slashes(folder) + "/"] as const);
  return (name) => {
    const [prefix, folder] = folders.find(([prefix]) => name.startsWith(prefix)) ?? ["", ""];
    return folder + name.slice(prefix.length);
  };
}

let documentation: Map<string, readonly number[]> | undefined;

/** The doc comment before the token that starts at `start` of a prepared file, as it stands in the original. */
export function preparedDocumentation(path: string, start: number): string | undefined {
  if (documentation === undefined) {
    const pathOf = pathsOfFiles();
    const read = JSON.parse(readFileSync(documentationFile, "utf8")) as Documentation;
    documentation = new Map(Object.entries(read).map(([name, places]) => [pathOf(name), places]));
  }
  const places = documentation.get(path) ?? [];
  for (let at = 0; at < places.length; at += 3) {
    if (places[at] === start) return readFileSync(path, "utf8").slice(places[at + 1], places[at + 2]);
  }
  return undefined;
}
