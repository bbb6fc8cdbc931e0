import { compileCell, completeAt, hoverAt, isLayerCell, layerSource, renderDiagnostics } from "../../dsl/index.js";
import type { HoverOptions, NameKind } from "../../dsl/index.js";
import { BuiltCells } from "./built-cells.js";
import { CellTypes } from "./cell-types.js";
import { declaredNames } from "./declared-names.js";
import { diagnosticsError } from "./diagnostics-error.js";
import { isCompleteTypeScript, nextIndent } from "./is-complete.js";
import type { CompiledCell, CompileRequest, CompilerCalls, Completeness, Completion, EditorRequest, InspectionBundle } from "./messages.js";
import { completeMagic, readMagics } from "./magics.js";
import { layerLanguage } from "../layer-registry.js";
import { problemsError } from "./problems.js";
import { transpile } from "./transpile.js";

/** Compiles the cells of one notebook: keeps the declarations of all cells that have been compiled. */
export class CellCompiler implements CompilerCalls {
  readonly #directory: string;
  readonly #types: CellTypes;
  /** What the layer cells have defined: TypeScript cannot tell the type of everything. */
  #names: Record<string, NameKind> = {};
  readonly #built = new BuiltCells();

  constructor(directory: string) {
    this.#directory = directory;
    this.#types = new CellTypes(directory);
  }

  compile(request: CompileRequest): CompiledCell {
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
    const magic = completeMagic(request.source, request.offset);
    if (magic !== undefined) return magic;
    if (isLayerCell(request.source)) {
      const { start, end, items } = completeAt(layerSource(request.source), request.offset, this.#editing(request, this.#built.latest));
      return { start, end, matches: items.map(({ text, kind, detail }) => ({ text, type: kind, signature: detail, documentation: "" })) };
    }
    const source = this.#sourceForEditing(request.source);
    const { start, end, entries } = this.#types.checker.complete(this.#types.declarations, source, request.offset);
    const matches = entries
      .filter(({ name }) => !/^__(lamella__|lamella_exports__|t|s)$|^tsLastExpr/.test(name))
      .map(({ name, kind, signature, documentation }) => ({ text: name, type: kind, signature, documentation }));
    return { start, end, matches };
  }

  inspect(request: EditorRequest): InspectionBundle | null {
    if (isLayerCell(request.source)) {
      const hover = hoverAt(layerSource(request.source), request.offset, this.#editing(request));
      return hover === null ? null : { data: { "text/plain": withoutMarkup(hover.text), "text/markdown": hover.text } };
    }
    const source = this.#sourceForEditing(request.source);
    const { checker, declarations } = this.#types;
    // The cursor stands after the name as often as in it.
    const found =
      checker.inspect(declarations, source, request.offset) ??
      (request.offset > 0 ? checker.inspect(declarations, source, request.offset - 1) : undefined);
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
    this.#types.reset();
    this.#names = {};
    this.#built.clear();
    return null;
  }

  warmUp(): null {
    this.#types.checker.check(this.#types.declarations, "await 0");
    transpile("const first = await 0;");
    return null;
  }

  /** Compiles something that changes nothing: the engine compiles TypeScript's own hot paths while nobody waits. */
  rehearse(round: number): void {
    const source = round % 2 === 0 ? `${round} + 1` : `const rehearsal${round} = [${round}].map((n) => n + 1);`;
    this.#types.checker.check(this.#types.declarations, source);
    transpile(source);
  }

  #compileTypeScript(source: string, request: CompileRequest, timed: boolean): CompiledCell {
    const { problems, declarations, typeOnlyImports } = this.#types.check(source);
    if (problems.length > 0) return { kind: "failed", error: problemsError(problems, source, request.title, this.#directory) };
    if (!request.expression) this.#types.declarations = declarations;
    const { code, mappings } = transpile(source, { typeOnlyImports, ...(request.id !== undefined && { id: request.id }) });
    return { kind: "script", source, code, mappings, timed, notices: "" };
  }

  /** The emitted TypeScript goes the way of every cell, so that later cells know the types of the networks. */
  #compileLayers(source: string, title: string, timed: boolean): CompiledCell {
    const { checker } = this.#types;
    const { declarations } = this.#types;
    const compiled = compileCell(source, { registry: layerLanguage, names: this.#namesForLayers() });
    if (!compiled.ok) return { kind: "failed", error: diagnosticsError(source, compiled.diagnostics, title) };
    let checked = checker.check(declarations, compiled.typescript);
    if (checked.problems.length > 0) {
      // What runs is checked on shapes; types that TypeScript cannot follow must not stand in the way.
      const loose = compiled.defines.map(({ name }) => `declare const ${name}: any;\n`).join("");
      checked = checker.check(declarations, loose);
    }
    this.#types.declarations = checked.declarations;
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
    for (const [name, { kind, type }] of declaredNames(this.#types.declarations))
      if (!layerLanguage.layers.has(name)) names[name] = type === "any" ? (this.#names[name] ?? kind) : kind;
    return names;
  }

  /** Magics become code of the same length where there is one, so that offsets hold. */
  #sourceForEditing(source: string): string {
    const cell = readMagics(source, false);
    return cell.kind === "code" && cell.source.length === source.length ? cell.source : source;
  }
}

/** Front ends that do not draw Markdown in a tooltip show the plain text. */
function withoutMarkup(markdown: string): string {
  return markdown.replace(/\*\*([^*\n]+)\*\*/g, "$1").replace(/`([^`\n]+)`/g, "$1");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
