import type { Tensor } from "../tensor/tensor.js";
import type { Dataset } from "./dataset.js";
import type { Vocabulary } from "./text.js";

/** A data set that comes in a part to train on and a part to test on. By itself it is the training part. */
export interface DividedDataset extends Dataset {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** What a source of examples gives when it is loaded. */
export interface DatasetParts {
  readonly train: Dataset;
  readonly test: Dataset;
}

/**
 * A data set by name that is made or read when it is first used, so that naming it costs nothing. Size, columns and
 * batches are those of the training part: `train LeNet on mnist` and `mnist.size` mean the same examples.
 */
export class NamedDataset implements DividedDataset {
  readonly kind = "dataset";
  readonly name: string;
  /** One line for completion and docs; needs no loading. */
  readonly summary: string;
  readonly #make: () => DatasetParts;
  #parts: DatasetParts | null = null;

  constructor(name: string, summary: string, make: () => DatasetParts) {
    this.name = name;
    this.summary = summary;
    this.#make = make;
  }

  protected get parts(): DatasetParts {
    this.#parts ??= this.#make();
    return this.#parts;
  }

  protected set parts(parts: DatasetParts) {
    this.#parts = parts;
  }

  protected get loaded(): boolean {
    return this.#parts !== null;
  }

  /** Makes the data ready where that takes waiting (a download); `train` and `evaluate` call it. */
  async prepare(): Promise<void> {}

  get train(): Dataset {
    return this.parts.train;
  }

  get test(): Dataset {
    return this.parts.test;
  }

  get size(): number {
    return this.train.size;
  }

  get columns(): Dataset["columns"] {
    return this.train.columns;
  }

  get classes(): readonly string[] | null {
    return this.train.classes;
  }

  get vocabularies(): Readonly<Record<string, Vocabulary>> {
    return this.train.vocabularies ?? {};
  }

  get description(): string {
    return `${this.train.description}; ${this.test.size} more to test`;
  }

  batch(indices: readonly number[] | Int32Array): Readonly<Record<string, Tensor>> {
    return this.train.batch(indices);
  }

  subset(start: number, end: number): Dataset {
    return this.train.subset(start, end);
  }
}
