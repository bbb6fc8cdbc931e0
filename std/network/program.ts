import type { Dim, FlowType, LayerArguments, ParameterSpec } from "../layers/definition.js";
import { substituteDim } from "../layers/dimensions.js";
import type { FormulaOperator } from "./formula.js";
import type { LayerUse } from "./network.js";

/** One value of a network: an input, or what a step makes. It stands for a FlowType wherever a layer is given one. */
export class Value implements FlowType {
  readonly shape: readonly Dim[];
  readonly dtype: FlowType["dtype"];
  readonly name?: string;
  readonly id: number;
  /** What makes it; null for an input. */
  readonly step: Step | null;

  constructor(id: number, type: FlowType, step: Step | null) {
    this.id = id;
    this.shape = type.shape;
    this.dtype = type.dtype;
    if (type.name !== undefined) this.name = type.name;
    this.step = step;
  }
}

/** A layer as it stands in a network: where its parameters are, and from which other layer or network they come. */
export interface Use extends LayerUse {
  readonly args: LayerArguments;
  readonly specs: readonly ParameterSpec[];
  /** Shared layers have the path of their first use; parameters are `${parameterPath}/weight`. */
  readonly parameterPath: string;
  /** The layer whose parameters `tie=` lends. */
  readonly tied: Use | null;
}

export type Step = LayerStep | FormulaStep;

export interface LayerStep {
  readonly kind: "layer";
  readonly use: Use;
  /** The flow it is applied to; null for a source. */
  readonly flow: Value;
  /** Every value it needs: the flow and those among its arguments. */
  readonly inputs: readonly Value[];
  output: Value;
  extras: Readonly<Record<string, Value | readonly Value[]>>;
}

export interface FormulaStep {
  readonly kind: "formula";
  readonly operator: FormulaOperator;
  readonly operands: readonly (Value | number)[];
  readonly inputs: readonly Value[];
  output: Value;
  /** The row it stands on, for messages. */
  readonly path: string;
}

/** Every value inside an argument, also inside lists. */
export function valuesIn(argument: unknown): Value[] {
  if (argument instanceof Value) return [argument];
  return Array.isArray(argument) ? argument.flatMap(valuesIn) : [];
}

/** Arguments with each value replaced, also inside lists. */
export function replaceValues(args: LayerArguments, replace: (value: Value) => unknown): LayerArguments {
  const visit = (argument: unknown): unknown => {
    if (argument instanceof Value) return replace(argument);
    return Array.isArray(argument) ? argument.map(visit) : argument;
  };
  return Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, visit(argument)]));
}

/** Arguments with symbolic dimensions bound to what they are. */
export function bindDims(args: LayerArguments, dims: ReadonlyMap<string, Dim>): LayerArguments {
  if (dims.size === 0) return args;
  const visit = (argument: unknown): unknown => {
    if (Array.isArray(argument)) return argument.map(visit);
    if (isSymbolicDim(argument)) return substituteDim({ text: argument.text }, dims);
    return argument;
  };
  return Object.fromEntries(Object.entries(args).map(([name, argument]) => [name, visit(argument)]));
}

export function isSymbolicDim(value: unknown): value is { readonly text: string } {
  return typeof value === "object" && value !== null && typeof (value as { text?: unknown }).text === "string" && !("definition" in value);
}

/** The steps that lead to `ends`, in the order in which they can run. */
export function stepsTo(ends: readonly Value[]): Step[] {
  const found = new Set<Step>();
  const stack = [...ends];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const { step } = value;
    if (step === null || found.has(step)) continue;
    found.add(step);
    stack.push(...step.inputs);
  }
  return [...found].sort((a, b) => a.output.id - b.output.id);
}
