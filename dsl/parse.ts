import { diagnostic, inOrder, type Diagnostic } from "./diagnostics/diagnostic.js";
import { braceProblems } from "./braces.js";
import type { Cell } from "./syntax.js";
import { syntaxError } from "./syntax-error.js";
import { grammar, treeOf } from "./tree.js";

export interface Parsed {
  readonly cell: Cell;
  readonly diagnostics: readonly Diagnostic[];
  /** Names that rows which could not be read would have defined: nothing is said about them. */
  readonly lost: ReadonlySet<string>;
}

/** More syntax errors than this in a cell are not looked for. */
const mostErrors = 20;

const empty: Cell = { statements: [], span: [0, 0] };

/**
 * Reads a cell. A row that cannot be read is blanked and the rest is read again, so that every mistake of a cell is
 * reported at once.
 */
export function parseCell(source: string): Parsed {
  const braces = braceProblems(source);
  const diagnostics: Diagnostic[] = [...braces.diagnostics];
  let text = braces.mended;
  const lost = new Set<string>();
  for (let tries = 0; tries < mostErrors; tries++) {
    const match = grammar.match(text);
    if (match.succeeded()) return { cell: treeOf(match), diagnostics: inOrder(diagnostics), lost };
    const at = Math.min((match as unknown as { getRightmostFailurePosition(): number }).getRightmostFailurePosition(), text.length);
    const found = syntaxError(text, at, source);
    if (found === null)
      return {
        cell: empty,
        diagnostics: inOrder([...diagnostics, diagnostic("E001", "this cannot be read as the layer language", [0, source.length])]),
        lost,
      };
    // A brace that was put in to go on reading is no mistake of its own.
    if (found.span[0] < source.length || diagnostics.length === 0) diagnostics.push(found.diagnostic);
    for (const name of found.names) lost.add(name);
    const blanked = blank(text, found.blank[0], found.blank[1]);
    if (blanked === text) break;
    text = blanked;
  }
  return { cell: empty, diagnostics: inOrder(diagnostics), lost };
}

/** Characters replaced by blanks; line ends stay, and with them every position. */
function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/gu, " ") + text.slice(end);
}
