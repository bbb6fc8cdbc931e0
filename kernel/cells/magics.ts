import { literalLines } from "./literal-lines.js";
import type { Completion } from "./messages.js";
import { startClockCall } from "./runtime-name.js";

/** A cell after its magics have been read. */
export type ReadCell =
  /** Shown as it is, without running anything: `%%html`, `%%svg`, `%%markdown`. */
  | { readonly kind: "show"; readonly mime: string; readonly text: string }
  | {
      readonly kind: "code";
      /** As many lines as the cell, magics replaced by code. */
      readonly source: string;
      /** `%%layers` says so; otherwise the language is read off the code. */
      readonly language: "layers" | undefined;
      readonly timed: boolean;
    }
  | { readonly kind: "wrong"; readonly line: number; readonly message: string };

const shownAs: Readonly<Record<string, string>> = {
  html: "text/html",
  svg: "image/svg+xml",
  markdown: "text/markdown",
};

/** Every magic with what it does, in the order of `%help`. */
export const magics: readonly { readonly text: string; readonly takes: string; readonly does: string }[] = [
  { text: "%time", takes: "EXPRESSION", does: "how long one line takes" },
  { text: "%%time", takes: "", does: "how long the cell takes" },
  { text: "%env", takes: "[NAME[=VALUE]]", does: "environment variables" },
  { text: "%help", takes: "", does: "what a cell may contain" },
  { text: "%%html", takes: "", does: "the rest of the cell is shown as HTML" },
  { text: "%%svg", takes: "", does: "the rest of the cell is shown as a picture" },
  { text: "%%markdown", takes: "", does: "the rest of the cell is shown as Markdown" },
  { text: "%%layers", takes: "", does: "the rest of the cell is in the layer language" },
  { text: "%%typescript", takes: "", does: "the rest of the cell is TypeScript" },
];

/** The magics that may stand where the cursor is, at the start of a line; undefined anywhere else. */
export function completeMagic(source: string, offset: number): Completion | undefined {
  const before = source.slice(0, offset);
  const word = /(?:^|\n)[ \t]*(%%?[A-Za-z]*)$/.exec(before)?.[1];
  if (word === undefined) return undefined;
  // A cell magic stands at the top only.
  const top = before.trimStart() === word;
  const found = magics.filter(({ text }) => text.startsWith(word) && (top || !text.startsWith("%%")));
  const matches = found.map(({ text, takes, does }) => ({ text, type: "magic", signature: takes, documentation: does }));
  return { start: offset - word.length, end: offset, matches };
}

/**
 * Reads `%%name` on the first line of a cell, and the lines `%time`, `%env`, `%help` and, where the kernel allows it, `!command`.
 * A line that continues an expression with `%` is left alone: magics have no space after the sign. So is one inside a template
 * string or a comment.
 */
export function readMagics(cell: string, allowShell: boolean): ReadCell {
  const first = /^\s*%%([A-Za-z]+)[ \t]*([^\r\n]*)(\r?\n|$)/.exec(cell);
  if (first === null) return readLines(cell, allowShell, undefined, false);
  const [head, name = ""] = first;
  const body = cell.slice(head.length);
  const mime = shownAs[name];
  if (mime !== undefined) return { kind: "show", mime, text: body };
  const blank = head.replace(/[^\r\n]/g, " ");
  if (name === "layers") return { kind: "code", source: blank + body, language: "layers", timed: false };
  if (name === "time") {
    const inner = readMagics(body, allowShell);
    if (inner.kind !== "code") return inner;
    return { ...inner, source: blank + inner.source, timed: true };
  }
  if (name === "typescript" || name === "ts") return readLines(blank + body, allowShell, undefined, false);
  const known = ["time", "layers", ...Object.keys(shownAs)].map((known) => `%%${known}`).join(", ");
  return { kind: "wrong", line: head.split("\n").length - 2, message: `there is no cell magic \`%%${name}\`; there are ${known}` };
}

/** What to say of a line that would be a magic elsewhere and is no TypeScript; undefined for any other line. */
export function magicMistake(line: string): string | undefined {
  const name = /^\s*(%[A-Za-z_]\w*)/.exec(line)?.[1];
  if (name !== undefined) {
    const known = magics.map(({ text }) => text).filter((text) => !text.startsWith("%%"));
    const instead: Readonly<Record<string, string>> = {
      "%pip": "; npm packages are installed with `npm install` beside the notebook",
      "%npm": "; npm packages are installed with `npm install` beside the notebook",
      "%matplotlib": "; figures show inline by themselves",
      "%timeit": "; `%time` times a line once",
    };
    return `there is no line magic \`${name}\`; there are ${known.join(", ")}${instead[name] ?? ""}`;
  }
  return /^!\s*[\w./~-]/.test(line)
    ? "a line with `!` runs a command only where the kernel was installed with `lamella install --allow-shell`"
    : undefined;
}

const lineMagic = /^(\s*)%([A-Za-z]+)\b[ \t]?(.*?)(\r?)$/;
const shellLine = /^!(.*?)(\r?)$/;

function readLines(cell: string, allowShell: boolean, language: "layers" | undefined, timed: boolean): ReadCell {
  if (!/^[ \t]*[%!]/m.test(cell)) return { kind: "code", source: cell, language, timed };
  const lines = cell.split("\n");
  const literal = literalLines(lines, (line) => lineMagic.test(line) || (allowShell && shellLine.test(line)));
  const written = lines.map((line, index) => {
    if (literal[index] === true) return line;
    const magic = lineMagic.exec(line);
    if (magic !== null) {
      const [, indent = "", name, rest = "", end = ""] = magic;
      const last = lines.slice(index + 1).every((later) => later.trim() === "");
      // The clock of the last line is stopped by the end of the cell, so that the line's value is still shown.
      if (name === "time") return `${indent}${startClockCall}${rest}${last ? "" : ";__s();"}${end}`;
      if (name === "env") return `${indent}__lamella__.env(${JSON.stringify(rest)});${end}`;
      if (name === "help") return `${indent}__lamella__.help();${end}`;
      return line;
    }
    const shell = allowShell ? shellLine.exec(line) : null;
    return shell === null ? line : `await __lamella__.shell(${JSON.stringify(shell[1])});${shell[2]}`;
  });
  return { kind: "code", source: written.join("\n"), language, timed };
}
