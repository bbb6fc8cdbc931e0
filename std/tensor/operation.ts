import { currentTrace } from "./graph.js";
import type { TensorType, TypedArray } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** What a gradient rule is given: the operation's inputs and outputs as tensors, and the gradients of its outputs. */
export interface GradientRequest<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** One per output, of the output's shape; null where nothing depends on that output. */
  readonly gradients: readonly (Tensor | null)[];
  readonly attributes: A;
  /** Which inputs somebody wants the gradient of; the others may be answered with null. */
  readonly wanted: readonly boolean[];
}

/**
 * One entry of the table of operations: its shape rule, its gradient, and its meaning on plain arrays.
 * `evaluate` is the portable executor (no SIMD, f64 checks, small eager values); the engine lowers the same entry to
 * WebAssembly kernels by name (`std/engine/lowering`).
 */
export interface Operation<A = unknown> {
  readonly name: string;
  /** Types of the outputs. @throws ShapeError when the inputs do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Gradients of the inputs, written with the operations themselves, so that they can be differentiated again. */
  gradient?(request: GradientRequest<A>): readonly (Tensor | null)[];
  /** Fills `outputs` (allocated, zeroed) from `inputs`. Must work for f32 and f64 alike, and for i32 where that makes sense. */
  evaluate(inputs: readonly OperandArray[], attributes: A, outputs: readonly OperandArray[]): void;
}

export interface OperandArray extends TensorType {
  readonly data: TypedArray;
}

/** How many inputs or outputs an operation has; `number` where it varies (concat). */
type Count = number;

/** A list of so many; of any length for `number`. */
type Exactly<N extends Count, T> = number extends N
  ? readonly T[]
  : N extends 1
    ? readonly [T]
    : N extends 2
      ? readonly [T, T]
      : N extends 3
        ? readonly [T, T, T]
        : N extends 4
          ? readonly [T, T, T, T]
          : N extends 5
            ? readonly [T, T, T, T, T]
            : N extends 6
              ? readonly [T, T, T, T, T, T]
              : never;

/** `GradientRequest` for known counts. The gradient of an only output is always there: without it nobody asks. */
export interface ExactGradientRequest<A, Inputs extends Count, Outputs extends Count> {
  readonly inputs: Exactly<Inputs, Tensor>;
  readonly outputs: Exactly<Outputs, Tensor>;
  readonly gradients: 1 extends Outputs ? readonly [Tensor] : Exactly<Outputs, Tensor | null>;
  readonly attributes: A;
  readonly wanted: Exactly<Inputs, boolean>;
}

/** `Operation` as it is written down: with the number of its inputs and outputs in the types. */
interface ExactOperation<A, Inputs extends Count, Outputs extends Count> {
  readonly name: string;
  infer(inputs: Exactly<Inputs, TensorType>, attributes: A): Exactly<Outputs, TensorType>;
  gradient?(request: ExactGradientRequest<A, Inputs, Outputs>): Exactly<Inputs, Tensor | null>;
  evaluate(inputs: Exactly<Inputs, OperandArray>, attributes: A, outputs: Exactly<Outputs, OperandArray>): void;
}

/**
 * Declares an operation of so many inputs and outputs (one each unless said otherwise). The attributes must be plain data
 * (numbers, strings, lists): they key plans.
 */
export function defineOperation<A, Inputs extends Count = 1, Outputs extends Count = 1>(
  operation: ExactOperation<A, Inputs, Outputs>,
): Operation<A> {
  // The public functions and the gradient rules, which alone apply operations, keep to the counts.
  return operation;
}

/** How concrete tensors are computed at once; the engine takes this over when it is loaded (see `setEagerRunner`). */
export type EagerRunner = <A>(operation: Operation<A>, inputs: readonly Tensor[], attributes: A, types: readonly TensorType[]) => Tensor[];

let runEagerly: EagerRunner | null = null;

export function setEagerRunner(runner: EagerRunner): void {
  runEagerly = runner;
}

/** Installs a runner unless there is one already: what serves until the engine is loaded. */
export function setDefaultEagerRunner(runner: EagerRunner): void {
  runEagerly ??= runner;
}

/**
 * Applies an operation: at once when every input has a value, as a node of the current trace when one is symbolic.
 * Every public operation ends here; shapes are checked first, so that a mistake is thrown at the caller's line.
 */
export function apply<A>(operation: Operation<A>, inputs: readonly Tensor[], attributes: A): Tensor[] {
  const types = operation.infer(inputs, attributes);
  const trace = currentTrace();
  if (trace !== null && inputs.some((input) => input.symbolic)) return trace.add(operation, inputs, attributes, types);
  if (runEagerly === null) throw new Error("no executor is loaded: import std/index or std/engine");
  return runEagerly(operation, inputs, attributes, types);
}

/** `apply` for operations of one output. */
export function applyOne<A>(operation: Operation<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return apply(operation, inputs, attributes)[0] as Tensor;
}
