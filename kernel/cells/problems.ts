import type { CellError } from "../session/outputs.js";
import type { TypeProblem } from "../tslab-converter.js";

/** Problems found by the type checker, each with its line of code and a caret under the place. */
export function problemsError(problems: readonly TypeProblem[], source: string, title: string): CellError {
  const lines = source.split(/\r?\n/);
  const seen = new Set<string>();
  const traceback: string[] = [];
  for (const problem of problems) {
    const key = `${problem.fileName}:${problem.start}:${problem.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const where = problem.fileName ?? title;
    const place = `${where}, line ${problem.line + 1}, column ${problem.character + 1}`;
    traceback.push(`${place}: ${problem.message} (TS${problem.code})`);
    const text = problem.fileName === undefined ? lines[problem.line] : undefined;
    if (text === undefined) continue;
    const width = Math.max(1, Math.min(problem.end - problem.start, text.length - problem.character));
    traceback.push("    " + text.replaceAll("\t", " "), "    " + " ".repeat(problem.character) + "^".repeat(width));
  }
  const [first] = problems;
  const more = seen.size > 1 ? ` (and ${seen.size - 1} more)` : "";
  return { name: isSyntax(first?.code ?? 0) ? "SyntaxError" : "TypeScriptError", message: `${first?.message ?? ""}${more}`, traceback };
}

/** TypeScript numbers its syntax messages from 1000 to 1999. */
function isSyntax(code: number): boolean {
  return code < 2000;
}
