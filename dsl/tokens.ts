import type { Span } from "./syntax.js";

export interface Token {
  readonly kind: "name" | "number" | "string" | "shape" | "symbol" | "newline" | "comment";
  readonly text: string;
  readonly span: Span;
}

const pattern =
  /(?<comment>\/\/[^\n]*)|(?<newline>\n)|(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(?<shape>\d+(?:[x×](?:\d+|[\p{L}_][\p{L}\p{N}_]*))+)|(?<number>\d+(?:\.(?!\.)\d+)?(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<symbol>->|\.\.|==|!=|<=|>=|[^\s])/gu;

/** The tokens of a text, right or wrong: for messages, completion, formatting. Never fails. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (const match of source.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as Token["kind"];
    tokens.push({ kind, text: match[0], span: [match.index, match.index + match[0].length] });
  }
  return tokens;
}
