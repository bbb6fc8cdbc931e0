import { ShapeError } from "../../errors.js";
import { gradientByComposition } from "../composition.js";
import { apply, defineOperation, type Operation } from "../operation.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { gruGradientSteps, gruSteps, type GruGradientInputs, type GruInputs } from "./gru-steps.js";
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
import { sum } from "./reductions.js";

/**
 * Inputs: the projected inputs z N x T x 3H (r, u, n side by side), the recurrent weight H x 3H, the recurrent bias 3H, h N x H.
 * Outputs: y N x T x H and, for the gradient, N x T x 4H: r, u and n after their activations and q.
 * a = h W + b;  r = sigmoid(z_r + a_r);  u = sigmoid(z_u + a_u);  q = a_n;  n = tanh(z_n + r q);  h = (1 - u) n + u h.
 */
export const gruOperation: Operation<null> = defineOperation<null, 4, 2>({
  name: "gru",
  infer([z, weight]) {
    const [batch, times] = z.shape as [number, number, number];
    const width = weight.shape[0] as number;
    return [
      { shape: [batch, times, width], dtype: z.dtype },
      { shape: [batch, times, 4 * width], dtype: z.dtype },
    ];
  },
  gradient(request) {
    const {
      inputs: [, weight, , h],
      outputs: [y, gates],
      gradients: [gy, gGates],
    } = request;
    // Only a gradient of a gradient asks about the gates, and then the fused kernel does not serve.
    if (gGates !== null) return gradientByComposition<GruInputs>(gruSteps, request);
    const [gz, ga, gh] = apply(gruGradientOperation, [weight, h, y, gates, gy ?? zerosOf(y)], null) as [Tensor, Tensor, Tensor];
    return [gz, recurrentWeightGradient(statesBefore(h, y), ga), sum(ga, { axes: [0, 1] }), gh];
  },
  evaluate([z, weight, bias, h], _, [y, gates]) {
    const [batch, times, width] = y.shape as [number, number, number];
    const sums = new Float64Array(3 * width);
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < times; t++) {
        const row = n * times + t;
        sums.set(bias.data);
        if (t === 0) addProduct(h.data, n * width, weight.data, width, 3 * width, sums);
        else addProduct(y.data, (row - 1) * width, weight.data, width, 3 * width, sums);
        for (let j = 0; j < width; j++) {
          const before = (t === 0 ? h.data[n * width + j] : y.data[(row - 1) * width + j]) as number;
          const at = row * 3 * width + j;
          const reset = logistic((z.data[at] as number) + (sums[j] as number));
          const update = logistic((z.data[at + width] as number) + (sums[width + j] as number));
          const recurrent = sums[2 * width + j] as number;
          const candidate = Math.tanh((z.data[at + 2 * width] as number) + reset * recurrent);
          for (const [gate, value] of [reset, update, candidate, recurrent].entries()) gates.data[(row * 4 + gate) * width + j] = value;
          y.data[row * width + j] = (1 - update) * candidate + update * before;
        }
      }
    }
  },
});

/**
 * Inputs the recurrent weight, the initial h, y, gates and y's gradient; outputs the gradients of z, of h W + b at
 * each time, and of the initial h.
 */
export const gruGradientOperation: Operation<null> = defineOperation<null, 5, 3>({
  name: "gruGradient",
  infer([, h, y]) {
    const [batch, times, width] = y.shape as [number, number, number];
    const { dtype } = y;
    return [
      { shape: [batch, times, 3 * width], dtype },
      { shape: [batch, times, 3 * width], dtype },
      { shape: h.shape, dtype },
    ];
  },
  gradient: (request) => gradientByComposition<GruGradientInputs>(gruGradientSteps, request),
  evaluate([weight, h, y, gates, gy], _, [gz, ga, gh]) {
    const [batch, times, width] = y.shape as [number, number, number];
    const columns = 3 * width;
    const dh = new Float64Array(width);
    for (let n = 0; n < batch; n++) {
      dh.fill(0);
      for (let t = times - 1; t >= 0; t--) {
        const row = n * times + t;
        for (let j = 0; j < width; j++) {
          const [reset, update, candidate, recurrent] = [0, 1, 2, 3].map((gate) => gates.data[(row * 4 + gate) * width + j] as number) as [
            number,
            number,
            number,
            number,
          ];
          const before = (t === 0 ? h.data[n * width + j] : y.data[(row - 1) * width + j]) as number;
          const incoming = (gy.data[row * width + j] as number) + (dh[j] as number);
          const toUpdate = incoming * (before - candidate) * update * (1 - update);
          const toCandidate = incoming * (1 - update) * (1 - candidate * candidate);
          const toReset = toCandidate * recurrent * reset * (1 - reset);
          const at = row * columns + j;
          gz.data[at] = ga.data[at] = toReset;
          gz.data[at + width] = ga.data[at + width] = toUpdate;
          gz.data[at + 2 * width] = toCandidate;
          ga.data[at + 2 * width] = toCandidate * reset;
          dh[j] = incoming * update;
        }
        addTransposedProduct(ga.data, row * columns, weight.data, width, columns, dh);
      }
      gh.data.set(dh, n * width);
    }
  },
});

/**
 * A gated recurrent unit over a whole sequence (Cho et al. 2014, in the form of cuDNN and PyTorch: the reset gate acts after
 * the recurrent product). x: N x T x D; inputWeight: D x 3H; recurrentWeight: H x 3H; biases: 3H or null; order r, u, n.
 * r = sigmoid(x W_r + h U_r), u = sigmoid(x W_u + h U_u), n = tanh(x W_n + r (h U_n)), h = (1 - u) n + u h, biases in each product.
 * @param options.h the initial state N x H; default zeros
 * @param options.reverse from the last time to the first; y stays in the order of x
 */
export function gru(
  x: Tensor,
  inputWeight: Tensor,
  recurrentWeight: Tensor,
  inputBias: Tensor | null,
  recurrentBias: Tensor | null,
  options: { readonly h?: Tensor; readonly reverse?: boolean } = {},
): { readonly y: Tensor; readonly h: Tensor } {
  const given = toFloat(x);
  const sequence = options.reverse === true ? reverseTime(given) : given;
  const { projected, width } = projectInputs(sequence, inputWeight, recurrentWeight, inputBias, 3, "gru");
  const bias = recurrentBias ?? zerosOf({ shape: [3 * width], dtype: given.dtype });
  if (bias.rank !== 1 || bias.shape[0] !== 3 * width)
    throw new ShapeError(
      `gru: with H = ${width} the recurrent bias must hold ${3 * width} numbers (3H), but it is ${formatShape(bias.shape)}`,
    );
  const y = apply(gruOperation, [projected, recurrentWeight, bias, initialState(options.h, given, width, "gru")], null)[0] as Tensor;
  return { y: options.reverse === true ? reverseTime(y) : y, h: lastState(y) };
}
