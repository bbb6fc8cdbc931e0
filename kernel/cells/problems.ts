import type { CellError } from "../session/outputs.js";
import type { TypeProblem } from "../tslab-converter.js";

/** Problems found by the type checker, each with its line of code and a caret under the place. */
export function problemsError(problems: readonly TypeProblem[], source: string, title: string): CellError {
  const lines = source.split(/\r?\n/);
  const seen = new Set<string>();
  const traceback: string[] = [];
  const told = withoutOtherOverloads(problems);
  for (const problem of told) {
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
  const [first] = told;
  const more = seen.size > 1 ? ` (and ${seen.size - 1} more)` : "";
  return { name: isSyntax(first?.code ?? 0) ? "SyntaxError" : "TypeScriptError", message: `${first?.message ?? ""}${more}`, traceback };
}

const [noOverloadMatches, overloadFailed] = [2769, 2772];

/**
 * Of a call that fits none of the ways a function may be called, what is wrong with the last of them is told: the usual call is
 * written last. The checker lists all, one after the other.
 */
function withoutOtherOverloads(problems: readonly TypeProblem[]): readonly TypeProblem[] {
  const kept: TypeProblem[] = [];
  for (let at = 0; at < problems.length; at++) {
    const problem = problems[at] as TypeProblem;
    let end = at + 1;
    const samePlace = (other: TypeProblem | undefined): boolean => other?.start === problem.start && other.fileName === problem.fileName;
    while (problem.code === noOverloadMatches && samePlace(problems[end])) end++;
    const last = problems.slice(at, end).findLastIndex(({ code }) => code === overloadFailed);
    if (last < 0) kept.push(problem);
    else {
      kept.push(...problems.slice(at + last + 1, end));
      at = end - 1;
    }
  }
  return kept;
}

/** TypeScript numbers its syntax messages from 1000 to 1999. */
function isSyntax(code: number): boolean {
  return code < 2000;
}
