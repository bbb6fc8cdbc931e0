import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TypeChecker, TypeProblem, TypeScript } from "../tslab-converter.js";
import { createTypeChecker, ts } from "../tslab-converter.js";
import { compileCell, completeAt, hoverAt, isLayerCell, layerSource, renderDiagnostics } from "../../dsl/index.js";
import type { HoverOptions, NameKind } from "../../dsl/index.js";
import { BuiltCells } from "./built-cells.js";
import { declaredNames } from "./declared-names.js";
import { diagnosticsError } from "./diagnostics-error.js";
import { resolveLocal } from "../session/child/local-files.js";
import { isCompleteTypeScript, nextIndent } from "./is-complete.js";
import type { CompiledCell, CompilerCalls, Completeness, Completion, EditorRequest, InspectionBundle } from "./messages.js";
import { readMagics } from "./magics.js";
import { layerLanguage } from "../layer-registry.js";
import { looseImports } from "./loose-imports.js";
import { prelude } from "./prelude.js";
import { problemsError } from "./problems.js";
import { transpile } from "./transpile.js";

/** Compiles the cells of one notebook: keeps the declarations of all cells that have been compiled. */
export class CellCompiler implements CompilerCalls {
  readonly #directory: string;
  #checker: TypeChecker | undefined;
  /** What the layer cells have defined: TypeScript cannot tell the type of everything. */
  #names: Record<string, NameKind> = {};
  readonly #built = new BuiltCells();
  #prelude = "";
  #declarations = "";

  constructor(directory: string) {
    this.#directory = directory;
  }

  compile(request: { source: string; title: string; allowShell: boolean; expression: boolean }): CompiledCell {
    const cell = readMagics(request.source, request.allowShell);
    if (cell.kind === "show") return { kind: "show", data: { [cell.mime]: cell.text, "text/plain": cell.text } };
    if (cell.kind === "wrong") {
      const traceback = [`${request.title}, line ${cell.line + 1}: ${cell.message}`];
      return { kind: "failed", error: { name: "SyntaxError", message: cell.message, traceback } };
    }
    if (cell.language === "layers" || isLayerCell(cell.source)) return this.#compileLayers(cell.source, request.title, cell.timed);
    return this.#compileTypeScript(cell.source, request, cell.timed);
  }

  complete(request: EditorRequest): Completion {
    if (isLayerCell(request.source)) {
      const { start, end, items } = completeAt(layerSource(request.source), request.offset, this.#editing(request, this.#built.latest));
      return { start, end, matches: items.map(({ text, kind, detail }) => ({ text, type: kind, signature: detail })) };
    }
    const source = this.#sourceForEditing(request.source);
    const { start, end, entries } = this.#ready().complete(this.#declarations, source, request.offset);
    const matches = entries
      .filter(({ name }) => !/^__(lamella__|lamella_exports__|t|s)$|^tsLastExpr/.test(name))
      .map(({ name, kind }) => ({ text: name, type: kind, signature: "" }));
    return { start, end, matches };
  }

  inspect(request: EditorRequest): InspectionBundle | null {
    if (isLayerCell(request.source)) {
      const hover = hoverAt(layerSource(request.source), request.offset, this.#editing(request));
      return hover === null ? null : { data: { "text/plain": hover.text, "text/markdown": hover.text } };
    }
    const source = this.#sourceForEditing(request.source);
    const checker = this.#ready();
    // The cursor stands after the name as often as in it.
    const found =
      checker.inspect(this.#declarations, source, request.offset) ??
      (request.offset > 0 ? checker.inspect(this.#declarations, source, request.offset - 1) : undefined);
    if (found === undefined) return null;
    const parts = [found.signature, found.documentation].filter((part) => part !== "");
    const html = [
      `<pre>${escapeHtml(found.signature)}</pre>`,
      found.documentation === "" ? "" : `<p>${escapeHtml(found.documentation)}</p>`,
    ];
    return { data: { "text/plain": parts.join("\n\n"), "text/html": html.join("") } };
  }

  isComplete(request: { source: string }): Completeness {
    if (/^\s*%%/.test(request.source)) return /\n\s*$/.test(request.source) ? { status: "complete" } : { status: "incomplete", indent: "" };
    const cell = readMagics(request.source, true);
    if (isLayerCell(request.source)) return this.#isCompleteLayers(request.source);
    return cell.kind === "code" ? isCompleteTypeScript(cell.source) : { status: "complete" };
  }

  #isCompleteLayers(source: string): Completeness {
    const code = source.replace(/\/\/[^\n]*|"[^"\n]*"/g, "");
    const open = (code.match(/[[({]/g) ?? []).length - (code.match(/[\])}]/g) ?? []).length;
    if (open > 0) return { status: "incomplete", indent: nextIndent(source) };
    const { diagnostics } = compileCell(source, { registry: layerLanguage, names: this.#namesForLayers() });
    return { status: diagnostics.some(({ code: number }) => number.startsWith("E00")) ? "invalid" : "complete" };
  }

  reset(): null {
    this.#declarations = this.#prelude;
    this.#names = {};
    this.#built.clear();
    return null;
  }

  warmUp(): null {
    this.#ready();
    return null;
  }

  /** Compiles something that changes nothing: the engine compiles TypeScript's own hot paths while nobody waits. */
  rehearse(round: number): void {
    const checker = this.#ready();
    const source = round % 2 === 0 ? `${round} + 1` : `const rehearsal${round} = [${round}].map((n) => n + 1);`;
    checker.check(this.#declarations, source);
    transpile(source);
  }

  #ready(): TypeChecker {
    if (this.#checker === undefined) {
      const { files, declarations } = prelude();
      this.#checker = createTypeChecker(this.#directory, files);
      // The first check and the first transpilation warm the compiler up.
      this.#prelude = this.#checker.check(declarations, "await 0").declarations;
      this.#declarations = this.#prelude;
      transpile("const first = await 0;");
    }
    return this.#checker;
  }

  #compileTypeScript(source: string, request: { title: string; expression: boolean }, timed: boolean): CompiledCell {
    const checker = this.#ready();
    let checked = checker.check(this.#declarations, source);
    if (checked.problems.length > 0) {
      const loose = looseImports(source, checked.problems, (specifier) => this.#isInstalled(specifier));
      if (loose !== undefined) checked = checker.check(this.#declarations, loose);
      else if (this.#hasAppeared(checked.problems)) checked = this.#renew().check(this.#declarations, source);
    }
    if (checked.problems.length > 0) return { kind: "failed", error: problemsError(checked.problems, source, request.title) };
    if (!request.expression) this.#declarations = checked.declarations;
    const { code, mappings } = transpile(source, { typeOnlyImports: typeOnlyImports(source, checked.javascript) });
    return { kind: "script", source, code, mappings, timed, notices: "" };
  }

  /** The emitted TypeScript goes the way of every cell, so that later cells know the types of the networks. */
  #compileLayers(source: string, title: string, timed: boolean): CompiledCell {
    const checker = this.#ready();
    const compiled = compileCell(source, { registry: layerLanguage, names: this.#namesForLayers() });
    if (!compiled.ok) return { kind: "failed", error: diagnosticsError(source, compiled.diagnostics, title) };
    let checked = checker.check(this.#declarations, compiled.typescript);
    if (checked.problems.length > 0) {
      // What runs is checked on shapes; types that TypeScript cannot follow must not stand in the way.
      const loose = compiled.defines.map(({ name }) => `declare const ${name}: any;\n`).join("");
      checked = checker.check(this.#declarations, loose);
    }
    this.#declarations = checked.declarations;
    for (const { name, kind } of compiled.defines) this.#names[name] = kind;
    this.#built.add(
      source,
      compiled.defines.map(({ name }) => name),
    );
    // `show` and `train` have shown what there is to see.
    const { code, mappings } = transpile(compiled.typescript, { showLast: false });
    const notices = renderDiagnostics(source, compiled.diagnostics);
    const networks = compiled.defines.filter(({ kind }) => kind === "network").map(({ name }) => name);
    return {
      kind: "script",
      source,
      code,
      mappings,
      timed,
      layers: compiled.map,
      emitted: { networks, typescript: compiled.typescript },
      notices,
    };
  }

  #editing({ source, values = {} }: EditorRequest, known?: ReturnType<BuiltCells["of"]>): HoverOptions {
    const names = this.#namesForLayers();
    const { rows, bindings } = known ?? this.#built.of(layerSource(source), names, values);
    return { registry: layerLanguage, names, values, rows, bindings };
  }

  /** What the notebook's cells define, in either language. A name that is a layer's stays one: TypeScript knows it as a function. */
  #namesForLayers(): Readonly<Record<string, NameKind>> {
    const names: Record<string, NameKind> = {};
    for (const [name, { kind, type }] of declaredNames(this.#declarations))
      if (!layerLanguage.layers.has(name)) names[name] = type === "any" ? (this.#names[name] ?? kind) : kind;
    return names;
  }

  /** Whether a local file that could not be found is there: it was written after TypeScript had looked for it. */
  #hasAppeared(problems: readonly TypeProblem[]): boolean {
    const missing = problems.flatMap(({ code, message }) => (code === 2307 ? [/'(\.{1,2}\/[^']+)'/.exec(message)?.[1]] : []));
    const url = pathToFileURL(join(this.#directory, "notebook.mjs")).href;
    return missing.some((specifier) => specifier !== undefined && resolveLocal(specifier, url) !== undefined);
  }

  #renew(): TypeChecker {
    this.#checker?.close();
    this.#checker = createTypeChecker(this.#directory, prelude().files);
    return this.#checker;
  }

  /** Magics become code of the same length where there is one, so that offsets hold. */
  #sourceForEditing(source: string): string {
    const cell = readMagics(source, false);
    return cell.kind === "code" && cell.source.length === source.length ? cell.source : source;
  }

  /** Whether Node finds a package that TypeScript's older way of looking does not (ESM-only packages, global packages). */
  #isInstalled(specifier: string): boolean {
    const require = createRequire(join(this.#directory, "notebook.mjs"));
    const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
    return (require.resolve.paths(specifier) ?? []).some((folder) => ts.sys.fileExists(join(folder, name, "package.json")));
  }
}

/** Modules from which a cell imports types only: TypeScript has dropped their imports. */
function typeOnlyImports(source: string, javascript: string): ReadonlySet<string> {
  if (!/\bimport\b/.test(source)) return new Set();
  const kept = new Set(importsOf(javascript));
  return new Set(importsOf(source).filter((specifier) => !kept.has(specifier)));
}

function importsOf(text: string): string[] {
  const file = ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022);
  return file.statements
    .filter((statement): statement is TypeScript.ImportDeclaration => ts.isImportDeclaration(statement))
    .map((statement) => (ts.isStringLiteral(statement.moduleSpecifier) ? statement.moduleSpecifier.text : ""));
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
