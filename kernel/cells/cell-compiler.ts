import { isLayerCell } from "../../dsl/detect.js";
import { CellTypes } from "./cell-types.js";
import { completeImport } from "./import-paths.js";
import { inspectionHtml } from "./inspection-html.js";
import { isCompleteTypeScript } from "./is-complete.js";
import type { LayerCells } from "./layer-cells.js";
import { completeMagic, readMagics } from "./magics.js";
import type { CompiledCell, CompileRequest, CompilerCalls, Completeness, Completion, EditorRequest, InspectionBundle } from "./messages.js";
import { problemsError } from "./problems.js";
import { transpile } from "./transpile.js";

/** Compiles the cells of one notebook: keeps the declarations of all cells that have been compiled. */
export class CellCompiler implements CompilerCalls {
  readonly #directory: string;
  readonly #types: CellTypes;
  #layers: LayerCells | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.#types = new CellTypes(directory);
  }

  /** A compiler of both languages. */
  static async create(directory: string): Promise<CellCompiler> {
    const compiler = new CellCompiler(directory);
    await compiler.loadLayers();
    return compiler;
  }

  /** Whether a request must wait for the layer language: loading it takes a fifth of a second that a first cell of TypeScript is spared. */
  lacksLayers(source: string | undefined): boolean {
    return this.#layers === undefined && source !== undefined && (isLayerCell(source) || /^\s*%%layers/.test(source));
  }

  async loadLayers(): Promise<void> {
    if (this.#layers !== undefined) return;
    const { LayerCells } = await import("./layer-cells.js");
    this.#layers ??= new LayerCells(this.#types);
  }

  get #loadedLayers(): LayerCells {
    if (this.#layers === undefined) throw new Error("the layer language is not loaded");
    return this.#layers;
  }

  compile(request: CompileRequest): CompiledCell {
    const cell = readMagics(request.source, request.allowShell);
    if (cell.kind === "show") return { kind: "show", data: { [cell.mime]: cell.text, "text/plain": cell.text } };
    if (cell.kind === "wrong") {
      const traceback = [`${request.title}, line ${cell.line + 1}: ${cell.message}`];
      return { kind: "failed", error: { name: "SyntaxError", message: cell.message, traceback } };
    }
    if (cell.language === "layers" || isLayerCell(cell.source)) return this.#loadedLayers.compile(cell.source, request.title, cell.timed);
    return this.#compileTypeScript(cell.source, request, cell.timed);
  }

  complete(request: EditorRequest): Completion {
    const magic = completeMagic(request.source, request.offset);
    if (magic !== undefined) return magic;
    if (isLayerCell(request.source)) return this.#loadedLayers.complete(request);
    const path = completeImport(request.source, request.offset, this.#directory);
    if (path !== undefined) return path;
    const source = this.#sourceForEditing(request.source);
    const { start, end, entries } = this.#types.checker.complete(this.#types.declarations, source, request.offset);
    const matches = entries
      .filter(({ name }) => !/^__(lamella__|lamella_exports__|t|s)$|^tsLastExpr/.test(name))
      .map(({ name, kind, signature, documentation }) => ({ text: name, type: kind, signature, documentation }));
    return { start, end, matches };
  }

  inspect(request: EditorRequest): InspectionBundle | null {
    if (isLayerCell(request.source)) return this.#loadedLayers.inspect(request);
    const source = this.#sourceForEditing(request.source);
    const { checker, declarations } = this.#types;
    // The cursor stands after the name as often as in it.
    const found =
      checker.inspect(declarations, source, request.offset) ??
      (request.offset > 0 ? checker.inspect(declarations, source, request.offset - 1) : undefined);
    if (found === undefined) return null;
    const parts = [found.signature, found.documentation].filter((part) => part !== "");
    return { data: { "text/plain": parts.join("\n\n"), "text/html": inspectionHtml(found.signature, found.documentation) } };
  }

  isComplete(request: { source: string }): Completeness {
    if (/^\s*%%/.test(request.source)) return /\n\s*$/.test(request.source) ? { status: "complete" } : { status: "incomplete", indent: "" };
    const cell = readMagics(request.source, true);
    if (isLayerCell(request.source)) return this.#loadedLayers.isComplete(request.source);
    return cell.kind === "code" ? isCompleteTypeScript(cell.source) : { status: "complete" };
  }

  reset(): null {
    this.#types.reset();
    this.#layers?.reset();
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

  /** Magics become code of the same length where there is one, so that offsets hold. */
  #sourceForEditing(source: string): string {
    const cell = readMagics(source, false);
    return cell.kind === "code" && cell.source.length === source.length ? cell.source : source;
  }
}
