import type { Diagnostic } from "./diagnostic.js";
import { excerpt } from "./excerpt.js";
import { lineText, positionOf } from "./position.js";

/**
 * A diagnostic as text: line and column, the row, carets under what is wrong, the hint, the chain of calls.
 *
 *     line 4, column 72: this row gives 54x54x96, not 55x55x96
 *       conv1: conv 96, 11x11, stride=4, pad=0     -> 55x55x96, 34944 params
 *                                                     ^^^^^^^^
 *       (224 + 2*0 - 11)/4 + 1 = 54.25, rounded down; pad=2 gives 55
 */
export function renderDiagnostic(
  source: string,
  { message, span, hint, chain, related, code, severity }: Diagnostic,
  options: RenderOptions = {},
): string {
  const { line, column } = positionOf(source, span[0]);
  const file = options.file === undefined ? "" : `${options.file}: `;
  const kind = severity === "error" ? "" : `${severity}: `;
  const shownCode = options.codes === true ? ` [${code}]` : "";
  const lines = [`${file}line ${line}, column ${column}: ${kind}${message}${shownCode}`];
  const row = lineText(source, line);
  if (row.trim() !== "") lines.push(...excerpt(row, column, span[1] - span[0]).map((text) => `  ${text}`));
  if (hint !== "") lines.push(`  ${hint}`);
  if (chain !== "") lines.push(`  ${chain}`);
  for (const other of related) lines.push(`  line ${positionOf(source, other.span[0]).line}: ${other.message}`);
  return lines.join("\n");
}

export interface RenderOptions {
  readonly file?: string;
  /** Show the stable code behind the message. */
  readonly codes?: boolean;
}

export function renderDiagnostics(source: string, diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  return diagnostics.map((one) => renderDiagnostic(source, one, options)).join("\n\n");
}
