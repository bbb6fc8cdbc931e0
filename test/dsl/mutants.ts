import { readdirSync, readFileSync } from "node:fs";
import { tokensOf, type Token } from "../../dsl/tokens.js";

/** Mulberry32: a small generator of our own, so that the same seed gives the same mutants everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function programs(): { file: string; source: string }[] {
  const folder = new URL("./programs/", import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ file, source: readFileSync(new URL(file, folder), "utf8") }));
}

export interface Mutant {
  readonly file: string;
  readonly source: string;
  readonly change: string;
  /** Where the change is, in the mutated text. */
  readonly span: readonly [number, number];
  /** The names before and after. */
  readonly words: readonly string[];
}

/** A program with one mistake as people make them: a letter lost, two tokens swapped, a wrong number, a token too few or too many. */
export function mutant(random: () => number): Mutant {
  const all = programs();
  const { file, source } = all[Math.floor(random() * all.length)] as { file: string; source: string };
  const tokens = tokensOf(source).filter(({ kind }) => kind !== "comment" && kind !== "newline");
  const index = Math.floor(random() * (tokens.length - 1));
  const token = tokens[index] as Token;
  const next = tokens[index + 1] as Token;
  const [start, end] = token.span;
  const made = (text: string, from: number, to: number, change: string): Mutant => ({
    file,
    source: source.slice(0, from) + text + source.slice(to),
    change,
    span: [from, from + Math.max(1, text.length)],
    words: [token.text, text.trim(), next.text],
  });
  const kind = Math.floor(random() * 5);
  if (kind === 0 && token.kind === "name" && token.text.length > 2) {
    const at = 1 + Math.floor(random() * (token.text.length - 1));
    return made(token.text.slice(0, at) + token.text.slice(at + 1), start, end, `letter ${at} of ${token.text}`);
  }
  if (kind === 1)
    return made(next.text + source.slice(end, next.span[0]) + token.text, start, next.span[1], `${token.text} and ${next.text} swapped`);
  if (kind === 2 && token.kind === "number")
    return made(String(Number(token.text) + 1 + Math.floor(random() * 9)), start, end, `number ${token.text}`);
  if (kind === 3) return made("", start, end, `without ${token.text}`);
  return made(`${token.text} ${token.text}`, start, end, `${token.text} twice`);
}
