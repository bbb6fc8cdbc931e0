/**
 * The only file that touches tslab: its type checker for cells (declarations that persist, completion, inspection) and its patched
 * TypeScript 5.0.4. What is assumed of them is pinned in test/kernel/tslab-converter.test.ts.
 */
import type * as TypeScript from "@tslab/typescript-for-tslab";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { bareNames, describeSymbol, withoutLinks, type SymbolDescription } from "../cells/symbol-description.js";
import { describedMatches } from "../cells/messages.js";
import { requireCompiled } from "../compiled-script.js";
import { CellPrograms, type CreateProgram } from "./cell-programs.js";
import { preparedFiles } from "../declarations/prepared.js";
import { patchSystem, slashes } from "./files.js";
import { internalsOf, type Internals } from "./internals.js";

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
  /** "(x: number): string" of a function, else the type; empty where it is not known, and for all but the first matches. */
  readonly signature: string;
  readonly documentation: string;
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
  readonly original?: { readonly entries: readonly TslabEntry[] };
}

interface TslabEntry {
  readonly name: string;
  readonly kind: string;
  /** Not in tslab: added here. */
  readonly symbol?: TypeScript.Symbol;
}

const require = createRequire(import.meta.url);
const tslabPackage = require.resolve("tslab/package.json");
const requireFromTslab = createRequire(tslabPackage);

/** tslab's TypeScript. */
export const ts: typeof TypeScript = requireCompiled(requireFromTslab.resolve("@tslab/typescript-for-tslab")) as typeof TypeScript;

/** The folder of its package. */
export function typescriptFolder(): string {
  return dirname(requireFromTslab.resolve("@tslab/typescript-for-tslab/package.json"));
}

const internals = internalsOf(ts);

/** As TypeScript made it; a second checker of the same thread starts from here. */
const unpatched = { ...ts.sys };

/**
 * Checks cells as if they lay in `directory`, with the given declaration files (path to text; they need not exist) seen by every
 * cell. Takes about a second, or two where prepared files are not wanted. One per thread: it patches the thread's `ts.sys`.
 */
export function createTypeChecker(
  directory: string,
  given: ReadonlyMap<string, string> = new Map(),
  { wantsPrepared = true }: { readonly wantsPrepared?: boolean } = {},
): TypeChecker {
  const inMemory = new Map([...given].map(([path, text]) => [slashes(path), text]));
  const prepared = preparedFiles(wantsPrepared);
  const files = patchSystem(ts, unpatched, { directory, tslabPackage, inMemory, prepared: prepared.files });
  const asked: Asked = {};
  const programs = new CellPrograms(ts, prepared);
  const converter = loadTslab([...inMemory.keys()], asked, programs).createConverter();
  const describe = (symbol: TypeScript.Symbol | undefined): SymbolDescription => {
    const { checker, at } = asked;
    if (symbol === undefined || checker === undefined || at === undefined) return { kind: undefined, signature: "", documentation: "" };
    return describeSymbol(symbol, { ts, checker, at, commentBefore: files.commentBefore });
  };
  return {
    check(declarations, source) {
      files.announceEdits();
      let result = converter.convert(declarations, source);
      if (programs.isExchanged && (result.diagnostics.length > 0 || programs.isDoubtful)) {
        // Texts that are the same would not be looked at.
        result = programs.anew(() => converter.convert(declarations + "\n", source));
      }
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
      const found = new Map(result.original?.entries.map((entry) => [entry.name, entry]));
      // What every function and every object has comes last.
      const names = result.candidates.toSorted((a, b) => Number(isCommon(found.get(a))) - Number(isCommon(found.get(b))));
      const entries = names.map((name, index) => {
        const entry = found.get(name);
        const { kind = entry?.kind ?? "", ...rest } = describe(index < describedMatches ? entry?.symbol : undefined);
        return { name, kind, ...rest };
      });
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
        signature: withoutImports((info.displayParts ?? []).map((part) => part.text).join("")),
        documentation: documentation.length > 0 ? withoutLinks(documentation.join("\n")) : describe(asked.symbol).documentation,
      };
    },
    close: () => converter.close(),
  };
}

/** TypeScript begins with "(alias)" and ends with the import; what the name stands for is between. */
function withoutImports(signature: string): string {
  return bareNames(signature)
    .replace(/^\(alias\) /, "")
    .replace(/(?!^)\nimport [^\n]*$/, "");
}

/** The property of the expected type, where a name stands in an object literal: `stride` in `conv(6, 5, { stride: 2 })`. */
function optionOf(at: TypeScript.Node, checker: TypeScript.TypeChecker): TypeScript.Symbol | undefined {
  const literal = at.parent?.parent;
  if (literal === undefined || !ts.isObjectLiteralExpression(literal) || !ts.isIdentifier(at)) return undefined;
  return checker.getContextualType(literal)?.getProperty(at.text);
}

/** Where tslab's last question to TypeScript was about. */
interface Asked {
  checker?: TypeScript.TypeChecker;
  at?: TypeScript.Node;
  symbol?: TypeScript.Symbol | undefined;
}

function isCommon(entry: TslabEntry | undefined): boolean {
  const owner = (entry?.symbol as { parent?: TypeScript.Symbol } | undefined)?.parent;
  return owner !== undefined && /^(Object|Function|(Callable|Newable)Function)$/.test(owner.name);
}

/**
 * tslab on a TypeScript that reads some declaration files more, and of which some things are replaced. The last step of its
 * conversion, which would print the checked module once more as CommonJS, which we do not run, is taken out. Its programs are plain
 * ones: the builder it would make of each keeps which of all files refers to which, for a small cell half of the time and only to
 * find the local files a cell imports. The links of a message's chain stay one message (tslab would give those of local files to the
 * cell). And what is asked of a place is kept in `asked`, with the symbols that tslab leaves out.
 */
function loadTslab(declarationFiles: readonly string[], asked: Asked, programs: CellPrograms): TslabModule {
  const path = requireFromTslab.resolve("@tslab/typescript-for-tslab");
  const loaded = requireFromTslab.cache[path];
  if (loaded === undefined) throw new Error("tslab's TypeScript is not in the module cache of Node");
  const whole = loaded.exports as typeof TypeScript;
  const createWatchCompilerHost = (...given: Parameters<CreateWatchHost>): ReturnType<CreateWatchHost> => {
    const [files, options, system, , ...reporters] = given;
    const compilerOptions = { ...options, ...moduleOptions };
    return (whole.createWatchCompilerHost as CreateWatchHost)(
      [...declarationFiles, ...files],
      compilerOptions,
      system,
      programs.create,
      ...reporters,
    );
  };
  // Anew for each checker: the files to read differ.
  Reflect.deleteProperty(require.cache, require.resolve("tslab/dist/converter.js"));
  loaded.exports = {
    ...whole,
    transpileModule: (source: string) => ({ outputText: source, diagnostics: [] }),
    createWatchCompilerHost,
    getPreEmitDiagnosticsOfFiles: (...given: Parameters<CellPrograms["diagnostics"]>) =>
      programs.diagnostics(...given).map((diagnostic) => ({
        ...diagnostic,
        messageText: ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"),
      })),
    getQuickInfoAtPosition: (...given: Parameters<Internals["getQuickInfoAtPosition"]>) => {
      const [file, checker, , position] = given;
      programs.lookedAt(file);
      asked.checker = checker;
      asked.at = internals.getTouchingPropertyName(file, position);
      asked.symbol = optionOf(asked.at, checker) ?? checker.getSymbolAtLocation(asked.at);
      return internals.getQuickInfoAtPosition(...given);
    },
    Completions: {
      ...internals.Completions,
      getCompletionsAtPositionForTslab: (...given: Parameters<Internals["Completions"]["getCompletionsAtPosition"]>) => {
        const [, program, , file, position] = given;
        programs.lookedAt(file);
        asked.checker = program.getTypeChecker();
        asked.at = internals.getTouchingPropertyName(file, position);
        // The last argument, after one for edits, adds the symbols.
        return internals.Completions.getCompletionsAtPosition(...given, undefined, true);
      },
    },
  };
  try {
    return require("tslab/dist/converter.js") as TslabModule;
  } finally {
    loaded.exports = whole;
  }
}

/**
 * Modules are found as bundlers find them, which is closest to what the session does: `exports` of package.json counts (packages that
 * are ES modules only), and a local file may be imported with its ending or without.
 */
export const moduleOptions: TypeScript.CompilerOptions = {
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  customConditions: ["node"],
};

type CreateWatchHost = (
  files: string[],
  options: TypeScript.CompilerOptions,
  system: TypeScript.System,
  createProgram: CreateProgram,
  ...reporters: unknown[]
) => TypeScript.WatchCompilerHostOfFilesAndCompilerOptions<TypeScript.BuilderProgram>;
