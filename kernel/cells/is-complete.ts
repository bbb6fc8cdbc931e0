import { ts } from "../tslab/converter.js";
import type { Completeness } from "./messages.js";
import type { InternalSourceFile } from "../tslab/internals.js";

/** Whether a console should run the code or wait for more lines. */
export function isCompleteTypeScript(source: string): Completeness {
  // `export {}` makes it a module, in which `await` may stand at the top.
  const prefix = "export {};";
  const file = ts.createSourceFile("cell.ts", prefix + source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const problems = (file as InternalSourceFile).parseDiagnostics;
  const first = problems[0];
  if (first === undefined) return { status: "complete" };
  const end = prefix.length + source.trimEnd().length;
  const unterminatedComment = 1010;
  const unterminatedTemplate = 1160;
  const open = first.code === unterminatedComment || first.code === unterminatedTemplate || first.start >= end;
  return open ? { status: "incomplete", indent: nextIndent(source) } : { status: "invalid" };
}

/** The indentation of the last line, and two spaces more after an opening bracket. */
export function nextIndent(source: string): string {
  const line = source.trimEnd().split(/\r?\n/).at(-1) ?? "";
  const indent = line.slice(0, line.length - line.trimStart().length);
  return /[[{(]\s*(\/\/.*)?$/.test(line) ? indent + "  " : indent;
}
