import type { ArgumentSpec, LayerDefinition } from "../std/layers/definition.js";
import type { TrainRegistry } from "../std/train/registry.js";

/** An initialiser as the language needs to know it. */
export interface InitializerEntry {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
}

/**
 * Every name the language does not have in its grammar. It is handed in, so that the language itself depends on no part of
 * the library.
 */
export interface Registry {
  readonly layers: ReadonlyMap<string, LayerDefinition>;
  readonly initializers: ReadonlyMap<string, InitializerEntry>;
  readonly train: TrainRegistry;
  /** Names of data sets the library has: `train N on mnist`. */
  readonly datasets: ReadonlyMap<string, { readonly summary: string }>;
  /** Names of networks the library has: `VGG16`. */
  readonly networks: ReadonlyMap<string, { readonly summary: string }>;
  /** What was probably meant by a layer's name, also by names it has elsewhere. */
  suggestLayer(name: string): string | null;
}

/** What a name of the notebook stands for, as far as it is known. */
export type NameKind = "network" | "block" | "layer" | "tensor" | "dataset" | "value" | "any";

/** Names of the notebook's scope: those of other cells, TypeScript's included. */
export type Names = Readonly<Record<string, NameKind>>;
