import type { Diagnostic } from "../../dsl/index.js";
import { renderDiagnostic } from "../../dsl/index.js";
import type { CellError } from "../session/outputs.js";

/** Mistakes in the layer language as an error of a cell: each with its row and carets under the smallest wrong place. */
export function diagnosticsError(source: string, diagnostics: readonly Diagnostic[], title: string): CellError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const first = errors[0] ?? diagnostics[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const traceback = diagnostics.flatMap((one) => `${title}, ${renderDiagnostic(source, one, { codes: true })}`.split("\n"));
  return { name: "LayerError", message: `${first?.message ?? "this cell has a mistake"}${more}`, traceback };
}
