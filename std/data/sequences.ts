import type { Generator } from "../tensor/random.js";
import { MemoryDataset } from "./memory.js";
import { NamedDataset, type DatasetParts } from "./named.js";
import { randomStream } from "./random-stream.js";
import { Vocabulary } from "./text.js";

/** A sentence to be read and one to be written, as texts of tokens. */
type Pair = readonly [source: string, target: string];

/** A data set of pairs of token sequences, with the vocabularies that turn numbers back into text. */
export class PairDataset extends NamedDataset {
  readonly #vocabularies: () => { readonly source: Vocabulary; readonly target: Vocabulary };

  constructor(name: string, summary: string, make: () => DatasetParts, vocabularies: () => { source: Vocabulary; target: Vocabulary }) {
    super(name, summary, make);
    this.#vocabularies = vocabularies;
  }

  get sourceVocabulary(): Vocabulary {
    return this.#vocabularies().source;
  }

  get targetVocabulary(): Vocabulary {
    return this.#vocabularies().target;
  }
}

/**
 * Pairs of texts as columns of token numbers: `src` (what is read), `tgt` (what has been written so far: a beginning, then the
 * answer) and `next` (the answer, then an end), padded with 0 to the longest.
 */
function pairs(name: string, summary: string, count: number, draw: (random: Generator) => Pair): PairDataset {
  let made: { parts: DatasetParts; source: Vocabulary; target: Vocabulary } | null = null;
  const make = (): NonNullable<typeof made> => {
    if (made !== null) return made;
    const random = randomStream(1, name);
    const texts = Array.from({ length: count }, () => draw(random));
    const source = Vocabulary.of(texts.map(([text]) => text));
    const target = Vocabulary.of(texts.map(([, text]) => text));
    const longest = (side: 0 | 1): number => texts.reduce((most, pair) => Math.max(most, Array.from(pair[side]).length), 0);
    const [read, written] = [longest(0), longest(1) + 1];
    const columns = { src: new Int32Array(count * read), tgt: new Int32Array(count * written), next: new Int32Array(count * written) };
    for (const [index, [question, answer]] of texts.entries()) {
      const marked = target.encode(Array.from(answer), { marks: true }); // beginning, answer, end
      columns.src.set(source.encode(Array.from(question)), index * read);
      columns.tgt.set(marked.subarray(0, -1), index * written);
      columns.next.set(marked.subarray(1), index * written);
    }
    const all = new MemoryDataset({
      name,
      source: "embedded: generated",
      vocabularies: { src: source, tgt: target, next: target },
      columns: {
        src: { data: columns.src, shape: [read] },
        tgt: { data: columns.tgt, shape: [written] },
        next: { data: columns.next, shape: [written] },
      },
    });
    const cut = Math.round(count * 0.9);
    made = { parts: { train: all.subset(0, cut), test: all.subset(cut, count) }, source, target };
    return made;
  };
  return new PairDataset(name, summary, () => make().parts, make);
}

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A day between 1950 and 2049 as people write it, and as ISO 8601 does. */
function drawDate(random: Generator): Pair {
  const date = new Date(Date.UTC(1950 + random.integer(100), 0, 1 + random.integer(365)));
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const name = months[month] as string;
  const forms = [
    `${day} ${name} ${year}`,
    `${name} ${day}, ${year}`,
    `${day} ${name.slice(0, 3)} ${year}`,
    `${weekdays[date.getUTCDay()]}, ${day} ${name} ${year}`,
    `${day}.${month + 1}.${year}`,
    `${String(month + 1).padStart(2, "0")}/${String(day).padStart(2, "0")}/${year}`,
  ];
  return [(forms[random.integer(forms.length)] as string).toLowerCase(), date.toISOString().slice(0, 10)];
}

const small =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** A whole number below a million in English words. */
export function numberInWords(value: number): string {
  if (value < 20) return small[value] as string;
  if (value < 100) return `${tens[Math.floor(value / 10) - 2]}${value % 10 === 0 ? "" : `-${small[value % 10]}`}`;
  if (value < 1000) return `${small[Math.floor(value / 100)]} hundred${value % 100 === 0 ? "" : ` and ${numberInWords(value % 100)}`}`;
  const rest = value % 1000;
  return `${numberInWords(Math.floor(value / 1000))} thousand${rest === 0 ? "" : rest < 100 ? ` and ${numberInWords(rest)}` : ` ${numberInWords(rest)}`}`;
}

function drawNumber(random: Generator): Pair {
  // As many digits as not: short numbers would hardly occur otherwise.
  const value = random.integer(10 ** (1 + random.integer(4)));
  return [numberInWords(value), String(value)];
}

export const dates: PairDataset = pairs("dates", "10,000 dates in six ways of writing, to be written as 2021-03-09", 10_000, drawDate);
export const numberWords: PairDataset = pairs("numberWords", "5,000 numbers in English words, to be written in digits", 5_000, drawNumber);
