import { ShapeError } from "../errors.js";
import { symbolicScalar } from "./operations/operand.js";
import { broadcastTo } from "./operations/reshaping.js";
import { fillNormal, fillUniform } from "./random.js";
import { allocate, sizeOf, type DType, type Shape } from "./shape.js";
import { Tensor } from "./tensor.js";

function filled(shape: Shape, dtype: DType, value: (index: number) => number): Tensor {
  const data = allocate(dtype, sizeOf(shape));
  for (let index = 0; index < data.length; index++) data[index] = value(index);
  return new Tensor({ shape: [...shape], dtype }, data);
}

/** A tensor of zeros. */
export function zeros(shape: Shape, dtype: DType = "f32"): Tensor {
  return new Tensor({ shape: [...shape], dtype }, allocate(dtype, sizeOf(shape)));
}

/** A tensor of ones. */
export function ones(shape: Shape, dtype: DType = "f32"): Tensor {
  return full(shape, 1, dtype);
}

/** A tensor that holds one number everywhere. */
export function full(shape: Shape, value: number, dtype: DType = "f32"): Tensor {
  return filled(shape, dtype, () => value);
}

/** Zeros of x's shape and dtype. */
export function zerosLike(x: Tensor): Tensor {
  return x.symbolic ? broadcastTo(symbolicScalar(0, x.dtype), x.shape) : zeros(x.shape, x.dtype);
}

/** Ones of x's shape and dtype. */
export function onesLike(x: Tensor): Tensor {
  return x.symbolic ? broadcastTo(symbolicScalar(1, x.dtype), x.shape) : ones(x.shape, x.dtype);
}

/**
 * The numbers from `start` up to but without `end`, `step` apart; with one number, from 0 up to it. Whole numbers give
 * `i32`, others `f32`, unless `dtype` says otherwise.
 */
export function arange(start: number, end?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (step === 0) throw new ShapeError("arange: a step of 0 never arrives");
  const whole = [from, to, step].every(Number.isInteger);
  return filled([Math.max(0, Math.ceil((to - from) / step))], dtype ?? (whole ? "i32" : "f32"), (index) => from + index * step);
}

/** `count` numbers from `start` to `end`, both included, at equal distances. */
export function linspace(start: number, end: number, count: number, dtype: DType = "f32"): Tensor {
  return filled([count], dtype, (index) =>
    index === count - 1 && count > 1 ? end : start + ((end - start) * index) / Math.max(1, count - 1),
  );
}

/** The identity matrix, n x n; with `columns` n x columns. */
export function eye(n: number, columns = n, dtype: DType = "f32"): Tensor {
  return filled([n, columns], dtype, (index) => (Math.floor(index / columns) === index % columns ? 1 : 0));
}

/** How random tensors are drawn. The same seed gives the same numbers on every machine. */
export interface RandomOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Tells draws with one seed apart; default 0. */
  readonly stream?: number;
}

/** Numbers of a normal distribution. @param options.mean default 0 @param options.deviation default 1 */
export function randomNormal(shape: Shape, options: RandomOptions & { readonly mean?: number; readonly deviation?: number } = {}): Tensor {
  const { mean = 0, deviation = 1, seed = 0, stream = 0 } = options;
  const numbers = new Float32Array(sizeOf(shape));
  fillNormal(numbers, [seed, stream], mean, deviation);
  return new Tensor({ shape: [...shape], dtype: "f32" }, numbers);
}

/** Numbers spread evenly over [low, high). @param options.low default 0 @param options.high default 1 */
export function randomUniform(shape: Shape, options: RandomOptions & { readonly low?: number; readonly high?: number } = {}): Tensor {
  const { low = 0, high = 1, seed = 0, stream = 0 } = options;
  const numbers = new Float32Array(sizeOf(shape));
  fillUniform(numbers, [seed, stream], low, high);
  return new Tensor({ shape: [...shape], dtype: "f32" }, numbers);
}
