import { diagnostic, type Diagnostic } from "./diagnostics/diagnostic.js";
import { positionOf } from "./diagnostics/position.js";
import { tokensOf, type Token } from "./tokens.js";

const partner: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" };

/**
 * Braces that are not closed or not opened, found before the grammar looks: it would only fail at the end of the cell.
 * `mended` is the text with them put right, so that the rows can be read all the same.
 */
export function braceProblems(source: string): { diagnostics: Diagnostic[]; mended: string } {
  const diagnostics: Diagnostic[] = [];
  const open: Token[] = [];
  const edits: { at: number; text: string; remove: number }[] = [];
  const close = (token: Token): void => {
    const line = positionOf(source, token.span[0]).line;
    diagnostics.push(
      diagnostic("E002", `\`${token.text}\` is never closed`, token.span, {
        hint: `a \`${partner[token.text] ?? ""}\` is missing${token.text === "{" ? "" : ` on line ${line}`}`,
      }),
    );
  };
  const tokens = tokensOf(source);
  for (const [index, token] of tokens.entries()) {
    // A `(` or `[` of a row must be closed before the next row starts with a keyword or the body ends.
    const startsRow = index > 0 && tokens[index - 1]?.kind === "newline" && isHeader(token.text);
    if (token.text === "}" || startsRow) {
      for (let top = open.at(-1); top !== undefined && top.text !== "{"; top = open.at(-1)) {
        open.pop();
        close(top);
        edits.push({ at: endOfLine(source, top.span[0]), text: partner[top.text] ?? "", remove: 0 });
      }
    }
    if (startsRow && isStatement(token.text) && atColumnOne(source, token)) {
      // `net`, `block` and the like never stand inside a body.
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        open.pop();
        close(top);
        edits.push({ at: token.span[0], text: "}\n", remove: 0 });
      }
    }
    if (token.kind !== "symbol") continue;
    if (token.text in partner) open.push(token);
    else if (token.text === "}" || token.text === ")" || token.text === "]") {
      const top = open.at(-1);
      if (top !== undefined && partner[top.text] === token.text) open.pop();
      else {
        const hint = top === undefined ? "" : `\`${top.text}\` of line ${positionOf(source, top.span[0]).line} is still open`;
        diagnostics.push(diagnostic("E002", `this \`${token.text}\` closes nothing`, token.span, { hint }));
        edits.push({ at: token.span[0], text: " ", remove: 1 });
      }
    }
  }
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    close(top);
    edits.push({ at: top.text === "{" ? source.length : endOfLine(source, top.span[0]), text: partner[top.text] ?? "", remove: 0 });
  }
  if (diagnostics.length === 0) return { diagnostics, mended: source };
  // Only edits that move nothing before the end keep the positions: the others are left to the grammar.
  let mended = source;
  for (const { at, text, remove } of edits) {
    if (remove > 0) mended = mended.slice(0, at) + text + mended.slice(at + remove);
    else if (at === source.length) mended += text;
    else if (text === "}\n" && mended[at - 1] === "\n") mended = `${mended.slice(0, at - 1)}}${mended.slice(at)}`;
    else mended = blankRow(mended, at);
  }
  return { diagnostics, mended };
}

function isHeader(text: string): boolean {
  return isStatement(text) || text === "let" || text === "repeat" || text === "if" || text === "default" || text === "out";
}

function isStatement(text: string): boolean {
  return text === "net" || text === "block" || text === "train" || text === "show" || text === "load" || text === "save";
}

function atColumnOne(source: string, token: Token): boolean {
  return token.span[0] === 0 || source[token.span[0] - 1] === "\n";
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return end === -1 ? source.length : end;
}

/** Blanks the row that ends at `at`, but for braces that open or close a body around other rows. */
function blankRow(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return text.slice(0, start) + text.slice(start, at).replace(/[^\n{}]/gu, " ") + text.slice(at);
}
