import { currentTrace } from "../graph.js";
import type { DType } from "../shape.js";
import { allocate } from "../shape.js";
import { Tensor } from "../tensor.js";
import { cast } from "./cast.js";

/** What element-wise operations take: a tensor, or a number that stands for a scalar of the other operand's dtype. */
export type TensorLike = Tensor | number;

const scalars = new Map<string, Tensor>();
/** Enough for the constants of any network; past it scalars are made anew, so that a long session does not grow. */
const scalarLimit = 1024;

/** A scalar; the same object for the same number, so that a graph holds each constant once. */
export function scalar(value: number, dtype: DType = "f32"): Tensor {
  const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
  let known = scalars.get(key);
  if (known === undefined) {
    const data = allocate(dtype, 1);
    data[0] = value;
    known = new Tensor({ shape: [], dtype }, data);
    if (scalars.size < scalarLimit) scalars.set(key, known);
  }
  return known;
}

/** A scalar that is part of the graph while one is being traced, so that what is made of it is computed in the graph too. */
export function symbolicScalar(value: number, dtype: DType): Tensor {
  const constant = scalar(value, dtype);
  return currentTrace()?.lift(constant) ?? constant;
}

const rank: Record<DType, number> = { bool: 0, u8: 1, i32: 2, f32: 3, f64: 4 };

/** Brings two operands to one dtype: the wider of bool, u8, i32, f32, f64. A number takes the dtype of the tensor beside it. */
export function promote(a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  if (typeof a === "number") return typeof b === "number" ? [scalar(a), scalar(b)] : numberBeside(a, b);
  if (typeof b === "number") {
    const [right, left] = numberBeside(b, a);
    return [left, right];
  }
  if (a.dtype === b.dtype) return [a, b];
  return rank[a.dtype] > rank[b.dtype] ? [a, cast(b, a.dtype)] : [cast(a, b.dtype), b];
}

/** Like `promote`, for arithmetic: bools are counted as 0 and 1 (i32), so that true + true is 2. */
export function promoteNumbers(a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const [left, right] = promote(a, b);
  return left.dtype === "bool" ? [cast(left, "i32"), cast(right, "i32")] : [left, right];
}

/** The operand as a number: bools as i32. */
export function toNumber(x: TensorLike): Tensor {
  if (typeof x === "number") return scalar(x);
  return x.dtype === "bool" ? cast(x, "i32") : x;
}

/** A whole number keeps an integer tensor whole; a fraction beside it makes both f32. */
function numberBeside(value: number, other: Tensor): [Tensor, Tensor] {
  const whole = Number.isInteger(value);
  if (isFloat(other.dtype)) return [scalar(value, other.dtype), other];
  if (other.dtype === "i32" && whole) return [scalar(value, "i32"), other];
  const dtype: DType = whole ? "i32" : "f32";
  return [scalar(value, dtype), cast(other, dtype)];
}

export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64";
}

/** The operand as floating point, for functions that have no meaning on integers. */
export function toFloat(x: TensorLike): Tensor {
  if (typeof x === "number") return scalar(x);
  return isFloat(x.dtype) ? x : cast(x, "f32");
}
