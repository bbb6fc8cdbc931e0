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

const methods: Record<string, unknown> = {
  add: operations.add,
  sub: operations.sub,
  mul: operations.mul,
  div: operations.div,
  pow: operations.pow,
  maximum: operations.maximum,
  minimum: operations.minimum,
  clamp: operations.clamp,
  neg: operations.neg,
  abs: operations.abs,
  sign: operations.sign,
  square: operations.square,
  sqrt: operations.sqrt,
  exp: operations.exp,
  log: operations.log,
  sin: operations.sin,
  cos: operations.cos,
  floor: operations.floor,
  ceil: operations.ceil,
  round: operations.round,
  relu: operations.relu,
  sigmoid: operations.sigmoid,
  tanh: operations.tanh,
  softmax: operations.softmax,
  logSoftmax: operations.logSoftmax,
  equal: operations.equal,
  notEqual: operations.notEqual,
  less: operations.less,
  lessEqual: operations.lessEqual,
  greater: operations.greater,
  greaterEqual: operations.greaterEqual,
  sum: operations.sum,
  mean: operations.mean,
  max: operations.max,
  min: operations.min,
  prod: operations.prod,
  variance: operations.variance,
  argMax: operations.argMax,
  argMin: operations.argMin,
  cumsum: operations.cumsum,
  matmul: operations.matmul,
  reshape: operations.reshape,
  flatten: operations.flatten,
  transpose: operations.transpose,
  broadcastTo: operations.broadcastTo,
  expandDims: operations.expandDims,
  squeeze: operations.squeeze,
  slice: operations.slice,
  select: operations.select,
  pad: operations.pad,
  flip: operations.flip,
  gather: operations.gather,
  oneHot: operations.oneHot,
  topK: operations.topK,
  sort: operations.sort,
  cast: operations.cast,
  stopGradient: operations.stopGradient,
};

for (const [name, operation] of Object.entries(methods)) {
  const call = operation as (x: Tensor, ...rest: unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return call(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

// `String(x)`, and what console.log and an inspector show of x.
for (const name of ["toString", Symbol.for("nodejs.util.inspect.custom")]) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor) {
      return formatTensor(this);
    },
    writable: true,
    configurable: true,
  });
}
