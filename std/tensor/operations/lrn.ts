import { ShapeError } from "../../errors.js";
import { gradientByComposition, gradientsThrough } from "../composition.js";
import { applyOne, defineOperation, type OperandArray, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { add, mul, pow, square } from "./arithmetic.js";
import { toFloat } from "./operand.js";
import { pad, slice } from "./slicing.js";

export interface LrnAttributes {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** The first and last channel around c that its sum takes in. An even window reaches one further back, as in PyTorch. */
function windowAround(c: number, size: number, channels: number): [number, number] {
  return [Math.max(0, c - Math.floor(size / 2)), Math.min(channels - 1, c + Math.floor((size - 1) / 2))];
}

/** k + alpha times the sum of squares over the channels around each. */
function denominators(x: OperandArray, { size, alpha, k }: LrnAttributes): Float64Array {
  const channels = x.shape.at(-1) as number;
  const result = new Float64Array(x.data.length);
  for (let start = 0; start < result.length; start += channels) {
    for (let c = 0; c < channels; c++) {
      const [first, last] = windowAround(c, size, channels);
      let squares = 0;
      for (let other = first; other <= last; other++) squares += (x.data[start + other] as number) ** 2;
      result[start + c] = k + alpha * squares;
    }
  }
  return result;
}

export const lrnOperation: Operation<LrnAttributes> = defineOperation<LrnAttributes>({
  name: "lrn",
  infer([x], { size }) {
    if (!Number.isInteger(size) || size < 1)
      throw new ShapeError(`lrn: size is the number of channels a sum goes over, at least 1, but it is ${size}`);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], gradients: [g], attributes }) => [applyOne(lrnGradientOperation, [x, g], attributes)],
  evaluate([x], attributes, [y]) {
    const below = denominators(x, attributes);
    for (let i = 0; i < below.length; i++) y.data[i] = (x.data[i] as number) * (below[i] as number) ** -attributes.beta;
  },
});

/**
 * Inputs x and y's gradient g: g d^-beta - 2 alpha beta x sum(g x d^(-beta - 1)), the sum over the channels whose
 * windows hold this one.
 */
export const lrnGradientOperation: Operation<LrnAttributes> = defineOperation<LrnAttributes, 2>({
  name: "lrnGradient",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: (request) =>
    gradientByComposition(([x, g]) => gradientsThrough(([inner]) => [composeLrn(inner, request.attributes)], [x] as const, [g]), request),
  evaluate([x, g], attributes, [gx]) {
    const { size, alpha, beta } = attributes;
    const channels = x.shape.at(-1) as number;
    const below = denominators(x, attributes);
    const sums = new Float64Array(below.length);
    for (let start = 0; start < below.length; start += channels) {
      for (let c = 0; c < channels; c++) {
        const at = start + c;
        const term = (g.data[at] as number) * (x.data[at] as number) * (below[at] as number) ** (-beta - 1);
        const [first, last] = windowAround(c, size, channels);
        for (let other = first; other <= last; other++) sums[start + other] = (sums[start + other] as number) + term;
      }
    }
    for (let i = 0; i < below.length; i++) {
      gx.data[i] = (g.data[i] as number) * (below[i] as number) ** -beta - 2 * alpha * beta * (x.data[i] as number) * (sums[i] as number);
    }
  },
});

function composeLrn(x: Tensor, { size, alpha, beta, k }: LrnAttributes): Tensor {
  const channels = x.shape.at(-1) as number;
  const before = Math.floor(size / 2);
  const around = pad(
    square(x),
    x.shape.map((_, axis) => (axis === x.rank - 1 ? [before, size - 1 - before] : [0, 0])),
  );
  let squares: Tensor | null = null;
  for (let shift = 0; shift < size; shift++) {
    const part = slice(
      around,
      x.shape.map((_, axis) => (axis === x.rank - 1 ? shift : 0)),
      x.shape.map((extent, axis) => (axis === x.rank - 1 ? shift + channels : extent)),
    );
    squares = squares === null ? part : add(squares, part);
  }
  return mul(x, pow(add(mul(squares as Tensor, alpha), k), -beta));
}

/**
 * Local response normalisation over the channels (Krizhevsky et al. 2012, section 3.3):
 * y = x / (k + alpha sum(x^2))^beta, the sum over `size` channels around each. x: ... x C.
 * The paper's defaults: size 5, alpha 1e-4, beta 0.75, k 2. PyTorch's alpha is ours times the size.
 */
export function lrn(x: Tensor, options: Partial<LrnAttributes> = {}): Tensor {
  return applyOne(lrnOperation, [toFloat(x)], {
    size: options.size ?? 5,
    alpha: options.alpha ?? 1e-4,
    beta: options.beta ?? 0.75,
    k: options.k ?? 2,
  });
}
