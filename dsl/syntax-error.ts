import { diagnostic, type Diagnostic } from "./diagnostics/diagnostic.js";
import { nearestName } from "./diagnostics/nearest.js";
import type { Span } from "./syntax.js";
import { tokensOf, type Token } from "./tokens.js";

export interface FoundSyntaxError {
  readonly diagnostic: Diagnostic;
  readonly span: Span;
  /** What is blanked before the rest is read again. */
  readonly blank: Span;
  /** Names the blanked text would have defined. */
  readonly names: readonly string[];
}

const keywords = ["net", "block", "let", "train", "load", "save", "show", "repeat", "if", "else", "default", "out", "update"];
const reserved = new Set([...keywords, "on", "from", "to", "in", "and", "or", "not"]);
const statements = new Set(["net", "block", "let", "train", "load", "save", "show"]);

/** What is wrong at the place where reading stopped. `source` is the text as it was written, `text` what is left of it. */
export function syntaxError(text: string, at: number, source: string): FoundSyntaxError | null {
  const tokens = tokensOf(text).filter(({ kind }) => kind !== "comment");
  const real = tokens.filter(({ kind }) => kind !== "newline");
  if (real.length === 0) return null;
  const index = real.findIndex(({ span }) => span[1] > at);
  const token = index === -1 ? (real.at(-1) as Token) : (real[index] as Token);
  const before = index === -1 ? real.at(-2) : real[index - 1];
  const row = rowAround(text, tokens, token, before, at);
  const inRow = real.filter(({ span }) => span[0] >= row.span[0] && span[1] <= row.span[1]);
  const found = explain(text, token, before, inRow, at, row.depth);
  const names = namesDefined(inRow);
  return { diagnostic: found, span: found.span, blank: blankOf(text, row.span, inRow, tokens), names: source === "" ? [] : names };
}

/** The logical row a failure belongs to: the one the failing token is on, or the one before when that was cut short. */
function rowAround(
  text: string,
  tokens: readonly Token[],
  token: Token,
  before: Token | undefined,
  at: number,
): { span: Span; depth: number } {
  const between = before === undefined ? "" : text.slice(before.span[1], token.span[0]);
  // Failing at the first token of a line, after a row that wanted more: that row is at fault.
  const unfinished = before !== undefined && between.includes("\n") && at <= token.span[0] && isUnfinished(before, token);
  const anchor = unfinished ? before : token;
  let start = anchor.span[0];
  let end = anchor.span[1];
  let depth = 0;
  let round = 0;
  const position = tokens.indexOf(anchor);
  for (let i = position; i >= 0; i--) {
    const one = tokens[i] as Token;
    if (i !== position) {
      if (one.text === ")" || one.text === "]") round++;
      if (one.text === "(" || one.text === "[") round--;
      if (round <= 0 && (one.kind === "newline" || one.text === ";" || one.text === "{" || one.text === "}")) break;
    }
    start = one.span[0];
  }
  round = 0;
  for (let i = position; i < tokens.length; i++) {
    const one = tokens[i] as Token;
    if (one.text === "(" || one.text === "[") round++;
    if (one.text === ")" || one.text === "]") round--;
    if (i !== position && round <= 0 && (one.kind === "newline" || one.text === ";")) break;
    if (one.text === "}" && i !== position) break;
    end = one.span[1];
    if (one.text === "{") break;
  }
  for (const one of tokens) {
    if (one.span[0] >= start) break;
    if (one.text === "{") depth++;
    if (one.text === "}") depth--;
  }
  return { span: [start, end], depth };
}

function isUnfinished(before: Token, token: Token): boolean {
  return (
    ["|", ",", "=", "->", "+", "-", "*", "/", "@", "(", "[", ":", "^"].includes(before.text) ||
    reserved.has(before.text) ||
    (token.text === "}" &&
      before.kind === "symbol" &&
      before.text !== "}" &&
      before.text !== ")" &&
      before.text !== "]" &&
      before.text !== "?")
  );
}

/** Blanks a row; a header whose body follows loses its body too, so that its rows are not taken for other ones. */
function blankOf(text: string, row: Span, inRow: readonly Token[], tokens: readonly Token[]): Span {
  const last = inRow.at(-1);
  const first = inRow[0];
  if (last?.text !== "{" || first === undefined) {
    // A lone brace is blanked as it is.
    return row;
  }
  const opened = tokens.indexOf(last);
  let depth = 0;
  for (let i = opened; i < tokens.length; i++) {
    const one = tokens[i] as Token;
    if (one.text === "{") depth++;
    if (one.text === "}" && --depth === 0) {
      // The rows of a `repeat` or `if` whose header is broken can still be read: only the header goes.
      if (!statements.has(first.text) && !keywords.slice(0, 7).some((word) => nearestName(first.text, [word]) !== null))
        return [row[0], last.span[0]];
      return [row[0], one.span[1]];
    }
  }
  return [row[0], text.length];
}

function namesDefined(inRow: readonly Token[]): string[] {
  const names: string[] = [];
  for (const [index, token] of inRow.entries()) {
    if (token.kind !== "name") continue;
    const previous = inRow[index - 1]?.text;
    const next = inRow[index + 1]?.text;
    if (previous === "let" || previous === "net" || previous === "block" || next === ":" || (index === 0 && next === "="))
      names.push(token.text);
    if (index > 0 && (next === "=" || next === ",") && inRow[0]?.text !== "let") continue;
  }
  return names;
}

function explain(text: string, token: Token, before: Token | undefined, inRow: readonly Token[], at: number, depth: number): Diagnostic {
  const first = inRow[0];
  const onNewLine = before !== undefined && text.slice(before.span[1], token.span[0]).includes("\n");
  if (
    before !== undefined &&
    (onNewLine || token.span[1] <= at || token.text === "}") &&
    isUnfinished(before, token) &&
    before.text !== ":"
  ) {
    return diagnostic("E003", `something is missing after \`${before.text}\``, before.span, { hint: wantedAfter(before.text) });
  }
  if (token.kind === "string" && !/^(".*"|'.*')$/u.test(token.text))
    return diagnostic("E004", "this text is not closed", token.span, { hint: `a ${token.text[0] ?? '"'} is missing at its end` });
  if (depth === 0 && first !== undefined && token === first && first.text !== "throw" && !statements.has(token.text)) {
    const meant = token.kind === "name" ? nearestName(token.text, [...statements]) : null;
    const message =
      token.kind === "name"
        ? `a statement starts with net, block, let, train, show, load or save, not \`${token.text}\``
        : `\`${token.text}\` cannot start a statement`;
    return diagnostic(
      "E005",
      meant === null ? message : `${message}; did you mean \`${meant}\`?`,
      token.span,
      meant === null ? {} : { fix: { title: `change to ${meant}`, span: token.span, text: meant } },
    );
  }
  // Two names side by side where the first was meant to be a keyword: `repaet n in list {`.
  if (first?.kind === "name" && !reserved.has(first.text) && (inRow.at(-1)?.text === "{" || inRow[2]?.text === "=")) {
    const meant = nearestName(first.text, keywords);
    if (meant !== null) {
      return diagnostic("E005", `\`${first.text}\` is not a keyword; did you mean \`${meant}\`?`, first.span, {
        fix: { title: `change to ${meant}`, span: first.span, text: meant },
      });
    }
  }
  if (reserved.has(token.text) && token.kind === "name") {
    return diagnostic("E006", `\`${token.text}\` is a word of the language and cannot stand here`, token.span, {
      hint: before?.text === "let" || before?.text === "net" || before?.text === "block" ? "choose another name" : "",
    });
  }
  if (token.text === "=" && first?.kind === "name" && inRow[1] === token) {
    return diagnostic(
      "E007",
      `\`${first.text} =\` defines nothing; write \`let ${first.text} =\`, or \`${first.text}:\` to name what a row gives`,
      first.span,
      {
        fix: { title: "put let in front", span: [first.span[0], first.span[0]], text: "let " },
      },
    );
  }
  if (token.text === "=" && (first?.text === "if" || inRow.some(({ text: word }) => word === "if"))) {
    return diagnostic("E008", "`=` gives a value; two values are compared with `==`", token.span, {
      fix: { title: "change to ==", span: token.span, text: "==" },
    });
  }
  // What nbgrader leaves of a marked region.
  if (first?.text === "throw" && inRow[1]?.text === "new") {
    const what = depth === 0 ? "statements" : "rows";
    return diagnostic("E001", `\`throw\` is TypeScript: ${what} of the layer language go in its place`, first.span);
  }
  const wanted = wantedAfter(before?.text ?? "");
  if (token.kind === "number" && before?.kind === "number")
    return diagnostic("E003", `a comma is missing between ${before.text} and ${token.text}`, token.span);
  if (before !== undefined && !onNewLine && isValue(before) && isValue(token) && !reserved.has(before.text)) {
    return diagnostic("E003", `\`${token.text}\` cannot follow \`${before.text}\` here`, token.span, {
      hint: "values are separated by commas, layers by |",
    });
  }
  return diagnostic("E001", `\`${token.text}\` cannot stand here`, token.span, { hint: wanted });
}

function isValue(token: Token): boolean {
  return token.kind === "name" || token.kind === "number" || token.kind === "string" || token.kind === "shape";
}

function wantedAfter(text: string): string {
  switch (text) {
    case "|":
      return "a layer follows a |";
    case ",":
      return "a value or an option follows a comma";
    case "=":
      return "a value follows =";
    case "->":
      return "a claim is a shape, a number of params, or ?";
    case "on":
      return "train NET on DATA";
    case "net":
    case "block":
      return `${text} NAME(…) { … }`;
    case "let":
      return "let NAME = …";
    case ":":
      return "a row follows a label";
    default:
      return "";
  }
}
