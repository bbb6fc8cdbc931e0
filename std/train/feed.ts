import type { Augmentation } from "../data/augmentation.js";
import type { Dataset } from "../data/dataset.js";
import type { Generator } from "../tensor/random.js";
import type { Network } from "../network/network.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchType, bindColumns, inShape, type Binding, type Columned } from "./columns.js";

/** A data set as it is fed to a net: columns in the shapes the net takes, augmented when it trains. */
export class Feed {
  readonly dataset: Dataset;
  readonly binding: Binding;
  /** The columns that are fed, in order. */
  readonly columns: readonly string[];
  readonly #types: Columned;
  readonly #augmentations: readonly Augmentation[];
  readonly #images: ReadonlySet<string>;

  /** @param options.all feeds every column, for losses that are functions of any of them; else inputs and targets. */
  constructor(
    networks: readonly Network[],
    dataset: Dataset,
    options: { readonly all?: boolean; readonly augmentations?: readonly Augmentation[] } = {},
  ) {
    this.dataset = dataset;
    this.#augmentations = options.augmentations ?? [];
    const columns = this.#augmentations.reduce((types, augmentation) => cropped(types, augmentation), dataset.columns);
    this.#types = { name: dataset.name, columns };
    this.binding = networks.length === 1 ? bindColumns(networks[0] as Network, this.#types) : { inputs: [], targets: [], shapes: {} };
    const used = new Set([...this.binding.inputs, ...this.binding.targets.filter((target) => target !== null)]);
    this.columns = options.all === true ? Object.keys(columns) : [...used];
    // Augmentations change pictures that go into the net; masks and labels stay.
    const inputs = networks.length === 1 ? this.binding.inputs : Object.keys(columns);
    this.#images = new Set(inputs.filter((name) => columns[name]?.shape.length === 3));
  }

  columnTypes(size: number): TensorType[] {
    return this.columns.map((column) => batchType(this.#types, this.binding, column, size));
  }

  /** @param random null outside training: a crop is then taken from the middle, and nothing else changes. */
  batch(indices: Int32Array, random: Generator | null): Tensor[] {
    const values = this.dataset.batch(indices);
    return this.columns.map((column) => {
      let value = values[column] as Tensor;
      if (this.#images.has(column)) for (const augmentation of this.#augmentations) value = augmentation.apply(value, random);
      return inShape(value, batchType(this.#types, this.binding, column, indices.length));
    });
  }
}

/** The columns after an augmentation that changes the size of pictures. */
function cropped(columns: Dataset["columns"], augmentation: Augmentation): Dataset["columns"] {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      column.shape.length === 3 ? { ...column, shape: augmentation.outputShape(column.shape) } : column,
    ]),
  );
}
