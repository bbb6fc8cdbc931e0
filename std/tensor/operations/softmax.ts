import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type OperandArray, type Operation } from "../operation.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { AxisAttributes } from "./arg-extremes.js";
import { mul, neg, sub } from "./arithmetic.js";
import { exp } from "./exponential.js";
import { toFloat, type TensorLike } from "./operand.js";
import { sum } from "./reductions.js";

/** Calls `row` with the offset of the first element of every line along the axis, the distance between elements, and their number. */
function forEachLine(x: OperandArray, axis: number, row: (start: number, stride: number, extent: number) => void): void {
  const { outer, extent, inner } = viewAlong(x.shape, axis);
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) row(o * extent * inner + i, inner, extent);
}

/** The largest of a line and the logarithm of the sum of exponentials above it. Sums run in rising order, in double precision. */
function logSumExp(x: OperandArray, start: number, stride: number, extent: number): { largest: number; logSum: number } {
  let largest = -Infinity;
  for (let k = 0; k < extent; k++) largest = Math.max(largest, x.data[start + k * stride] as number);
  let total = 0;
  for (let k = 0; k < extent; k++) total += Math.exp((x.data[start + k * stride] as number) - largest);
  return { largest, logSum: Math.log(total) };
}

export const softmaxOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes>({
  name: "softmax",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ outputs: [y], gradients: [g], attributes }) => [applyOne(softmaxGradientOperation, [y, g], attributes)],
  evaluate([x], { axis }, [out]) {
    forEachLine(x, axis, (start, stride, extent) => {
      const { largest, logSum } = logSumExp(x, start, stride, extent);
      const total = Math.exp(logSum);
      for (let k = 0; k < extent; k++) {
        const at = start + k * stride;
        out.data[at] = Math.exp((x.data[at] as number) - largest) / total;
      }
    });
  },
});

/** From y = softmax(x) and its gradient g: y (g - sum(g y)). */
export const softmaxGradientOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes, 2>({
  name: "softmaxGradient",
  infer: ([y]) => [{ shape: y.shape, dtype: y.dtype }],
  gradient({ inputs: [y, g], gradients: [h], attributes }) {
    const axes = { axes: attributes.axis, keepDims: true };
    return [
      sub(mul(h, sub(g, sum(mul(g, y), axes))), mul(g, sum(mul(h, y), axes))),
      applyOne(softmaxGradientOperation, [y, h], attributes),
    ];
  },
  evaluate([y, g], { axis }, [out]) {
    forEachLine(y, axis, (start, stride, extent) => {
      let dot = 0;
      for (let k = 0; k < extent; k++) dot += (y.data[start + k * stride] as number) * (g.data[start + k * stride] as number);
      for (let k = 0; k < extent; k++) {
        const at = start + k * stride;
        out.data[at] = (y.data[at] as number) * ((g.data[at] as number) - dot);
      }
    });
  },
});

export const logSoftmaxOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes>({
  name: "logSoftmax",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ outputs: [y], gradients: [g], attributes }) => [applyOne(logSoftmaxGradientOperation, [y, g], attributes)],
  evaluate([x], { axis }, [out]) {
    forEachLine(x, axis, (start, stride, extent) => {
      const { largest, logSum } = logSumExp(x, start, stride, extent);
      for (let k = 0; k < extent; k++) out.data[start + k * stride] = (x.data[start + k * stride] as number) - largest - logSum;
    });
  },
});

/** From y = logSoftmax(x) and its gradient g: g - e^y sum(g). */
export const logSoftmaxGradientOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes, 2>({
  name: "logSoftmaxGradient",
  infer: ([y]) => [{ shape: y.shape, dtype: y.dtype }],
  gradient({ inputs: [y, g], gradients: [h], attributes }) {
    const axes = { axes: attributes.axis, keepDims: true };
    const p = exp(y);
    return [neg(mul(mul(h, p), sum(g, axes))), sub(h, sum(mul(h, p), axes))];
  },
  evaluate([y, g], { axis }, [out]) {
    forEachLine(y, axis, (start, stride, extent) => {
      let total = 0;
      for (let k = 0; k < extent; k++) total += g.data[start + k * stride] as number;
      for (let k = 0; k < extent; k++) {
        const at = start + k * stride;
        out.data[at] = (g.data[at] as number) - Math.exp(y.data[at] as number) * total;
      }
    });
  },
});

/** e^x over the sum of e^x along an axis: positive numbers that add up to 1. @param axis default the last */
export function softmax(x: TensorLike, axis = -1): Tensor {
  const floating = toFloat(x);
  return applyOne(softmaxOperation, [floating], { axis: normalizeAxis(axis, floating.rank, "softmax") });
}

/** The logarithm of softmax, without overflow. @param axis default the last */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  const floating = toFloat(x);
  return applyOne(logSoftmaxOperation, [floating], { axis: normalizeAxis(axis, floating.rank, "logSoftmax") });
}
