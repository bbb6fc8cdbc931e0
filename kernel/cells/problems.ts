import { readFileSync } from "node:fs";
import { join } from "node:path";
import { excerpt } from "../../dsl/diagnostics/excerpt.js";
import type { CellError } from "../session/outputs.js";
import type { TypeProblem } from "../tslab/converter.js";
import { layerCallProblem } from "./layer-call-problems.js";
import { magicMistake } from "./magics.js";

/**
 * Problems found by the type checker, each with its line of code and a caret under the place. `directory` is where the local files
 * lie that problems may be in.
 */
export function problemsError(problems: readonly TypeProblem[], source: string, title: string, directory: string): CellError {
  const lines = linesOf(source);
  // A cell that is no TypeScript has no types worth telling; what is missing at its end is missing in its last line.
  const syntax = problems.filter(({ code }) => isSyntax(code));
  const shown = (syntax.length > 0 ? syntax : problems).map(ofUsualCall).map((problem) => withinCell(problem, lines));
  const [first] = shown;
  const mistake = first === undefined || first.fileName !== undefined ? undefined : magicMistake(lines[first.line] ?? "");
  if (first !== undefined && mistake !== undefined) {
    const line = lines[first.line] ?? "";
    const traceback = [`${title}, line ${first.line + 1}: ${mistake}`, ...pointAt(line, /\S/.exec(line)?.index ?? 0, 1)];
    return { name: "SyntaxError", message: mistake, traceback };
  }
  const seen = new Set<string>();
  const traceback: string[] = [];
  for (const problem of shown) {
    const key = `${problem.fileName}:${problem.start}:${problem.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const where = problem.fileName ?? title;
    const place = `${where}, line ${problem.line + 1}, column ${problem.character + 1}`;
    traceback.push(...`${place}: ${problem.message} (TS${problem.code})`.split("\n"));
    const text = (problem.fileName === undefined ? lines : linesOfFile(join(directory, problem.fileName)))[problem.line];
    if (text !== undefined) traceback.push(...pointAt(text, problem.character, problem.end - problem.start));
    const hint = hintFor(problem);
    if (hint !== undefined) traceback.push(`  ${hint}`);
  }
  const more = seen.size > 1 ? ` (and ${seen.size - 1} more)` : "";
  const message = `${first?.message.split("\n")[0] ?? ""}${more}`;
  return { name: isSyntax(first?.code ?? 0) ? "SyntaxError" : "TypeScriptError", message, traceback };
}

/** Behind the end of the cell stands what the checker adds to it. */
function withinCell(problem: TypeProblem, lines: readonly string[]): TypeProblem {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const end = lines[last]?.trimEnd().length ?? 0;
  if (problem.fileName !== undefined || last < 0 || problem.line < last || (problem.line === last && problem.character <= end))
    return problem;
  return { ...problem, line: last, character: end, end: problem.start + 1 };
}

function pointAt(line: string, character: number, length: number): string[] {
  return excerpt(line, character + 1, length).map((text) => `    ${text}`);
}

/** What to do about a module that is not there. */
function hintFor({ code, message }: TypeProblem): string | undefined {
  const specifier = code === 2307 ? /^Cannot find module '([^']+)'/.exec(message)?.[1] : undefined;
  if (specifier === undefined) return undefined;
  if (/^\.{1,2}\/|^\//.test(specifier)) return "paths are relative to the notebook's folder";
  if (specifier.startsWith("node:")) return `Node ${process.version} has no such module, or its types do not know it`;
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  return `\`npm install ${name}\` in the notebook's folder makes it available`;
}

function linesOfFile(path: string): string[] {
  try {
    return linesOf(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

const noOverloadMatches = 2769;

/**
 * Of a call that fits none of the ways a function may be called, what is wrong with the last of them: the usual call is written
 * last. The checker lists all, one after the other.
 */
function ofUsualCall(problem: TypeProblem): TypeProblem {
  const ofLayer = layerCallProblem(problem.message);
  if (ofLayer !== undefined) return { ...problem, message: ofLayer };
  const last =
    problem.code === noOverloadMatches
      ? problem.message.split(/^ *Overload \d+ of \d+, .* gave the following error\.\n/m).at(-1)
      : undefined;
  if (last === undefined) return problem;
  const indent = /^ */.exec(last)?.[0] ?? "";
  return { ...problem, message: last.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
}

/** TypeScript numbers its syntax messages from 1000 to 1999. */
function isSyntax(code: number): boolean {
  return code < 2000;
}
