/**
 * The only file that touches tslab: its type checker for cells (declarations that persist, completion, inspection) and its patched
 * TypeScript 5.0.4. What is assumed of them is pinned in test/kernel/tslab-converter.test.ts.
 */
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { packageRoot } from "./package-root.js";

export type { TypeScript };

/** A message of the type checker, at UTF-16 offsets of the checked source. */
export interface TypeProblem {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly character: number;
  readonly message: string;
  /** 2322 for TS2322. */
  readonly code: number;
  /** The local file it is in, relative to the notebook's folder; undefined for the cell itself. */
  readonly fileName: string | undefined;
}

export interface CheckedCell {
  readonly problems: readonly TypeProblem[];
  /** The declarations of all cells so far, for the next check; unchanged when there are problems. */
  readonly declarations: string;
  /** The cell as JavaScript, in which imports of mere types are gone. */
  readonly javascript: string;
}

export interface CompletionEntry {
  readonly name: string;
  /** "method", "property", "function", "var", "interface" … as TypeScript calls them. */
  readonly kind: string;
}

export interface TypeChecker {
  check(declarations: string, source: string): CheckedCell;
  complete(declarations: string, source: string, offset: number): { start: number; end: number; entries: CompletionEntry[] };
  inspect(declarations: string, source: string, offset: number): Inspection | undefined;
  close(): void;
}

export interface Inspection {
  readonly start: number;
  readonly length: number;
  /** "const x: number". */
  readonly signature: string;
  /** The doc comment, tags included; may be empty. */
  readonly documentation: string;
}

interface TslabModule {
  createConverter(): {
    convert(declarations: string, source: string): TslabConversion;
    complete(declarations: string, source: string, offset: number): TslabCompletion;
    inspect(declarations: string, source: string, offset: number): TypeScript.QuickInfo | undefined;
    close(): void;
  };
}

interface TslabConversion {
  readonly output?: string;
  readonly declOutput?: string;
  readonly diagnostics: readonly {
    readonly start: { readonly offset: number; readonly line: number; readonly character: number };
    readonly end: { readonly offset: number };
    readonly messageText: string;
    readonly code: number;
    readonly fileName?: string;
  }[];
}

interface TslabCompletion {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
  readonly original?: { readonly entries: readonly { readonly name: string; readonly kind: string }[] };
}

const require = createRequire(import.meta.url);
const tslabPackage = require.resolve("tslab/package.json");
const requireFromTslab = createRequire(tslabPackage);

/** tslab's TypeScript. Loading it takes about 0.2 s. */
export const ts: typeof TypeScript = requireFromTslab("@tslab/typescript-for-tslab") as typeof TypeScript;

/** What TypeScript 5.0.4 exports without declaring it. */
const internals = ts as unknown as { bindSourceFile(file: TypeScript.SourceFile, options: TypeScript.CompilerOptions): void };

/** As TypeScript made it; a second checker of the same thread starts from here. */
const unpatched = { ...ts.sys };

/**
 * Checks cells as if they lay in `directory`, with the given declaration files (path to text; they need not exist) seen by every
 * cell. Takes about a second. One per thread: it patches the thread's `ts.sys`.
 */
export function createTypeChecker(directory: string, given: ReadonlyMap<string, string> = new Map()): TypeChecker {
  const files = watchedFiles(directory);
  const inMemory = new Map([...given].map(([path, text]) => [slashes(path), text]));
  redirectPaths(directory, inMemory, files.watchFile);
  const converter = loadTslab([...inMemory.keys()]).createConverter();
  return {
    check(declarations, source) {
      files.announceEdits();
      const result = converter.convert(declarations, source);
      const problems = result.diagnostics.map((problem) => ({
        start: problem.start.offset,
        end: problem.end.offset,
        line: problem.start.line,
        character: problem.start.character,
        message: problem.messageText,
        code: problem.code,
        fileName: problem.fileName,
      }));
      if (problems.length > 0) return { problems, declarations, javascript: "" };
      return { problems, declarations: result.declOutput ?? "", javascript: result.output ?? "" };
    },
    complete(declarations, source, offset) {
      const result = converter.complete(declarations, source, offset);
      const kinds = new Map(result.original?.entries.map((entry) => [entry.name, entry.kind]));
      const entries = result.candidates.map((name) => ({ name, kind: kinds.get(name) ?? "" }));
      return { start: result.start, end: result.end, entries };
    },
    inspect(declarations, source, offset) {
      const info = converter.inspect(declarations, source, offset);
      if (info === undefined) return undefined;
      const tags = (info.tags ?? []).map((tag) => `@${tag.name} ${(tag.text ?? []).map((part) => part.text).join("")}`.trimEnd());
      const documentation = [(info.documentation ?? []).map((part) => part.text).join(""), ...tags].filter((part) => part !== "");
      return {
        start: info.textSpan.start,
        length: info.textSpan.length,
        signature: (info.displayParts ?? []).map((part) => part.text).join(""),
        documentation: documentation.join("\n"),
      };
    },
    close: () => converter.close(),
  };
}

/**
 * tslab on a TypeScript that reads some declaration files more, and of which two things are replaced. The last step of its conversion, which would print the checked module once
 * more as CommonJS, which we do not run, is taken out. And its programs are plain ones: the builder it would make of each keeps which
 * of all files refers to which, for a small cell half of the time and only to find the local files a cell imports.
 */
function loadTslab(declarationFiles: readonly string[]): TslabModule {
  const path = requireFromTslab.resolve("@tslab/typescript-for-tslab");
  const loaded = requireFromTslab.cache[path];
  if (loaded === undefined) throw new Error("tslab's TypeScript is not in the module cache of Node");
  const whole = loaded.exports as typeof TypeScript;
  const createWatchCompilerHost = (...given: Parameters<CreateWatchHost>): ReturnType<CreateWatchHost> => {
    const [files, options, system, , ...reporters] = given;
    return (whole.createWatchCompilerHost as CreateWatchHost)([...declarationFiles, ...files], options, system, plainProgram, ...reporters);
  };
  // Anew for each checker: the files to read differ.
  Reflect.deleteProperty(require.cache, require.resolve("tslab/dist/converter.js"));
  loaded.exports = {
    ...whole,
    transpileModule: (source: string) => ({ outputText: source, diagnostics: [] }),
    createWatchCompilerHost,
  };
  try {
    return require("tslab/dist/converter.js") as TslabModule;
  } finally {
    loaded.exports = whole;
  }
}

type CreateProgram = TypeScript.CreateProgram<TypeScript.BuilderProgram>;
type CreateWatchHost = (
  files: string[],
  options: TypeScript.CompilerOptions,
  system: TypeScript.System,
  createProgram: CreateProgram,
  ...reporters: unknown[]
) => TypeScript.WatchCompilerHostOfFilesAndCompilerOptions<TypeScript.BuilderProgram>;

/** What tslab uses of a builder, without what it would keep. Bound at once: tslab reads the names a cell declares before it checks. */
const plainProgram: CreateProgram = (rootNames, options, host, old, ...rest) => {
  const builder = ts.createAbstractBuilder(rootNames, options, host, old, ...rest);
  for (const name of rootNames ?? []) {
    const file = builder.getSourceFile(name);
    if (file !== undefined) internals.bindSourceFile(file, builder.getCompilerOptions());
  }
  builder.getAllDependencies = (file) => localDependencies(builder, file);
  return builder;
};

/** The file and the local sources it imports, directly or through others; not the declaration files, which nothing is made of. */
function localDependencies(program: TypeScript.BuilderProgram, file: TypeScript.SourceFile): string[] {
  const found = new Set<string>();
  const visit = (source: TypeScript.SourceFile | undefined): void => {
    if (source === undefined || source.isDeclarationFile || found.has(source.fileName)) return;
    found.add(source.fileName);
    (source as InternalSourceFile).resolvedModules?.forEach(({ resolvedModule }) => {
      if (resolvedModule !== undefined) visit(program.getSourceFile(resolvedModule.resolvedFileName));
    });
  };
  visit(file);
  return [...found];
}

interface InternalSourceFile extends TypeScript.SourceFile {
  readonly resolvedModules?: {
    forEach(visit: (resolution: { readonly resolvedModule?: { readonly resolvedFileName: string } }) => void): void;
  };
}

interface WatchedFiles {
  readonly watchFile: NonNullable<typeof ts.sys.watchFile>;
  announceEdits(): void;
}

/**
 * In place of the system's file events, which would reach tslab at moments when it throws: the files of the notebook's folder are
 * looked at before each check. (Files that did not exist before are the business of whoever gets "cannot find module".)
 */
function watchedFiles(directory: string): WatchedFiles {
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
 * and the package `lamella`, wherever the notebook lies.
 */
function redirectPaths(directory: string, inMemory: ReadonlyMap<string, string>, watchFile: NonNullable<typeof ts.sys.watchFile>): void {
  const sys = ts.sys;
  const root = slashes(resolve(directory));
  sys.getCurrentDirectory = () => root;
  const original = unpatched;
  const redirections = [
    {
      from: slashes(join(dirname(tslabPackage), "node_modules", "@types", "node")),
      to: dirname(require.resolve("@types/node/package.json")),
    },
    { from: slashes(join(directory, "node_modules", "lamella")), to: packageRoot },
  ].filter(({ from, to }) => !original.directoryExists(from) || from.includes("/tslab/") || from === slashes(to));
  const redirect = (path: string): string => {
    for (const { from, to } of redirections) {
      if (path === from || path.startsWith(from + "/")) return slashes(to) + path.slice(from.length);
    }
    return path;
  };
  sys.watchFile = watchFile;
  sys.watchDirectory = () => ({ close: () => {} });
  sys.readFile = (path, encoding) => inMemory.get(path) ?? original.readFile(redirect(path), encoding);
  sys.fileExists = (path) => inMemory.has(path) || original.fileExists(redirect(path));
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
}

function slashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
