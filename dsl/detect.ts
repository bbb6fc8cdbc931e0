/**
 * Whether a cell is in the layer language: its first token that is no comment is one of the language's statements followed
 * by what that needs, or its first line is `%%layers`. No TypeScript cell starts so: two adjacent names are a syntax error there.
 * A cell that starts with `let` lines is in the layer language when such a statement follows them.
 */
export function isLayerCell(source: string): boolean {
  if (/^\s*%%layers\b/u.test(source)) return true;
  const text = source.replace(/^(?:\s+|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/u, "");
  if (startsStatement(text)) return true;
  return /^let[ \t]/u.test(text) && outermostLines(text).some((line) => startsStatement(line));
}

const name = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
const operators = "(?:in|of|instanceof|as|satisfies)";
const header = new RegExp(String.raw`^(?:net|block)[ \t]+${name}[ \t]*(?:\(|\{|$|\n)`, "u");
const train = new RegExp(String.raw`^train[ \t]+${name}[ \t]*(?:,[^\n]*?)?(?:[ \t]on\b|$|\n|\{)`, "u");
const show = new RegExp(String.raw`^show[ \t]+(?:(?!${operators}\b)${name}|"|')`, "u");
const file = new RegExp(String.raw`^(?:load|save)[ \t]+(?!${operators}\b)${name}`, "u");

function startsStatement(text: string): boolean {
  return [header, train, show, file].some((pattern) => pattern.test(text));
}

/** What starts on a line of its own outside every bracket, text and comment, each up to the end of the cell. */
function outermostLines(text: string): string[] {
  const lines: string[] = [];
  let depth = 0;
  // What cannot hold a statement: comments and texts (a template of TypeScript may hold a whole net), brackets, ends of rows.
  for (const { 0: token, index } of text.matchAll(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[[({\])}\n;]/gu,
  )) {
    if ("[({".includes(token)) depth++;
    else if ("])}".includes(token)) depth--;
    else if ((token === "\n" || token === ";") && depth === 0) lines.push(text.slice(index + 1).trimStart());
  }
  return lines;
}

/** The source without its `%%layers` line, which becomes blank so that every position stays. */
export function layerSource(source: string): string {
  return source.replace(/^(\s*)(%%layers[^\n]*)/u, (_, before: string, line: string) => before + " ".repeat(line.length));
}
