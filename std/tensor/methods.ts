import { formatTensor } from "./format.js";
import * as operations from "./operations/index.js";
import type { ReductionOptions, TensorLike } from "./operations/index.js";
import type { DType, Shape } from "./shape.js";
import { Tensor } from "./tensor.js";

/*
 * The operations as methods, so that formulas read from left to right: `x.matmul(w).add(b).relu()`. Each is the function
 * of its name with the tensor as first argument; the documentation stands there.
 */
declare module "./tensor.js" {
  interface Tensor {
    add(other: TensorLike): Tensor;
    sub(other: TensorLike): Tensor;
    mul(other: TensorLike): Tensor;
    div(other: TensorLike): Tensor;
    pow(exponent: TensorLike): Tensor;
    maximum(other: TensorLike): Tensor;
    minimum(other: TensorLike): Tensor;
    clamp(low: number, high: number): Tensor;
    neg(): Tensor;
    abs(): Tensor;
    sign(): Tensor;
    square(): Tensor;
    sqrt(): Tensor;
    exp(): Tensor;
    log(): Tensor;
    sin(): Tensor;
    cos(): Tensor;
    floor(): Tensor;
    ceil(): Tensor;
    round(): Tensor;
    relu(): Tensor;
    sigmoid(): Tensor;
    tanh(): Tensor;
    softmax(axis?: number): Tensor;
    logSoftmax(axis?: number): Tensor;
    equal(other: TensorLike): Tensor;
    notEqual(other: TensorLike): Tensor;
    less(other: TensorLike): Tensor;
    lessEqual(other: TensorLike): Tensor;
    greater(other: TensorLike): Tensor;
    greaterEqual(other: TensorLike): Tensor;
    sum(options?: ReductionOptions): Tensor;
    mean(options?: ReductionOptions): Tensor;
    max(options?: ReductionOptions): Tensor;
    min(options?: ReductionOptions): Tensor;
    prod(options?: ReductionOptions): Tensor;
    variance(options?: ReductionOptions & { readonly correction?: number }): Tensor;
    argMax(axis?: number): Tensor;
    argMin(axis?: number): Tensor;
    cumsum(axis?: number, options?: { readonly reverse?: boolean }): Tensor;
    matmul(other: Tensor, options?: { readonly transposeA?: boolean; readonly transposeB?: boolean }): Tensor;
    reshape(shape: Shape): Tensor;
    flatten(start?: number): Tensor;
    transpose(permutation?: readonly number[]): Tensor;
    broadcastTo(shape: Shape): Tensor;
    expandDims(axis: number): Tensor;
    squeeze(axes?: number | readonly number[]): Tensor;
    slice(starts: readonly number[], ends: readonly number[], steps?: readonly number[]): Tensor;
    select(axis: number, index: number): Tensor;
    pad(pads: readonly (readonly [number, number])[], value?: number): Tensor;
    flip(axes: number | readonly number[]): Tensor;
    gather(indices: Tensor, axis?: number): Tensor;
    oneHot(depth: number, dtype?: DType): Tensor;
    topK(k: number, axis?: number): operations.Sorted;
    sort(options?: { readonly axis?: number; readonly descending?: boolean }): operations.Sorted;
    cast(dtype: DType): Tensor;
    stopGradient(): Tensor;
    toString(): string;
  }
}

const names = [
  "add", "sub", "mul", "div", "pow", "maximum", "minimum", "clamp", "neg", "abs", "sign", "square", "sqrt", "exp", "log", "sin", "cos", "floor", "ceil", "round",
  "relu", "sigmoid", "tanh", "softmax", "logSoftmax", "equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual",
  "sum", "mean", "max", "min", "prod", "variance", "argMax", "argMin", "cumsum", "matmul", "reshape", "flatten", "transpose", "broadcastTo", "expandDims",
  "squeeze", "slice", "select", "pad", "flip", "gather", "oneHot", "topK", "sort", "cast", "stopGradient",
] as const; // prettier-ignore

for (const name of names) {
  const operation = operations[name] as (x: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return operation(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

Object.defineProperty(Tensor.prototype, "toString", {
  value(this: Tensor) {
    return formatTensor(this);
  },
  writable: true,
  configurable: true,
});
