import { compileCell, completeAt, documentationOf, hoverAt, layerSource, renderDiagnostics } from "../../dsl/index.js";
import type { HoverOptions, NameKind } from "../../dsl/index.js";
import { layerLanguage } from "../layer-registry.js";
import { BuiltCells } from "./built-cells.js";
import type { CellTypes } from "./cell-types.js";
import { declaredNames } from "./declared-names.js";
import { diagnosticsError } from "./diagnostics-error.js";
import { nextIndent } from "./is-complete.js";
import type { CompiledCell, Completeness, Completion, EditorRequest, InspectionBundle, Subject } from "./messages.js";
import { describedMatches } from "./messages.js";
import { transpile } from "./transpile.js";

/** The cells of a notebook that are in the layer language. */
export class LayerCells {
  readonly #types: CellTypes;
  /** What the layer cells have defined: TypeScript cannot tell the type of everything. */
  #names: Record<string, NameKind> = {};
  readonly #built = new BuiltCells();

  constructor(types: CellTypes) {
    this.#types = types;
  }

  complete(request: EditorRequest): Completion {
    const { start, end, items } = completeAt(layerSource(request.source), request.offset, this.#editing(request, this.#built.latest));
    const matches = items.map((item, index) => ({
      text: item.text,
      type: item.kind,
      signature: item.detail,
      documentation: index < describedMatches ? withoutMarkup(documentationOf(item, layerLanguage)) : "",
    }));
    return { start, end, matches };
  }

  inspect(request: EditorRequest): InspectionBundle | null {
    const hover = hoverAt(layerSource(request.source), request.offset, this.#editing(request));
    return hover === null ? null : { data: { "text/plain": withoutMarkup(hover.text), "text/markdown": hover.text } };
  }

  isComplete(source: string): Completeness {
    const code = source.replace(/\/\/[^\n]*|"[^"\n]*"/g, "");
    const open = (code.match(/[[({]/g) ?? []).length - (code.match(/[\])}]/g) ?? []).length;
    if (open > 0) return { status: "incomplete", indent: nextIndent(source) };
    const { diagnostics } = compileCell(source, { registry: layerLanguage, names: this.#namesForLayers() });
    return { status: diagnostics.some(({ code: number }) => number.startsWith("E00")) ? "invalid" : "complete" };
  }

  reset(): void {
    this.#names = {};
    this.#built.clear();
  }

  /** The emitted TypeScript goes the way of every cell, so that later cells know the types of the networks. */
  compile(source: string, title: string, timed: boolean): CompiledCell {
    const { checker } = this.#types;
    const { declarations } = this.#types;
    const names = this.#namesForLayers();
    const compiled = compileCell(source, { registry: layerLanguage, names });
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
      subjects: subjectsOf(source).filter(({ name }) => names[name] === "network" && !networks.includes(name)),
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
}

/** What statements of a cell are about. */
function subjectsOf(source: string): Subject[] {
  return [...source.matchAll(/^([ \t]*(?:show|train|save|load)[ \t]+)([\p{L}_][\p{L}\p{N}_]*)/gmu)].map((found) => {
    const [, before = "", name = ""] = found;
    const start = found.index + before.length;
    return { name, span: [start, start + name.length] };
  });
}

/** Front ends that do not draw Markdown in a tooltip show the plain text. */
function withoutMarkup(markdown: string): string {
  return markdown.replace(/\*\*([^*\n]+)\*\*/g, "$1").replace(/`([^`\n]+)`/g, "$1");
}
