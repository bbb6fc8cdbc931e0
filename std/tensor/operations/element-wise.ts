import { ShapeError } from "../../errors.js";
import { broadcastStrides, offsetsOf } from "../offsets.js";
import { defineOperation, type OperandArray, type Operation } from "../operation.js";
import { broadcastShapes, sameShape, type DType, type Shape, type TypedArray } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { isFloat } from "./operand.js";
import { sumTo } from "./reductions.js";

/** An operation on each number alone: `compute` is its meaning, `gradient` the gradient of x from that of y. */
export function unaryOperation(
  name: string,
  compute: (x: number) => number,
  gradient: (g: Tensor, x: Tensor, y: Tensor) => Tensor | null,
  options: { integers?: boolean; result?: DType } = {},
): Operation<null> {
  return defineOperation<null>({
    name,
    infer([x]) {
      if (options.integers !== true && !isFloat(x.dtype))
        throw new ShapeError(`${name}: a tensor of f32 or f64 is needed, but this one is ${x.dtype}; cast it`);
      return [{ shape: x.shape, dtype: options.result ?? x.dtype }];
    },
    gradient: ({ inputs: [x], outputs: [y], gradients: [g] }) => [gradient(g, x, y)],
    evaluate([x], _, [out]) {
      const source = x.data;
      const target = out.data;
      for (let i = 0; i < target.length; i++) target[i] = compute(source[i] as number);
    },
  });
}

/**
 * An operation on pairs of numbers, operands broadcast by NumPy's rule and of one dtype (the public functions promote).
 * The gradient is given in the shape of the result; it is summed over the axes that were broadcast.
 */
export function binaryOperation(
  name: string,
  compute: (a: number, b: number) => number,
  gradient:
    ((g: Tensor, a: Tensor, b: Tensor, y: Tensor, wanted: readonly [boolean, boolean]) => readonly [Tensor | null, Tensor | null]) | null,
  options: { result?: DType } = {},
): Operation<null> {
  return defineOperation<null, 2>({
    name,
    infer([a, b]) {
      if (a.dtype !== b.dtype) throw new ShapeError(`${name}: one operand is ${a.dtype}, the other ${b.dtype}; cast one of them`);
      return [{ shape: broadcastShapes(a.shape, b.shape, name), dtype: options.result ?? a.dtype }];
    },
    gradient({ inputs: [a, b], outputs: [y], gradients: [g], wanted }) {
      if (gradient === null) return [null, null];
      const [left, right] = gradient(g, a, b, y, wanted);
      return [left === null ? null : sumTo(left, a.shape), right === null ? null : sumTo(right, b.shape)];
    },
    evaluate([a, b], _, [out]) {
      const target = out.data;
      const left = broadcastData(a, out.shape);
      const right = broadcastData(b, out.shape);
      for (let i = 0; i < target.length; i++) target[i] = compute(left[i] as number, right[i] as number);
    },
  });
}

/** The numbers of an operand as if it had the shape `to`. */
export function broadcastData(operand: OperandArray, to: Shape): TypedArray {
  if (sameShape(operand.shape, to)) return operand.data;
  const offsets = offsetsOf(to, broadcastStrides(operand.shape, to));
  const source = operand.data;
  const result = new (source.constructor as new (length: number) => TypedArray)(offsets.length);
  for (let i = 0; i < result.length; i++) result[i] = source[offsets[i] as number] as number;
  return result;
}
