/**
 * Whether a cell is in the layer language: its first token that is no comment is one of the language's statements followed
 * by what that needs, or its first line is `%%layers`. No TypeScript cell starts so: two adjacent names are a syntax error there.
 */
export function isLayerCell(source: string): boolean {
  if (/^\s*%%layers\b/u.test(source)) return true;
  const text = source.replace(/^(?:\s+|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/u, "");
  const name = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
  const header = new RegExp(String.raw`^(?:net|block)[ \t]+${name}[ \t]*(?:\(|\{|$|\n)`, "u");
  const train = new RegExp(String.raw`^train[ \t]+${name}[ \t]*(?:,[^\n]*?)?(?:[ \t]on\b|$|\n|\{)`, "u");
  const show = new RegExp(String.raw`^show[ \t]+(?:(?!(?:in|of|instanceof|as|satisfies)\b)${name}|"|'|\()`, "u");
  const file = new RegExp(String.raw`^(?:load|save)[ \t]+(?!(?:in|of|instanceof|as|satisfies)\b)${name}`, "u");
  if (/^show[ \t]+\(/u.test(text)) return false;
  return header.test(text) || train.test(text) || show.test(text) || file.test(text);
}

/** The source without its `%%layers` line, which becomes blank so that every position stays. */
export function layerSource(source: string): string {
  return source.replace(/^(\s*)(%%layers[^\n]*)/u, (_, before: string, line: string) => before + " ".repeat(line.length));
}
