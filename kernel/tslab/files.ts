/** What tslab's TypeScript sees of the file system. */
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { preparedDocumentation, type PreparedFiles } from "../declarations/prepared.js";
import { packageRoot } from "../package-root.js";
import type { TypeScript } from "./converter.js";

type System = typeof TypeScript.sys;

export interface SeenFiles {
  /** Tells the compiler which local files have been edited since it was told last. */
  readonly announceEdits: () => void;
  /** The doc comment before a node, which the compiler is not given. */
  readonly commentBefore: (node: TypeScript.Node) => string | undefined;
}

interface SeenSources {
  readonly directory: string;
  /** The path of tslab's package.json. */
  readonly tslabPackage: string;
  readonly inMemory: ReadonlyMap<string, string>;
  readonly prepared: PreparedFiles;
}

/**
 * Patches the system of a thread's TypeScript for a notebook in `directory`. `unpatched` is what it was at first.
 */
export function patchSystem(
  ts: typeof TypeScript,
  unpatched: System,
  { directory, tslabPackage, inMemory, prepared }: SeenSources,
): SeenFiles {
  const { watchFile, announceEdits } = watchedFiles(ts, directory);
  const redirect = redirectPaths(ts.sys, unpatched, directory, tslabPackage);
  const { sys } = ts;
  sys.watchFile = watchFile;
  sys.watchDirectory = () => ({ close: () => {} });
  const read = (path: string, encoding?: string): string | undefined => unpatched.readFile(redirect(path), encoding);
  sys.readFile = (path, encoding) => {
    const text = inMemory.get(path) ?? read(path, encoding);
    return text !== undefined && path.endsWith(".d.ts") ? withoutDocumentation(text) : text;
  };
  sys.fileExists = (path) => inMemory.has(path) || prepared.has(path) || unpatched.fileExists(redirect(path));
  const commentBefore = (node: TypeScript.Node): string | undefined => {
    const file = node.getSourceFile();
    if (prepared.has(file.fileName)) return preparedDocumentation(file.fileName, node.getStart(file));
    const text = read(file.fileName) ?? file.text;
    const comments = ts.getLeadingCommentRanges(text, node.pos) ?? [];
    return comments.map(({ pos, end }) => text.slice(pos, end)).findLast((comment) => comment.startsWith("/**"));
  };
  return { announceEdits, commentBefore };
}

/**
 * Documentation is two thirds of the types of Node, and reading it a third of the time until the first cell runs: doc comments become
 * plain ones of the same length, so that what an editor asks for is still found at its place in the file.
 */
function withoutDocumentation(text: string): string {
  return text.replace(/\/\*\*(?!\/)/g, "/* ");
}

/**
 * In place of the system's file events, which would reach tslab at moments when it throws: the files of the notebook's folder are
 * looked at before each check. (Files that did not exist before are the business of whoever gets "cannot find module".)
 */
function watchedFiles(
  ts: typeof TypeScript,
  directory: string,
): { watchFile: NonNullable<System["watchFile"]>; announceEdits: () => void } {
  const root = slashes(resolve(directory)) + "/";
  const watched = new Map<string, { edited: number; readonly callback: TypeScript.FileWatcherCallback }>();
  const editTime = (path: string): number => ts.sys.getModifiedTime?.(path)?.getTime() ?? 0;
  return {
    watchFile(path, callback) {
      if (path.startsWith(root) && !path.includes("/node_modules/") && ts.sys.fileExists(path)) {
        watched.set(path, { edited: editTime(path), callback });
      }
      return { close: () => watched.delete(path) };
    },
    announceEdits() {
      for (const [path, file] of watched) {
        const edited = editTime(path);
        if (edited === file.edited) continue;
        file.edited = edited;
        file.callback(path, ts.FileWatcherEventKind.Changed);
      }
    },
  };
}

/**
 * Makes tslab see what it would not find: `@types/node` (tslab looks in its own `node_modules` only, where npm may not have put it)
 * and the package `lamella`, wherever the notebook lies. Gives where a path leads.
 */
function redirectPaths(sys: System, original: System, directory: string, tslabPackage: string): (path: string) => string {
  const root = slashes(resolve(directory));
  sys.getCurrentDirectory = () => root;
  const redirections = [
    {
      from: slashes(join(dirname(tslabPackage), "node_modules", "@types", "node")),
      to: dirname(createRequire(import.meta.url).resolve("@types/node/package.json")),
    },
    { from: slashes(join(directory, "node_modules", "lamella")), to: packageRoot },
  ].filter(({ from, to }) => !original.directoryExists(from) || from.includes("/tslab/") || from === slashes(to));
  const redirect = (path: string): string => {
    for (const { from, to } of redirections) {
      if (path === from || path.startsWith(from + "/")) return slashes(to) + path.slice(from.length);
    }
    return path;
  };
  sys.directoryExists = (path) =>
    original.directoryExists(redirect(path)) ||
    redirections.some(({ from }) => from.startsWith(path + "/") && from.slice(path.length).length < 40);
  sys.getDirectories = (path) => {
    const found = original.getDirectories(redirect(path));
    const hidden = redirections.filter(({ from }) => dirname(from) === path).map(({ from }) => from.slice(path.length + 1));
    return [...new Set([...found, ...hidden])];
  };
  sys.readDirectory = (path, ...rest) => original.readDirectory(redirect(path), ...rest);
  sys.realpath = (path) => original.realpath?.(redirect(path)) ?? path;
  return redirect;
}

export function slashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
