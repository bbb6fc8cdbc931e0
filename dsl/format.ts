import { grammar } from "./tree.js";
import { tokensOf, type Token } from "./tokens.js";

/** One line of the result before columns are aligned. */
interface Line {
  /** Depth of bodies the line stands in, and what it is indented by beside that. */
  readonly indent: number;
  readonly text: string;
  /** Where the first `|` of the row stands in `text`, outside of braces and parentheses; -1 when there is none. */
  readonly bar: number;
  /** The claim, from `->` on; empty when there is none. */
  readonly claim: string;
  readonly comment: string;
  /** Rows of a `train` block: the key, whose values are aligned. */
  readonly key: string;
}

/** Rows whose widths differ by more than this are not aligned with each other. */
const widestGap = 28;

/**
 * The cell in its usual form: rows indented by two blanks a body, `|`, `->` and comments aligned within a group of rows, one
 * blank around operators. What stands in one line stays in one line. A cell that cannot be read is left as it is.
 */
export function formatSource(source: string): string {
  if (source.trim() === "" || grammar.match(source).failed()) return source;
  const lines = layOut(source);
  const result: string[] = [];
  for (let start = 0; start < lines.length;) {
    let end = start;
    while (end < lines.length && !isBlank(lines[end] as Line)) end++;
    result.push(...alignGroup(lines.slice(start, end)));
    while (end < lines.length && isBlank(lines[end] as Line)) end++;
    if (end < lines.length) result.push("");
    start = end;
  }
  return `${result.join("\n")}\n`;
}

function isBlank({ text, comment }: Line): boolean {
  return text === "" && comment === "";
}

function layOut(source: string): Line[] {
  const lines: Line[] = [];
  const open: { token: string; column: number }[] = [];
  let depth = 0;
  let trainDepth = -1;
  let trainNext = false;
  let row: Token[] = [];
  const flush = (): void => {
    const tokens = row.filter(({ kind }) => kind !== "comment");
    const comment = row.find(({ kind }) => kind === "comment")?.text.trimEnd() ?? "";
    row = [];
    const closes = tokens[0]?.text === "}";
    const inside = open.findLast(({ token }) => token !== "{");
    const depthHere = depth - (closes ? 1 : 0);
    const continued = tokens[0]?.text === "|" || tokens[0]?.text === "->" ? 2 : 0;
    const base = inside === undefined ? 2 * depthHere + continued : inside.column;
    const { text, bar, claim } = write(tokens, source);
    if (tokens[0]?.text === "train") trainNext = true;
    const key =
      depth === trainDepth &&
      inside === undefined &&
      tokens[0]?.kind === "name" &&
      tokens[1] !== undefined &&
      !["let", "update"].includes(tokens[0].text) &&
      !tokens.some(({ text: one }) => one === ";" || one === "}")
        ? tokens[0].text
        : "";
    lines.push({ indent: base, text, bar: key === "" && inside === undefined ? bar : -1, claim, comment, key });
    let column = base;
    let cursor = 0;
    for (const token of tokens) {
      const at = text.indexOf(token.text, cursor);
      if (at !== -1) {
        cursor = at + token.text.length;
        column = base + cursor;
      }
      if (token.text === "{") {
        open.push({ token: "{", column });
        depth++;
        if (trainNext) trainDepth = depth;
        trainNext = false;
      } else if (token.text === "(" || token.text === "[") open.push({ token: token.text, column });
      else if (token.text === ")" || token.text === "]") open.pop();
      else if (token.text === "}") {
        open.pop();
        if (depth === trainDepth) trainDepth = -1;
        depth--;
      }
    }
  };
  for (const token of tokensOf(source)) {
    if (token.kind === "newline") flush();
    else row.push(token);
  }
  if (row.length > 0) flush();
  while (lines.length > 0 && isBlank(lines[0] as Line)) lines.shift();
  while (lines.length > 0 && isBlank(lines.at(-1) as Line)) lines.pop();
  return lines;
}

/** A line's tokens with the usual blanks between them. */
function write(tokens: readonly Token[], source: string): { text: string; bar: number; claim: string } {
  let text = "";
  let bar = -1;
  let claimAt = -1;
  let nested = 0;
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (before !== undefined && spaced(before, token, tokens[index - 2], source, nested, tokens)) text += " ";
    if (token.text === "(" || token.text === "[" || token.text === "{") nested++;
    if (token.text === ")" || token.text === "]" || token.text === "}") nested--;
    if (token.text === "|" && nested === 0 && bar === -1 && index > 0) bar = text.length;
    if (token.text === "->" && nested === 0) claimAt = text.length;
    text += token.text;
  }
  // A claim inside a body on one line stays where it is.
  if (claimAt === -1 || claimAt === 0) return { text, bar, claim: "" };
  return { text: text.slice(0, claimAt).trimEnd(), bar: bar > claimAt ? -1 : bar, claim: text.slice(claimAt) };
}

const operators = new Set(["+", "-", "@", "%", "==", "!=", "<", ">", "<=", ">=", "|", "->", "×"]);
const tight = new Set(["*", "/", "^"]);
const words = new Set([
  "in",
  "or",
  "and",
  "not",
  "if",
  "repeat",
  "on",
  "to",
  "from",
  "let",
  "update",
  "out",
  "default",
  "show",
  "load",
  "save",
]);

function spaced(a: Token, b: Token, beforeA: Token | undefined, source: string, nested: number, line: readonly Token[]): boolean {
  const apart = a.span[1] < b.span[0];
  if (b.text === "," || b.text === ")" || b.text === "]" || b.text === ";") return false;
  if (a.text === "(" || a.text === "[") return false;
  if (a.text === "{" && b.text === "}") return apart;
  if (a.text === "." || b.text === "." || a.text === ".." || b.text === "..") return false;
  if (b.text === ":") return false;
  if (b.text === "=" || a.text === "=")
    return nested === 0 && line[0]?.text === "let" && line.findIndex(({ text }) => text === "=") === line.indexOf(b.text === "=" ? b : a);
  if (a.text === "-" && isUnary(beforeA)) return false;
  if (tight.has(b.text)) return apart;
  if (tight.has(a.text)) return source[a.span[0] - 1] === " ";
  if (operators.has(a.text) || operators.has(b.text)) return true;
  // `f (a | b)` and `f(a)` are the same, `x[0]` and `x [0]` are not.
  if ((b.text === "(" || b.text === "[") && (a.kind === "name" || a.text === ")" || a.text === "]")) return apart || words.has(a.text);
  return true;
}

function isUnary(before: Token | undefined): boolean {
  return before === undefined || (before.kind === "symbol" && ![")", "]", "}", "?"].includes(before.text)) || words.has(before.text);
}

/** Aligns the first bars, the claims and the comments of rows that stand together. */
function alignGroup(lines: readonly Line[]): string[] {
  const keyWidth = Math.max(0, ...lines.map(({ key }) => key.length));
  const keyed = lines.map((line) =>
    line.key === "" ? line : { ...line, text: line.key.padEnd(keyWidth + 1) + line.text.slice(line.key.length).trimStart() },
  );
  const depths = new Set(keyed.filter(({ bar }) => bar !== -1).map(({ indent }) => indent));
  let barred: Line[] = keyed;
  for (const depth of depths) {
    const bars = barred.filter(({ bar, indent }) => bar !== -1 && indent === depth).map(({ bar }) => bar);
    const widest = Math.max(...bars);
    if (bars.length < 2 || widest - Math.min(...bars) > widestGap) continue;
    barred = barred.map((line) =>
      line.bar === -1 || line.indent !== depth
        ? line
        : {
            ...line,
            text: `${line.text
              .slice(0, line.bar)
              .trimEnd()
              .padEnd(widest - 1)} ${line.text.slice(line.bar)}`,
          },
    );
  }
  const claimed = barred.filter(({ claim }) => claim !== "");
  const claimColumn = Math.max(0, ...claimed.map(({ indent, text }) => indent + text.length));
  const withClaims = barred.map((line) => {
    const text = " ".repeat(line.indent) + line.text;
    return line.claim === "" ? text : `${text.padEnd(claimColumn)}   ${line.claim}`;
  });
  const trailing = withClaims.filter((text, index) => text.trim() !== "" && (lines[index] as Line).comment !== "");
  const commentColumn = Math.max(0, ...trailing.map((text) => text.length));
  return withClaims.map((text, index) => {
    const { comment, indent } = lines[index] as Line;
    if (comment === "") return text.trimEnd();
    return text.trim() === "" ? " ".repeat(indent) + comment : `${text.padEnd(commentColumn)}   ${comment}`;
  });
}
