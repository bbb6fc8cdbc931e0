import { LamellaError } from "../errors.js";
import type { Dim, FlowType } from "./definition.js";
import { parsePolynomial, Polynomial } from "./polynomial.js";

/**
 * Arithmetic on the extents of a flow. A dimension is a number or an expression in symbols (`T`, `2*T + 1`, `(T - 2)/2`,
 * where `/` rounds down); every result is in canonical form, so that equal expressions have equal texts.
 */

/** The dimension called `name`. @throws LamellaError when it is not a name. */
export function symbol(name: string): Dim {
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw new LamellaError(`a dimension is called by a name such as T, but this is "${name}"`);
  return { text: name };
}

/** Reads `28`, `T`, `2*T + 1`, `(T - 2)/2`. @throws LamellaError when it is none of these. */
export function parseDim(text: string): Dim {
  return fromPolynomial(parsePolynomial(text));
}

/** The canonical text: `55`, `T`, `2*T + 1`. */
export function formatDim(dim: Dim): string {
  return typeof dim === "number" ? String(dim) : dim.text;
}

/** `55x55x96`, `TxD`, `(T/2)x64`; the empty shape is `scalar`. */
export function formatFlowShape(shape: readonly Dim[]): string {
  if (shape.length === 0) return "scalar";
  return shape.map((dim) => (typeof dim !== "number" && /[^\p{L}\p{N}_]/u.test(dim.text) ? `(${dim.text})` : formatDim(dim))).join("x");
}

/** A flow as messages show it: its shape, with ` int` behind when it holds token ids. */
export function formatFlow(flow: FlowType): string {
  return formatFlowShape(flow.shape) + (flow.dtype === "i32" ? " int" : "");
}

/** Reads `28x28x1`, `T x D`, `S int`, as an input of a net is written. */
export function parseFlow(text: string): FlowType {
  const [, shape = "", int] = /^\s*(.*?)(\s+int)?\s*$/u.exec(text) ?? [];
  const dims = shape === "" ? [] : shape.split(/(?<=[\p{N}\s)])[x×](?=[\p{L}\p{N}\s(])|(?<=[\p{L}_])\s+[x×]\s+/u);
  return { shape: dims.map((part) => parseDim(part.trim())), dtype: int === undefined ? "f32" : "i32" };
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return fromPolynomial(toPolynomial(a).plus(toPolynomial(b)));
}

export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, multiplyDims(-1, b));
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  return fromPolynomial(toPolynomial(a).times(toPolynomial(b)));
}

/** `a` / `divisor`, rounded down. */
export function floorDivideDim(a: Dim, divisor: number): Dim {
  if (typeof a === "number") return Math.floor(a / divisor);
  return fromPolynomial(toPolynomial(a).floorDivide(divisor));
}

/** The number of elements of a shape; 1 for the empty shape. */
export function productOfDims(shape: readonly Dim[]): Dim {
  return shape.reduce<Dim>(multiplyDims, 1);
}

/**
 * Whether two dimensions are the same for every value (1, 2, 3 …) of their symbols, different for every value, or
 * neither: `T` and `T + 1` are unequal, `T` and `S` undecided until run time.
 */
export function compareDims(a: Dim, b: Dim): "equal" | "unequal" | "undecided" {
  if (typeof a === "number" && typeof b === "number") return a === b ? "equal" : "unequal";
  const difference = toPolynomial(a).plus(toPolynomial(b).times(Polynomial.constant(-1)));
  if (difference.isZero()) return "equal";
  return difference.lowerBound() > 0 || difference.times(Polynomial.constant(-1)).lowerBound() > 0 ? "unequal" : "undecided";
}

/** `compareDims` for whole shapes; shapes of different rank are unequal. */
export function compareShapes(a: readonly Dim[], b: readonly Dim[]): "equal" | "unequal" | "undecided" {
  if (a.length !== b.length) return "unequal";
  let undecided = false;
  for (const [axis, dim] of a.entries()) {
    const comparison = compareDims(dim, b[axis] as Dim);
    if (comparison === "unequal") return "unequal";
    if (comparison === "undecided") undecided = true;
  }
  return undecided ? "undecided" : "equal";
}

/** The number a dimension stands for. @throws LamellaError when a symbol has no value yet. */
export function evaluateDim(dim: Dim, values: ReadonlyMap<string, number>): number {
  return typeof dim === "number" ? dim : toPolynomial(dim).evaluate(values);
}

/** Puts dimensions in the place of symbols: `2*T` with T = S + 1 gives `2*S + 2`. */
export function substituteDim(dim: Dim, values: ReadonlyMap<string, Dim>): Dim {
  if (typeof dim === "number") return dim;
  const polynomials = new Map([...values].map(([name, value]) => [name, toPolynomial(value)]));
  return fromPolynomial(toPolynomial(dim).substitute(polynomials));
}

function toPolynomial(dim: Dim): Polynomial {
  return typeof dim === "number" ? Polynomial.constant(dim) : parsePolynomial(dim.text);
}

function fromPolynomial(polynomial: Polynomial): Dim {
  return polynomial.asConstant() ?? { text: polynomial.toString() };
}
