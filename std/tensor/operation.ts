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

/** Declares an operation. The attributes must be plain data (numbers, strings, lists): they key plans. */
export function defineOperation<A>(operation: Operation<A>): Operation<A> {
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
