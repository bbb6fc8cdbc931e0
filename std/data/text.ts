import { readFileSync } from "node:fs";
import { LamellaError } from "../errors.js";

/** The lines of a text file, without line ends and empty lines. */
export function readLines(path: string): string[] {
  return readFileSync(path, "utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => line !== "");
}

/** Words or characters and their numbers. 0 is padding, 1 a beginning, 2 an end, 3 what is not known. */
export class Vocabulary {
  static readonly padding = 0;
  static readonly start = 1;
  static readonly end = 2;
  static readonly unknown = 3;
  readonly tokens: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #split: (text: string) => readonly string[];

  /** @param split how a text is cut; into characters by default. */
  constructor(tokens: readonly string[], split: (text: string) => readonly string[] = (text) => Array.from(text)) {
    this.#split = split;
    this.tokens = ["<pad>", "<start>", "<end>", "<unknown>", ...tokens];
    this.#numbers = new Map(this.tokens.map((token, index) => [token, index]));
  }

  /** The tokens of texts, the most frequent first, those of one frequency in alphabetical order. @param split how a text is cut; into characters by default. */
  static of(
    texts: Iterable<string>,
    options: { readonly split?: (text: string) => readonly string[]; readonly limit?: number } = {},
  ): Vocabulary {
    const { split = (text: string): readonly string[] => Array.from(text), limit = Number.POSITIVE_INFINITY } = options;
    const counts = new Map<string, number>();
    for (const text of texts) for (const token of split(text)) counts.set(token, (counts.get(token) ?? 0) + 1);
    const ordered = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([token]) => token);
    return new Vocabulary(ordered.slice(0, limit), split);
  }

  get size(): number {
    return this.tokens.length;
  }

  /** The numbers of a text as it is written. */
  read(text: string): Int32Array {
    return this.encode(this.#split(text));
  }

  /** Token numbers, with a beginning and an end when asked for, padded with 0 to `length`. @throws LamellaError when they do not fit. */
  encode(tokens: readonly string[], options: { readonly length?: number; readonly marks?: boolean } = {}): Int32Array {
    const { marks = false } = options;
    const numbers = tokens.map((token) => this.#numbers.get(token) ?? Vocabulary.unknown);
    const whole = marks ? [Vocabulary.start, ...numbers, Vocabulary.end] : numbers;
    const length = options.length ?? whole.length;
    if (whole.length > length)
      throw new LamellaError(`a text of ${whole.length} tokens does not fit into ${length}: "${tokens.join("").slice(0, 40)}"`);
    const padded = new Int32Array(length);
    padded.set(whole);
    return padded;
  }

  /** The tokens of numbers up to the first end or padding. */
  decode(numbers: ArrayLike<number>): string[] {
    const tokens: string[] = [];
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index] as number;
      if (number === Vocabulary.end || number === Vocabulary.padding) break;
      if (number !== Vocabulary.start) tokens.push(this.tokens[number] ?? "<unknown>");
    }
    return tokens;
  }
}
