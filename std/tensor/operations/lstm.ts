import { gradientByComposition } from "../composition.js";
import { apply, defineOperation, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { lstmGradientSteps, lstmSteps, type LstmGradientInputs, type LstmInputs } from "./lstm-steps.js";
import { toFloat } from "./operand.js";
import {
  addProduct,
  addTransposedProduct,
  initialState,
  lastState,
  logistic,
  projectInputs,
  recurrentWeightGradient,
  reverseTime,
  statesBefore,
  zerosOf,
} from "./recurrent.js";

/**
 * Inputs: the projected inputs z N x T x 4H (gates i, f, g, o side by side), the recurrent weight H x 4H, h N x H, c N x H.
 * Outputs: y N x T x H (h at each time), the last c N x H, and for the gradient: the gates after their activations
 * N x T x 4H and c at each time N x T x H.
 * a = z_t + h W;  i, f, o = sigmoid(a);  g = tanh(a);  c = f c + i g;  h = o tanh(c).
 */
export const lstmOperation: Operation<null> = defineOperation<null, 4, 4>({
  name: "lstm",
  infer([z, weight]) {
    const [batch, times] = z.shape as [number, number, number];
    const width = weight.shape[0] as number;
    const { dtype } = z;
    return [
      { shape: [batch, times, width], dtype },
      { shape: [batch, width], dtype },
      { shape: [batch, times, 4 * width], dtype },
      { shape: [batch, times, width], dtype },
    ];
  },
  gradient(request) {
    const {
      inputs: [, weight, h, c],
      outputs: [y, last, gates, cells],
      gradients: [gy, gc, gGates, gCells],
    } = request;
    // Only a gradient of a gradient asks about the gates and cells, and then the fused kernel does not serve.
    if (gGates !== null || gCells !== null) return gradientByComposition<LstmInputs>(lstmSteps, request);
    const [gz, gh, gInitial] = apply(lstmGradientOperation, [weight, c, gates, cells, gy ?? zerosOf(y), gc ?? zerosOf(last)], null) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return [gz, recurrentWeightGradient(statesBefore(h, y), gz), gh, gInitial];
  },
  evaluate([z, weight, h, c], _, [y, last, gates, cells]) {
    const [batch, times, width] = y.shape as [number, number, number];
    const sums = new Float64Array(4 * width);
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < times; t++) {
        const row = n * times + t;
        for (let j = 0; j < 4 * width; j++) sums[j] = z.data[row * 4 * width + j] as number;
        if (t === 0) addProduct(h.data, n * width, weight.data, width, 4 * width, sums);
        else addProduct(y.data, (row - 1) * width, weight.data, width, 4 * width, sums);
        for (let j = 0; j < width; j++) {
          const before = (t === 0 ? c.data[n * width + j] : cells.data[(row - 1) * width + j]) as number;
          const input = logistic(sums[j] as number);
          const forget = logistic(sums[width + j] as number);
          const candidate = Math.tanh(sums[2 * width + j] as number);
          const output = logistic(sums[3 * width + j] as number);
          const cell = forget * before + input * candidate;
          for (const [gate, value] of [input, forget, candidate, output].entries()) gates.data[row * 4 * width + gate * width + j] = value;
          cells.data[row * width + j] = cell;
          y.data[row * width + j] = output * Math.tanh(cell);
          if (t === times - 1) last.data[n * width + j] = cell;
        }
      }
    }
  },
});

/**
 * Inputs the recurrent weight, the initial c, gates, cells, and the gradients of y and the last c; outputs the
 * gradients of z, the initial h and the initial c.
 */
export const lstmGradientOperation: Operation<null> = defineOperation<null, 6, 3>({
  name: "lstmGradient",
  infer([, c, gates]) {
    const { dtype } = gates;
    return [
      { shape: gates.shape, dtype },
      { shape: c.shape, dtype },
      { shape: c.shape, dtype },
    ];
  },
  gradient: (request) => gradientByComposition<LstmGradientInputs>(lstmGradientSteps, request),
  evaluate([weight, c, gates, cells, gy, gc], _, [gz, gh, gInitial]) {
    const [batch, times, width] = cells.shape as [number, number, number];
    const columns = 4 * width;
    const dh = new Float64Array(width);
    const dc = new Float64Array(width);
    for (let n = 0; n < batch; n++) {
      dh.fill(0);
      for (let j = 0; j < width; j++) dc[j] = gc.data[n * width + j] as number;
      for (let t = times - 1; t >= 0; t--) {
        const row = n * times + t;
        for (let j = 0; j < width; j++) {
          const at = row * columns + j;
          const input = gates.data[at] as number;
          const forget = gates.data[at + width] as number;
          const candidate = gates.data[at + 2 * width] as number;
          const output = gates.data[at + 3 * width] as number;
          const before = (t === 0 ? c.data[n * width + j] : cells.data[(row - 1) * width + j]) as number;
          const squashed = Math.tanh(cells.data[row * width + j] as number);
          const incoming = (gy.data[row * width + j] as number) + (dh[j] as number);
          const cell = (dc[j] as number) + incoming * output * (1 - squashed * squashed);
          gz.data[at] = cell * candidate * input * (1 - input);
          gz.data[at + width] = cell * before * forget * (1 - forget);
          gz.data[at + 2 * width] = cell * input * (1 - candidate * candidate);
          gz.data[at + 3 * width] = incoming * squashed * output * (1 - output);
          dc[j] = cell * forget;
        }
        dh.fill(0);
        addTransposedProduct(gz.data, row * columns, weight.data, width, columns, dh);
      }
      gh.data.set(dh, n * width);
      gInitial.data.set(dc, n * width);
    }
  },
});

export interface LstmResult {
  /** h at each time: N x T x H. */
  readonly y: Tensor;
  /** The last h: N x H. */
  readonly h: Tensor;
  /** The last c: N x H. */
  readonly c: Tensor;
}

/**
 * A long short-term memory over a whole sequence (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).
 * x: N x T x D; inputWeight: D x 4H; recurrentWeight: H x 4H; bias: 4H or null; gates in the order i, f, g, o.
 * i, f, o = sigmoid(x W + h U + b), g = tanh(x W + h U + b), c = f c + i g, h = o tanh(c).
 * @param options.h, options.c the initial states N x H; default zeros
 * @param options.reverse from the last time to the first; y stays in the order of x, h and c are those after the first time
 */
export function lstm(
  x: Tensor,
  inputWeight: Tensor,
  recurrentWeight: Tensor,
  bias: Tensor | null,
  options: { readonly h?: Tensor; readonly c?: Tensor; readonly reverse?: boolean } = {},
): LstmResult {
  const given = toFloat(x);
  const sequence = options.reverse === true ? reverseTime(given) : given;
  const { projected, width } = projectInputs(sequence, inputWeight, recurrentWeight, bias, 4, "lstm");
  const [y, c] = apply(
    lstmOperation,
    [projected, recurrentWeight, initialState(options.h, given, width, "lstm"), initialState(options.c, given, width, "lstm")],
    null,
  ) as [Tensor, Tensor];
  return { y: options.reverse === true ? reverseTime(y) : y, h: lastState(y), c };
}
