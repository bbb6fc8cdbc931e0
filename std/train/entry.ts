import type { ArgumentSpec } from "../layers/definition.js";

/** The families of things a `train` row may name: `loss crossentropy`, `optimizer adam(lr=0.001)`, `metrics accuracy, f1(macro)`. */
export type TrainFamily = "loss" | "optimizer" | "schedule" | "metric" | "augmentation" | "rule";

/**
 * One name of a family: what the layer language checks, completes and documents, and how it reads in TypeScript.
 * Arguments follow the layers' rules (`ArgumentSpec`): positional ones first, then by name, defaults written once.
 */
export interface TrainEntry {
  readonly family: TrainFamily;
  readonly name: string;
  readonly summary: string;
  /** The formula, shapes, units and the source, in Markdown. */
  readonly details: string;
  readonly arguments: readonly ArgumentSpec[];
  /**
   * The callee of the emitted TypeScript, which takes one object of arguments: `adam` gives `adam({ lr: 0.001 })`,
   * `metrics.f1` gives `metrics.f1({ average: "macro" })`. An entry without arguments may be emitted as its name, a string.
   */
  readonly typescript: string;
}

/**
 * One key of a `train` block. With a `family`, entries of that family stand there; without one, the key has plain
 * arguments: a key with one argument is emitted as that value (`batch: 64`), a key with several as an object by their
 * names (`split: { train: 80, validation: 20, reshuffle: "epoch" }`).
 */
export interface TrainKey {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly family: TrainFamily | null;
  /** Several entries may stand there, separated by commas, emitted as a list. */
  readonly many: boolean;
  readonly arguments: readonly ArgumentSpec[];
  /** A row of a `train` block as an example for the docs. */
  readonly example: string;
}
