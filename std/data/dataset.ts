import type { Tensor } from "../tensor/tensor.js";
import type { Vocabulary } from "./text.js";

/**
 * Examples by index. A column is what one example holds under a name (`image`, `label`); `labels` names the classes.
 * Real loaders and generators alike give this; the training loop shuffles, splits and batches indices.
 */
export interface Dataset {
  readonly kind: "dataset";
  readonly name: string;
  readonly size: number;
  /** Column name to type of one example; the first column feeds the net's first input, the last is the target. */
  readonly columns: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: "f32" | "i32" | "u8" }>>;
  readonly classes: readonly string[] | null;
  /** Columns of token numbers: what each number stands for. A net trained on them can be shown texts. */
  readonly vocabularies?: Readonly<Record<string, Vocabulary>>;
  /** One line for people: "MNIST: 8000 images of 28x28x1, 10 classes, from LAMELLA_DATA". Never an absolute path. */
  readonly description: string;
  /** A batch with a leading axis, in the order of `indices`. u8 images arrive as f32 in [0, 1]. */
  batch(indices: readonly number[] | Int32Array): Readonly<Record<string, Tensor>>;
  /** A part of it by positions. */
  subset(start: number, end: number): Dataset;
}
