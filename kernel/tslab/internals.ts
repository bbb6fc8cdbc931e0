/** What TypeScript 5.0.4 has without declaring it, as far as it is used here: what to look at when its version changes. */
import type { TypeScript } from "./converter.js";

export interface Internals {
  bindSourceFile(file: TypeScript.SourceFile, options: TypeScript.CompilerOptions): void;
  getPreEmitDiagnosticsOfFiles(program: TypeScript.Program, files: readonly TypeScript.SourceFile[]): readonly TypeScript.Diagnostic[];
  createModeAwareCache(): Resolutions;
  getSetExternalModuleIndicator(options: TypeScript.CompilerOptions): (file: TypeScript.SourceFile) => void;
  getTouchingPropertyName(file: TypeScript.SourceFile, position: number): TypeScript.Node;
  getQuickInfoAtPosition(
    file: TypeScript.SourceFile,
    checker: TypeScript.TypeChecker,
    cancellation: unknown,
    position: number,
  ): TypeScript.QuickInfo | undefined;
  readonly Completions: {
    getCompletionsAtPosition(
      host: unknown,
      program: TypeScript.Program,
      log: unknown,
      file: TypeScript.SourceFile,
      position: number,
      ...rest: unknown[]
    ): unknown;
  };
  getTransformers(
    options: TypeScript.CompilerOptions,
    custom: TypeScript.CustomTransformers,
  ): { readonly scriptTransformers: readonly unknown[] };
  transformNodes(
    resolver: object,
    host: object,
    factory: TypeScript.NodeFactory,
    options: TypeScript.CompilerOptions,
    files: readonly TypeScript.SourceFile[],
    transformers: readonly unknown[],
    allowDeclarationFiles: boolean,
  ): Transformation;
  createPrinter(options: TypeScript.CompilerOptions, hooks: Readonly<Record<string, Hook>>): Printer;
  createTextWriter(newLine: string): TextWriter;
  createSourceMapGenerator(
    host: { getCurrentDirectory(): string; getCanonicalFileName(name: string): string },
    file: string,
    sourceRoot: string,
    sourcesFolder: string,
    options: TypeScript.CompilerOptions,
  ): SourceMapGenerator;
}

export function internalsOf(ts: typeof TypeScript): Internals {
  return ts as unknown as Internals;
}

export interface InternalSourceFile extends TypeScript.SourceFile {
  path: TypeScript.Path;
  resolvedPath: TypeScript.Path;
  originalFileName: string;
  imports?: readonly TypeScript.StringLiteralLike[];
  moduleAugmentations?: readonly TypeScript.Node[];
  ambientModuleNames?: readonly string[];
  resolvedModules?: Resolutions | undefined;
  readonly parseDiagnostics: readonly TypeScript.DiagnosticWithLocation[];
  readonly bindDiagnostics: readonly TypeScript.Diagnostic[];
  readonly commentDirectives?: readonly unknown[];
  readonly checkJsDirective?: unknown;
}

export interface InternalProgram extends TypeScript.Program {
  getMissingFilePaths(): readonly string[];
  getFilesByNameMap(): Map<string, TypeScript.SourceFile>;
}

export interface InternalTypeChecker extends TypeScript.TypeChecker {
  getDiagnostics(file: TypeScript.SourceFile): readonly TypeScript.Diagnostic[];
}

export interface InternalHost extends TypeScript.CompilerHost {
  hasInvalidatedResolutions?(path: string): boolean;
}

/** What the specifiers of a file's imports are. */
interface Resolutions {
  get(specifier: string, mode: undefined): unknown;
  set(specifier: string, mode: undefined, resolution: unknown): void;
  has(specifier: string, mode: undefined): boolean;
  forEach(visit: (resolution: { readonly resolvedModule?: { readonly resolvedFileName: string } }) => void): void;
}

type Hook = (...given: never[]) => unknown;

interface Transformation {
  readonly transformed: readonly TypeScript.SourceFile[];
  readonly emitNodeWithNotification: Hook;
  readonly isEmitNotificationEnabled: Hook;
  readonly substituteNode: Hook;
  dispose(): void;
}

interface Printer {
  writeFile(file: TypeScript.SourceFile, writer: TextWriter, map: SourceMapGenerator): void;
}

interface TextWriter {
  getText(): string;
  isAtStartOfLine(): boolean;
}

interface SourceMapGenerator {
  toJSON(): { readonly mappings: string };
}
