import { ShapeError } from "../../errors.js";
import { formatShape, type TypedArray } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add } from "./arithmetic.js";
import { concat } from "./joining.js";
import { matmul } from "./matmul.js";
import { symbolicScalar } from "./operand.js";
import { broadcastTo, expandDims, reshape } from "./reshaping.js";
import { flip, select, slice } from "./slicing.js";

/**
 * What the recurrent operations share. Each takes its inputs already multiplied by the input weight, for all times at
 * once: that is one large matrix product, and so is the gradient of the recurrent weight. Only h times the recurrent
 * weight is left to be done time by time.
 */

/** x N x T x D times the input weight D x GH, plus bias: N x T x GH. @throws ShapeError when the parts do not fit. */
export function projectInputs(
  x: Tensor,
  inputWeight: Tensor,
  recurrentWeight: Tensor,
  bias: Tensor | null,
  gates: number,
  who: string,
): { projected: Tensor; width: number } {
  if (x.rank !== 3 || x.shape[1] === 0)
    throw new ShapeError(`${who}: a batch of sequences is N x T x D with T of at least 1, but this is ${formatShape(x.shape)}`);
  const features = x.shape[2] as number;
  const width = recurrentWeight.shape[0] as number;
  const all = gates * width;
  const times = gates === 1 ? "H" : `${gates}H`;
  if (recurrentWeight.rank !== 2 || recurrentWeight.shape[1] !== all)
    throw new ShapeError(`${who}: the recurrent weight is H x ${times}, but this is ${formatShape(recurrentWeight.shape)}`);
  if (inputWeight.rank !== 2 || inputWeight.shape[0] !== features || inputWeight.shape[1] !== all) {
    throw new ShapeError(
      `${who}: with inputs of ${features} features and H = ${width} the input weight must be ${features}x${all} (D x ` +
        `${times}), but it is ${formatShape(inputWeight.shape)}`,
    );
  }
  if (bias !== null && (bias.rank !== 1 || bias.shape[0] !== all))
    throw new ShapeError(`${who}: with H = ${width} the bias must hold ${all} numbers (${times}), but it is ${formatShape(bias.shape)}`);
  const product = matmul(x, inputWeight);
  return { projected: bias === null ? product : add(product, bias), width };
}

/** The given initial state, or zeros; N x H. */
export function initialState(given: Tensor | undefined, x: Tensor, width: number, who: string): Tensor {
  const batch = x.shape[0] as number;
  if (given === undefined) return broadcastTo(symbolicScalar(0, x.dtype), [batch, width]);
  if (given.rank !== 2 || given.shape[0] !== batch || given.shape[1] !== width) {
    throw new ShapeError(`${who}: the initial state must be ${batch}x${width} (N x H), but it is ${formatShape(given.shape)}`);
  }
  return given;
}

/** The states before each time: the initial one, then all but the last. N x T x H. */
export function statesBefore(initial: Tensor, states: Tensor): Tensor {
  const times = states.shape[1] as number;
  const first = expandDims(initial, 1); // N x 1 x H
  return times === 1
    ? first
    : concat([first, slice(states, [0, 0, 0], [states.shape[0] as number, times - 1, states.shape[2] as number])], 1);
}

/** The gradient of the recurrent weight: states before, transposed, times the gradients of what they were added to. H x GH. */
export function recurrentWeightGradient(before: Tensor, gradient: Tensor): Tensor {
  const [batch, times, width] = before.shape as [number, number, number];
  const columns = gradient.shape[2] as number;
  return matmul(reshape(before, [batch * times, width]), reshape(gradient, [batch * times, columns]), { transposeA: true });
}

export function lastState(states: Tensor): Tensor {
  return select(states, 1, -1);
}

/** Time runs backwards: the second direction of a bidirectional net. */
export function reverseTime(x: Tensor): Tensor {
  return flip(x, 1);
}

export function zerosOf(like: { readonly shape: readonly number[]; readonly dtype: Tensor["dtype"] }): Tensor {
  return broadcastTo(symbolicScalar(0, like.dtype), like.shape);
}

/** The state that time t starts from: the initial one, or that of the time before. N x H. */
export function stateBefore(states: Tensor, initial: Tensor, t: number): Tensor {
  return t === 0 ? initial : select(states, 1, t - 1);
}

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Adds the row vector `state` (H) times `weight` (H x columns) to `into`. */
export function addProduct(
  state: TypedArray,
  stateAt: number,
  weight: TypedArray,
  height: number,
  columns: number,
  into: Float64Array,
): void {
  for (let p = 0; p < height; p++) {
    const value = state[stateAt + p] as number;
    for (let j = 0; j < columns; j++) into[j] = (into[j] as number) + value * (weight[p * columns + j] as number);
  }
}

/** Adds the row vector `gradient` (columns) times the transpose of `weight` (H x columns) to `into`. */
export function addTransposedProduct(
  gradient: TypedArray,
  at: number,
  weight: TypedArray,
  height: number,
  columns: number,
  into: Float64Array,
): void {
  for (let p = 0; p < height; p++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += (gradient[at + j] as number) * (weight[p * columns + j] as number);
    into[p] = (into[p] as number) + sum;
  }
}
