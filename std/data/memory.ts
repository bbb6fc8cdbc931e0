import { LamellaError } from "../errors.js";
import { allocate, formatShape, sizeOf, type TypedArray } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { Dataset } from "./dataset.js";
import type { Vocabulary } from "./text.js";

/** A column held in memory: all examples one after the other. */
export interface ColumnData {
  readonly data: TypedArray;
  /** Of one example, without the batch axis. */
  readonly shape: readonly number[];
}

export interface MemoryDatasetOptions {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnData>>;
  readonly classes?: readonly string[] | null;
  readonly vocabularies?: Readonly<Record<string, Vocabulary>>;
  /** Text after the name and sizes, "from LAMELLA_DATA". */
  readonly source?: string;
}

type ColumnType = Dataset["columns"][string];

/** Examples held in memory, column by column. u8 columns are given out as f32 in [0, 1] (a byte through 255). */
export class MemoryDataset implements Dataset {
  readonly kind = "dataset";
  readonly name: string;
  readonly size: number;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly classes: readonly string[] | null;
  readonly vocabularies: Readonly<Record<string, Vocabulary>>;
  readonly source: string;
  readonly #columns: Readonly<Record<string, ColumnData>>;
  readonly #start: number;

  /** @throws LamellaError when the columns hold different numbers of examples. */
  constructor(options: MemoryDatasetOptions, range?: { start: number; size: number }) {
    this.name = options.name;
    this.classes = options.classes ?? null;
    this.vocabularies = options.vocabularies ?? {};
    this.source = options.source ?? "";
    this.#columns = options.columns;
    this.#start = range?.start ?? 0;
    this.size = range?.size ?? examplesIn(options.name, options.columns);
    this.columns = Object.fromEntries(
      Object.entries(options.columns).map(([name, { data, shape }]) => [name, { shape, dtype: dtypeOf(name, data) }]),
    );
  }

  get description(): string {
    return describe(this);
  }

  batch(indices: readonly number[] | Int32Array): Readonly<Record<string, Tensor>> {
    const result: Record<string, Tensor> = {};
    for (const [name, { data, shape }] of Object.entries(this.#columns)) {
      const length = sizeOf(shape);
      const dtype = data instanceof Int32Array ? "i32" : "f32";
      const values = allocate(dtype, indices.length * length);
      for (let row = 0; row < indices.length; row++) {
        const index = this.#position(indices[row] as number);
        const from = index * length;
        const to = row * length;
        if (data instanceof Uint8Array)
          for (let offset = 0; offset < length; offset++) values[to + offset] = (data[from + offset] as number) / 255;
        else values.set(data.subarray(from, from + length), to);
      }
      result[name] = new Tensor({ shape: [indices.length, ...shape], dtype }, values); // (N, ...)
    }
    return result;
  }

  subset(start: number, end: number): MemoryDataset {
    checkRange(this, start, end);
    const { name, classes, vocabularies, source } = this;
    const options = { name, columns: this.#columns, classes, vocabularies, source };
    return new MemoryDataset(options, { start: this.#start + start, size: end - start });
  }

  #position(index: number): number {
    if (!(index >= 0 && index < this.size && Number.isInteger(index))) {
      throw new LamellaError(`${this.name} has examples 0 to ${this.size - 1}; there is no example ${index}`);
    }
    return this.#start + index;
  }
}

function dtypeOf(name: string, data: TypedArray): ColumnType["dtype"] {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint8Array) return "u8";
  throw new LamellaError(`column ${name}: a data set holds f32, i32 or u8, not f64`);
}

function examplesIn(dataset: string, columns: Readonly<Record<string, ColumnData>>): number {
  const counts = Object.entries(columns).map(([name, { data, shape }]) => {
    const count = data.length / Math.max(1, sizeOf(shape));
    if (!Number.isInteger(count)) {
      throw new LamellaError(
        `${dataset}: column ${name} holds ${data.length} numbers, which is no whole number of examples of ${formatShape(shape)}`,
      );
    }
    return { name, count };
  });
  const [first, ...others] = counts;
  if (first === undefined) throw new LamellaError(`${dataset}: a data set needs at least one column`);
  for (const other of others) {
    if (other.count !== first.count) {
      throw new LamellaError(`${dataset}: column ${first.name} holds ${first.count} examples, but ${other.name} holds ${other.count}`);
    }
  }
  return first.count;
}

/** @throws LamellaError when `start` to `end` is no part of the data set. */
export function checkRange(dataset: { readonly name: string; readonly size: number }, start: number, end: number): void {
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= dataset.size)) {
    throw new LamellaError(
      `${dataset.name}: a part from ${start} to ${end} was asked for, but there are ${dataset.size} examples (0 to ${dataset.size})`,
    );
  }
}

/** "MNIST: 8000 images of 28x28x1, 10 classes, from LAMELLA_DATA". */
export function describe(dataset: Pick<Dataset, "name" | "size" | "columns" | "classes"> & { readonly source: string }): string {
  const [first] = Object.entries(dataset.columns);
  const what = first === undefined ? "examples" : `${first[0]}s of ${formatShape(first[1].shape)}`;
  const classes = dataset.classes === null ? "" : `, ${dataset.classes.length} classes`;
  return `${dataset.name}: ${dataset.size} ${what}${classes}${dataset.source === "" ? "" : `, ${dataset.source}`}`;
}
