import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { LamellaError } from "../errors.js";
import { MemoryDataset, type ColumnData } from "./memory.js";

export interface CsvOptions {
  /** The column to predict; the last one by default. */
  readonly target?: string;
  /** Columns that are left out. */
  readonly drop?: readonly string[];
  /** What stands between two values; found from the first line by default. */
  readonly separator?: "," | ";" | "\t";
  /** Whether the first line holds names; found by default: it does when none of its values is a number. */
  readonly header?: boolean;
  readonly name?: string;
}

/** A table of texts with the line each row starts on. */
interface Table {
  readonly names: readonly string[];
  readonly rows: readonly { readonly line: number; readonly values: readonly string[] }[];
}

/**
 * A CSV file as a data set: all columns but the target, which must be numbers, together as `x` (one vector an example), the
 * target as `y`: texts become class numbers in alphabetical order, numbers stay numbers (f32).
 * @throws LamellaError naming the line and the column that is wrong.
 */
export function readCsv(path: string, options: CsvOptions = {}): MemoryDataset {
  return parseCsv(readFileSync(path, "utf8"), basename(path), options);
}

/** `readCsv` on a text. @param file its name for messages. */
export function parseCsv(text: string, file: string, options: CsvOptions = {}): MemoryDataset {
  const table = tableOf(text, file, options);
  const target = options.target ?? table.names.at(-1) ?? "";
  const known = (name: string): number => {
    const index = table.names.indexOf(name);
    if (index === -1) throw new LamellaError(`${file} has no column \`${name}\`; it has ${table.names.join(", ")}`);
    return index;
  };
  const dropped = new Set((options.drop ?? []).map(known));
  const targetIndex = known(target);
  const features = table.names.map((_, index) => index).filter((index) => index !== targetIndex && !dropped.has(index));
  if (features.length === 0) throw new LamellaError(`${file} has no column beside its target \`${target}\``);
  const x = new Float32Array(table.rows.length * features.length);
  for (const [row, { line, values }] of table.rows.entries()) {
    for (const [column, index] of features.entries())
      x[row * features.length + column] = numberIn(values[index] as string, file, line, table.names[index] as string);
  }
  const { column, classes } = targetColumn(table, targetIndex, file);
  return new MemoryDataset({
    name: options.name ?? file.replace(/\.csv$/i, ""),
    classes,
    source: `from ${file}`,
    columns: { x: { data: x, shape: [features.length] }, y: column },
  });
}

function targetColumn(table: Table, index: number, file: string): { column: ColumnData; classes: string[] | null } {
  const texts = table.rows.map(({ values }) => values[index] as string);
  if (texts.every((text) => text !== "" && Number.isFinite(Number(text))))
    return { column: { data: Float32Array.from(texts, Number), shape: [1] }, classes: null };
  const empty = table.rows.find(({ values }) => values[index] === "");
  if (empty !== undefined) throw new LamellaError(`${file}, line ${empty.line}: the target \`${table.names[index]}\` is empty`);
  const classes = [...new Set(texts)].sort();
  return { column: { data: Int32Array.from(texts, (text) => classes.indexOf(text)), shape: [] }, classes };
}

function numberIn(text: string, file: string, line: number, column: string): number {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) {
    throw new LamellaError(
      `${file}, line ${line}: \`${column}\` is ${text === "" ? "empty" : `"${text}"`}, but a number is needed; leave the column out with drop`,
    );
  }
  return value;
}

function tableOf(text: string, file: string, options: CsvOptions): Table {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const separator =
    options.separator ??
    ([",", ";", "\t"] as const).reduce((best, candidate) => (first.split(candidate).length > first.split(best).length ? candidate : best));
  const rows = [...records(text.replace(/^\uFEFF/, ""), separator, file)];
  const [head, ...rest] = rows;
  if (head === undefined) throw new LamellaError(`${file} is empty`);
  const named = options.header ?? head.values.every((value) => value === "" || Number.isNaN(Number(value)));
  const names = named ? head.values : head.values.map((_, index) => `column${index + 1}`);
  const body = named ? rest : rows;
  for (const { line, values } of body) {
    if (values.length !== names.length)
      throw new LamellaError(`${file}, line ${line}: ${values.length} values, but there are ${names.length} columns`);
  }
  if (body.length === 0) throw new LamellaError(`${file} has a line of names, but no rows`);
  return { names, rows: body };
}

/** The records of RFC 4180: values may stand in quotes, with separators, line ends and doubled quotes inside. Empty lines are passed over. */
function* records(text: string, separator: string, file: string): Generator<{ line: number; values: string[] }> {
  let values: string[] = [];
  let line = 1;
  let start = 1;
  let at = 0;
  while (at < text.length) {
    let value = "";
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) throw new LamellaError(`${file}, line ${start}: a quote is opened and never closed`);
        if (text[at] === '"' && text[at + 1] !== '"') break;
        if (text[at] === '"') at++;
        if (text[at] === "\n") line++;
        value += text[at] as string;
      }
      at++;
    } else {
      const from = at;
      while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at++;
      value = text.slice(from, at).trim();
    }
    values.push(value);
    if (text[at] === separator) {
      at++;
      // A separator at the very end is followed by an empty value.
      if (at === text.length || text[at] === "\n" || text[at] === "\r") values.push("");
      else continue;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    if (values.length > 1 || values[0] !== "") yield { line: start, values };
    values = [];
    line++;
    start = line;
  }
}
