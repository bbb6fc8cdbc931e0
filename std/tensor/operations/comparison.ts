import { applyOne, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { binaryOperation, unaryOperation } from "./element-wise.js";
import { promote, toFloat, type TensorLike } from "./operand.js";

const comparison = (name: string, holds: (a: number, b: number) => boolean): Operation<null> =>
  binaryOperation(name, (a, b) => (holds(a, b) ? 1 : 0), null, { result: "bool" });

export const equalOperation: Operation<null> = comparison("equal", (a, b) => a === b);
export const notEqualOperation: Operation<null> = comparison("notEqual", (a, b) => a !== b);
export const lessOperation: Operation<null> = comparison("less", (a, b) => a < b);
export const lessEqualOperation: Operation<null> = comparison("lessEqual", (a, b) => a <= b);
export const greaterOperation: Operation<null> = comparison("greater", (a, b) => a > b);
export const greaterEqualOperation: Operation<null> = comparison("greaterEqual", (a, b) => a >= b);
export const logicalAndOperation: Operation<null> = comparison("logicalAnd", (a, b) => a !== 0 && b !== 0);
export const logicalOrOperation: Operation<null> = comparison("logicalOr", (a, b) => a !== 0 || b !== 0);
export const logicalNotOperation: Operation<null> = unaryOperation(
  "logicalNot",
  (x) => (x === 0 ? 1 : 0),
  () => null,
  { integers: true, result: "bool" },
);
export const isFiniteOperation: Operation<null> = unaryOperation(
  "isFinite",
  (x) => (Number.isFinite(x) ? 1 : 0),
  () => null,
  { result: "bool" },
);

/** a = b, as bool; operands broadcast, like every comparison. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(equalOperation, promote(a, b), null);
}

export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(notEqualOperation, promote(a, b), null);
}

/** a < b, as bool. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(lessOperation, promote(a, b), null);
}

export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(lessEqualOperation, promote(a, b), null);
}

/** a > b, as bool. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(greaterOperation, promote(a, b), null);
}

export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return applyOne(greaterEqualOperation, promote(a, b), null);
}

export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  return applyOne(logicalAndOperation, [cast(a, "bool"), cast(b, "bool")], null);
}

export function logicalOr(a: Tensor, b: Tensor): Tensor {
  return applyOne(logicalOrOperation, [cast(a, "bool"), cast(b, "bool")], null);
}

export function logicalNot(x: Tensor): Tensor {
  return applyOne(logicalNotOperation, [cast(x, "bool")], null);
}

/** Whether each number is neither NaN nor infinite, as bool. */
export function isFinite(x: TensorLike): Tensor {
  return applyOne(isFiniteOperation, [toFloat(x)], null);
}
