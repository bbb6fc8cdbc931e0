import type { Variable } from "../tensor/graph.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FlowType, LayerDefinition } from "../layers/definition.js";

/** A claim of a row (`-> 55x55x96, 34944 params`) and what came out. */
export interface Claim {
  readonly text: string;
  /** null for `?`, which only asks. */
  readonly holds: boolean | null;
}

/** One row of a network as the summary shows it. */
export interface SummaryRow {
  readonly label: string;
  /** The row as written ("conv 96, 11x11, stride=4 | relu | lrn"). */
  readonly text: string;
  /** Blocks, repeats: how deep the row is nested, and the call chain ("stage[2]", "Bottleneck"). */
  readonly path: readonly string[];
  readonly output: FlowType;
  readonly parameters: number;
  readonly claims: readonly Claim[];
  /** "window arithmetic does not divide evenly" and the like. */
  readonly notes: readonly string[];
  /** The layers on the row, for views that draw. */
  readonly layers: readonly LayerUse[];
}

/** One application of a layer: its definition, checked arguments and parameter paths. */
export interface LayerUse {
  readonly definition: LayerDefinition;
  readonly args: Readonly<Record<string, unknown>>;
  /** "conv1/conv" or "stage[0]/conv.2": unique in the net, stable across runs; parameters are `${path}/weight`. */
  readonly path: string;
  readonly input: FlowType;
  readonly output: FlowType;
  readonly parameterCount: number;
}

export interface ForwardOptions {
  readonly training: boolean;
  /** The step counter as a scalar i32 tensor, for dropout; default a constant 0. */
  readonly step?: Tensor;
  /**
   * Where these examples stand in their batch, when it goes through the net in pieces: the first one's place (a scalar i32
   * tensor), and how many they are. Dropout then gives each example what it would get in the whole batch.
   */
  readonly piece?: { readonly position: Tensor; readonly size: number };
  /** Names of taps (or layer paths) whose values are wanted. */
  readonly taps?: readonly string[];
}

export interface ForwardResult {
  /** One per output of the net, in order; `outputs[0]` is the flow's last value. */
  readonly outputs: readonly Tensor[];
  /**
   * Where an output comes from a final softmax or sigmoid: the values before it, for losses that are only stable there.
   */
  readonly logits: readonly (Tensor | null)[];
  readonly taps: Readonly<Record<string, Tensor>>;
}

/** What `net N(…) { … }` defines: a checked, callable network. Weights are created when first needed, from `seed` and path. */
export interface Network {
  readonly kind: "network";
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly type: FlowType }[];
  readonly outputs: readonly { readonly name: string; readonly type: FlowType }[];
  readonly rows: readonly SummaryRow[];
  readonly parameterCount: number;
  /** Every parameter by path, trainable or not, in the order of the rows. Creates them on first use. */
  readonly parameters: ReadonlyMap<string, Variable>;
  /** Draws all parameters anew. The same seed gives the same weights on every machine. */
  initialize(seed: number): void;
  /** Another seed for what is random while the net runs (dropout); the weights stay. */
  reseed(seed: number): void;
  /** Parameters that `freeze` holds still, by path prefix or tap. */
  pathsOf(tap: string): readonly string[];
  /** The body on tensors with a leading batch axis; for use inside trace, grad, compile and the training step. */
  forward(inputs: readonly Tensor[], options: ForwardOptions): ForwardResult;
  /** Inference: plans once per batch shape, splits large batches, gives the first output (all of them when there are several). */
  predict(...inputs: Tensor[]): Tensor;
  /** The value at a tap, for an input batch: `LeNet.tap("c1", image)`. */
  tap(name: string, ...inputs: Tensor[]): Tensor;
  readonly taps: Readonly<Record<string, TapHandle>>;
  /** How the texts of each input are read; training on data with vocabularies sets it. */
  vocabularies: Readonly<Record<string, TextReader>>;
  /** Hex digest of all parameters' bits, in order: equal weights, equal hash. */
  weightsHash(): string;
}

/** What makes token numbers of a text: a `Vocabulary`. */
export interface TextReader {
  read(text: string): Int32Array;
}

/** A tap seen from outside: its shape, its parameters (`weights`, `bias`) and its value for an input. */
export interface TapHandle {
  readonly name: string;
  readonly type: FlowType;
  readonly parameters: readonly Variable[];
  value(...inputs: Tensor[]): Tensor;
}
