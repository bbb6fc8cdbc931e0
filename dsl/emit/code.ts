import type { Span } from "../syntax.js";

/** What stands at a place of the emitted text: the spans of the source a mistake there is about. */
export interface SiteInfo {
  /** The whole call, as it is written. */
  readonly call: Span;
  /** Just the name of the layer or block. */
  readonly name?: Span;
  /** The values and options, by the names of the definition. */
  readonly args?: Readonly<Record<string, Span>>;
  /** The items of a row. */
  readonly items?: readonly Span[];
  readonly claim?: { readonly shape?: Span; readonly params?: Span };
}

/** Emitted text in which some places are marked with what they come from. */
export type Code = readonly (string | Mark | Annotation)[];

export interface Mark {
  readonly mark: SiteInfo;
}

/** Text of the TypeScript only: a type. In JavaScript blanks stand there, so that both have the same positions. */
export interface Annotation {
  readonly annotation: string;
}

export function join(parts: readonly Code[], separator: string): Code {
  return parts.flatMap((part, index) => (index === 0 ? part : [separator, ...part]));
}

export function textOf(code: Code): string {
  return code.map((piece) => (typeof piece === "string" ? piece : "annotation" in piece ? piece.annotation : "")).join("");
}

/** Where calls of the emitted text come from: `line:column`, both from 1. Plain data, to be sent to another process. */
export type SiteMap = Readonly<Record<string, SiteInfo>>;

/** The text in both languages, and the map for either. */
export function finish(code: Code): { typescript: string; javascript: string; sites: SiteMap } {
  let typescript = "";
  let javascript = "";
  const sites: Record<string, SiteInfo> = {};
  let line = 1;
  let lineStart = 0;
  for (const piece of code) {
    if (typeof piece === "object" && "mark" in piece) {
      sites[`${line}:${typescript.length - lineStart + 1}`] = piece.mark;
      continue;
    }
    const text = typeof piece === "string" ? piece : piece.annotation;
    javascript += typeof piece === "string" ? text : text.replace(/[^\n]/gu, (char) => " ".repeat(char.length));
    for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) {
      line++;
      lineStart = typescript.length + index + 1;
    }
    typescript += text;
  }
  return { typescript, javascript, sites };
}
