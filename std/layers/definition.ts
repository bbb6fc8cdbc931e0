import type { Tensor } from "../tensor/tensor.js";
import type { DType } from "../tensor/shape.js";
import type { Initializer } from "./initializers.js";

/**
 * The extent of one axis of a flow: a number, or an expression in symbolic dimensions (`T`, `S`, `(T - 2)/2 + 1`),
 * compared by its canonical text and bound at run time.
 */
export type Dim = number | SymbolicDim;
interface SymbolicDim {
  readonly text: string;
}

/** Shape and dtype of a flow, without the batch axis. */
export interface FlowType {
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  /** What the net calls it (a tap or a `let`), for messages: "`skip` is 56x56x64". */
  readonly name?: string;
}

/** What `tie=` is given: a layer value. Its weight's shape must follow from the definition, the arguments and, once used, `input`. */
export interface TiedLayer {
  readonly definition: LayerDefinition;
  readonly args: LayerArguments;
  /** The flow it was first used on; absent before. */
  readonly input?: FlowType;
}

export type ArgumentKind =
  | "integer" // 96
  | "number" // 0.5
  | "size" // 11x11, or one number for both
  | "padding" // a number, a list per axis, or `same`
  | "boolean"
  | "string"
  | "choice" // one of `choices`
  | "initializer" // he, normal(0, 0.01), or a number for a constant
  | "shape" // 7x7x256
  | "tensor" // another flow of the net: `concat p, q`
  | "layer" // a layer value
  | "any";

export interface ArgumentSpec {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly doc: string;
  /** May be given without its name, in the order of the list. */
  readonly positional?: boolean;
  /** Takes every remaining positional value, as a list. */
  readonly rest?: boolean;
  readonly required?: boolean;
  /** The value when it is not given, and how it reads in the docs where that differs ("the size"). */
  readonly default?: unknown;
  readonly defaultText?: string;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /**
   * Inside the arguments of a row, where the layer is applied to a tensor of its own (`concat crop(d4)`), this argument is
   * the row's flow unless it is given.
   */
  readonly defaultsToFlow?: boolean;
}

export interface ParameterSpec {
  readonly name: string; // "weight", "bias", "runningMean"
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** False for statistics such as a running mean, which are saved but not trained or counted. Default true. */
  readonly trainable?: boolean;
  /** For the initialisers that look at them, where the shape alone does not tell (see `fansOf`). */
  readonly fans?: { readonly fanIn: number; readonly fanOut: number };
}

/** A row of the layer language as data: what the docs print, and what the contract test runs. */
export interface LayerExample {
  /** As written: `conv 96, 11x11, stride=4, pad=2`. */
  readonly row: string;
  /** The flow it is applied to, as written: `224x224x3`, `T int`, or empty for a source. Symbols are bound to 5 in the contract test. */
  readonly input: string;
  readonly positional?: readonly unknown[];
  readonly named?: Readonly<Record<string, unknown>>;
}

/** The part of the reference page a layer stands in. */
export type LayerCategory =
  | "dense and embedding"
  | "convolution"
  | "pooling"
  | "normalisation"
  | "dropout"
  | "recurrent"
  | "attention"
  | "shape"
  | "combination"
  | "activation"
  | "formula";

/** What a layer's forward is given beside its inputs. */
export interface ForwardContext {
  readonly training: boolean;
  /** The parameters by their `ParameterSpec` names, symbolic inside a step. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Sets a non-trainable parameter at the end of the step (running statistics). */
  update(name: string, value: Tensor): void;
  /** Uniform random numbers in [0, 1), keyed by seed, step and the layer's path; `draw` tells several draws of one layer apart. */
  uniform(shape: readonly number[], draw?: number): Tensor;
  /** The `tie=` layer's parameters, when tied. */
  readonly tied?: Readonly<Record<string, Tensor>>;
}

/** A layer's result: the flow, and values that can be looked at or passed on by name (`enc.state`, `.attention`). */
export interface LayerResult {
  readonly output: Tensor;
  readonly extras?: Readonly<Record<string, Tensor | readonly Tensor[]>>;
}

/** The arguments after checking and defaults, by `ArgumentSpec.name`; tensors are FlowTypes in `infer`, Tensors in `forward`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type LayerArguments = Readonly<Record<string, any>>;

/** What a layer makes of a flow, before there are numbers. */
interface InferredFlow {
  readonly output: FlowType;
  /** The types of the extras of `LayerResult`, where there are any. */
  readonly extras?: Readonly<Record<string, FlowType | readonly FlowType[]>>;
  /** How the shape came about, with the numbers: "(224 + 2*0 - 11)/4 + 1 = 54.25, rounded down". */
  readonly formula?: string;
  /** For the summary: window arithmetic that does not divide evenly. */
  readonly note?: string;
}

/**
 * One layer: the layer language's names, options, completion, hover and suggestions, the TypeScript function, the
 * summary row, the reference page and the contract test all come from this entry.
 * `infer` and `parameters` throw `LayerError` (see `layer-error.ts`) naming the argument that is wrong.
 */
export interface LayerDefinition {
  readonly name: string;
  readonly category: LayerCategory;
  readonly summary: string;
  /** The formula, shapes of input and output, and the source (paper, equation), in Markdown. */
  readonly details: string;
  readonly arguments: readonly ArgumentSpec[];
  /** `flow` takes the flow; `function` may also be used in formulas (`softmax(s)`, `sqrt(k)`); */
  readonly usableInFormula?: boolean;
  /**
   * True for what starts a flow of its own (`normal(100)`): `infer` is given the flow of shape [], and `forward` a tensor
   * of shape [batch] that only says how many rows are wanted.
   */
  readonly source?: boolean;
  /** The extras of `LayerResult` by name, and what they are: `enc.state`. */
  readonly gives?: Readonly<Record<string, string>>;
  /** Output type from the flow's type and the arguments. @throws LayerError when they do not fit. */
  infer(input: FlowType, args: LayerArguments): InferredFlow;
  parameters?(input: FlowType, args: LayerArguments): readonly ParameterSpec[];
  forward(input: Tensor, args: LayerArguments, context: ForwardContext): LayerResult | Tensor;
  /** Rows of the layer language with an input shape, used by the docs and the contract test. */
  readonly examples: readonly LayerExample[];
}
