/** The programs (in TypeScript's sense) that tslab checks cells in. */
import type { Prepared } from "../declarations/prepared.js";
import { exchangeCell, isExchanged } from "./exchanged-files.js";
import type { TypeScript } from "./converter.js";
import { internalsOf, type Internals, type InternalSourceFile, type InternalTypeChecker } from "./internals.js";

export type CreateProgram = TypeScript.CreateProgram<TypeScript.BuilderProgram>;

/** Parsed, and bound by the first program that has them. */
const parsed = new Map<string, TypeScript.SourceFile>();

/**
 * Makes the programs of one tslab. A new program means a new checker, which merges the names of all libraries and works out their types
 * again: most of the time of a small cell. So a cell usually takes the place of the cell before it in the program that is there
 * (`exchanged-files.ts`). What such a program accepts is accepted; a problem is always told by a new one (`anew`), as what a
 * checker says of a mistake depends on the mistakes it has seen.
 */
export class CellPrograms {
  readonly #ts: typeof TypeScript;
  readonly #internals: Internals;
  readonly #prepared: Prepared;
  readonly #hosts = new WeakSet<TypeScript.CompilerHost>();
  readonly #lookedAt = new WeakSet<TypeScript.SourceFile>();
  #cells = 0;
  #startsAnew = false;
  #isExchanged = false;
  #isDoubtful = false;

  constructor(ts: typeof TypeScript, prepared: Prepared) {
    this.#ts = ts;
    this.#internals = internalsOf(ts);
    this.#prepared = prepared;
  }

  /** Whether the last cell was checked by a checker that has checked others before. */
  get isExchanged(): boolean {
    return this.#isExchanged;
  }

  /** Whether the last check of an exchanged cell found something that is not among its diagnostics. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** To be told of what an editor asks about: the checker has then looked at parts of a file, and will not say twice what is wrong there. */
  lookedAt(file: TypeScript.SourceFile): void {
    this.#lookedAt.add(file);
  }

  /** Does something with new programs only. */
  anew<T>(work: () => T): T {
    this.#startsAnew = true;
    try {
      return work();
    } finally {
      this.#startsAnew = false;
    }
  }

  /**
   * What tslab uses of a builder, without what it would keep. Bound at once: tslab reads the names a cell declares before it checks.
   * Prepared files are neither read nor watched, and their imports not looked for.
   */
  readonly create: CreateProgram = (rootNames, options, host, old, ...rest) => {
    if (host !== undefined && !this.#hosts.has(host)) {
      this.#hosts.add(host);
      takePrepared(this.#ts, host, this.#prepared);
    }
    const program = old?.getProgram();
    this.#isDoubtful = false;
    this.#isExchanged =
      !this.#startsAnew && this.#cells < cellsOfOneChecker && host !== undefined && program !== undefined && rootNames !== undefined
        ? exchangeCell(this.#ts, program, rootNames, host, this.#prepared.files)
        : false;
    this.#cells = this.#isExchanged ? this.#cells + 1 : 0;
    const builder =
      this.#isExchanged && program !== undefined
        ? this.#ts.createAbstractBuilder(program, host as TypeScript.BuilderProgramHost)
        : this.#ts.createAbstractBuilder(rootNames, options, host, old, ...rest);
    for (const name of rootNames ?? []) {
      const file = builder.getSourceFile(name);
      if (file !== undefined) this.#internals.bindSourceFile(file, builder.getCompilerOptions());
    }
    builder.getAllDependencies = (file) => localDependencies(builder, file);
    const emit = builder.emit.bind(builder);
    builder.emit = (file, write, cancellation, _onlyDeclarations, ...transformers) => {
      // Of the JavaScript, only which imports are left of the cell's is looked at.
      const onlyDeclarations = file !== undefined && isExchanged(file) && !/\bimport\b/.test(file.text);
      const result = emit(file, write, cancellation, onlyDeclarations, ...transformers);
      this.#isDoubtful ||= result.diagnostics.length > 0;
      return result;
    };
    return builder;
  };

  /** In place of TypeScript's own: a program remembers what it has found in a file, by the file's name. */
  readonly diagnostics = (program: TypeScript.Program, files: readonly TypeScript.SourceFile[]): readonly TypeScript.Diagnostic[] => {
    const [cell, ...others] = files as readonly InternalSourceFile[];
    if (cell === undefined || !isExchanged(cell)) return this.#internals.getPreEmitDiagnosticsOfFiles(program, files);
    // Comments that silence a problem are the business of programs.
    this.#isDoubtful ||= cell.commentDirectives !== undefined || cell.checkJsDirective !== undefined || this.#lookedAt.has(cell);
    const found = [...program.getSyntacticDiagnostics(cell), ...cell.bindDiagnostics, ...checkUnderOwnName(program, cell)];
    return [...found, ...others.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])];
  };
}

/** A checker keeps something of each cell. */
const cellsOfOneChecker = 100;

let names = 0;

/** A checker keeps problems by the name of the file and leaves out those that it has already there, of whichever cell they were. */
function checkUnderOwnName(program: TypeScript.Program, cell: InternalSourceFile): readonly TypeScript.Diagnostic[] {
  const { fileName } = cell;
  names += 1;
  try {
    cell.fileName = fileName.replace(/(?=\.ts$)/, `-${names}`);
    return (program.getTypeChecker() as InternalTypeChecker).getDiagnostics(cell);
  } finally {
    cell.fileName = fileName;
  }
}

function takePrepared(ts: typeof TypeScript, host: TypeScript.CompilerHost, { files, declarationOf }: Prepared): void {
  const getSourceFile = host.getSourceFile.bind(host);
  const getSourceFileByPath = host.getSourceFileByPath?.bind(host);
  const resolveModuleNameLiterals = host.resolveModuleNameLiterals?.bind(host);
  /** Otherwise the notebook's folder has its own types of Node, all of which are read. */
  let isNodePrepared = false;
  const take = (path: string, options: TypeScript.ScriptTarget | TypeScript.CreateSourceFileOptions): TypeScript.SourceFile | undefined => {
    const text = files.get(path)?.text;
    if (text === undefined) return undefined;
    isNodePrepared ||= path.endsWith("/@types/node/globals.d.ts");
    const file = parsed.get(path) ?? ts.createSourceFile(path, text, options);
    parsed.set(path, file);
    return file;
  };
  host.getSourceFile = (path, options, ...rest) => take(path, options) ?? getSourceFile(path, options, ...rest);
  host.getSourceFileByPath = (name, path, options, ...rest) => take(name, options) ?? getSourceFileByPath?.(name, path, options, ...rest);
  const resolved = (resolvedFileName: string | undefined): TypeScript.ResolvedModuleFull | undefined => {
    if (resolvedFileName === undefined) return undefined;
    return { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: resolvedFileName.includes("/node_modules/") };
  };
  host.resolveModuleNameLiterals = (literals, containing, ...rest) => {
    const file = files.get(containing);
    // What was not found when they were prepared are modules of Node, declared by name.
    if (file !== undefined) return literals.map(({ text }) => ({ resolvedModule: resolved(file.resolve(text)) }));
    const found = resolveModuleNameLiterals?.(literals, containing, ...rest) ?? [];
    return found.map((resolution, index) => {
      const declaration = isNodePrepared ? declarationOf(literals[index]?.text ?? "") : undefined;
      return resolution.resolvedModule === undefined && declaration !== undefined
        ? { ...resolution, resolvedModule: resolved(declaration) }
        : resolution;
    });
  };
}

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
