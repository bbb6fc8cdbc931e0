import { gradientByComposition } from "../composition.js";
import { apply, applyOne, defineOperation, type Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { toFloat } from "./operand.js";
import {
  addProduct,
  addTransposedProduct,
  initialState,
  lastState,
  projectInputs,
  recurrentWeightGradient,
  reverseTime,
  statesBefore,
} from "./recurrent.js";
import { rnnGradientSteps, type RnnGradientInputs } from "./rnn-steps.js";

export interface RnnAttributes {
  readonly activation: "tanh" | "relu";
}

/** Inputs: the projected inputs z N x T x H, the recurrent weight H x H, h N x H; output y N x T x H. h = activation(z_t + h W). */
export const rnnOperation: Operation<RnnAttributes> = defineOperation<RnnAttributes, 3>({
  name: "rnn",
  infer: ([z]) => [{ shape: z.shape, dtype: z.dtype }],
  gradient({ inputs: [, weight, h], outputs: [y], gradients: [gy], attributes }) {
    const [gz, gh] = apply(rnnGradientOperation, [weight, y, gy], attributes) as [Tensor, Tensor];
    return [gz, recurrentWeightGradient(statesBefore(h, y), gz), gh];
  },
  evaluate([z, weight, h], { activation }, [y]) {
    const [batch, times, width] = z.shape as [number, number, number];
    const sums = new Float64Array(width);
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < times; t++) {
        const row = n * times + t;
        for (let j = 0; j < width; j++) sums[j] = z.data[row * width + j] as number;
        if (t === 0) addProduct(h.data, n * width, weight.data, width, width, sums);
        else addProduct(y.data, (row - 1) * width, weight.data, width, width, sums);
        for (let j = 0; j < width; j++)
          y.data[row * width + j] = activation === "tanh" ? Math.tanh(sums[j] as number) : Math.max(0, sums[j] as number);
      }
    }
  },
});

/** Inputs the recurrent weight, y and y's gradient; outputs the gradients of z and of the initial h. */
export const rnnGradientOperation: Operation<RnnAttributes> = defineOperation<RnnAttributes, 3, 2>({
  name: "rnnGradient",
  infer([, y]) {
    const [batch, , width] = y.shape as [number, number, number];
    return [
      { shape: y.shape, dtype: y.dtype },
      { shape: [batch, width], dtype: y.dtype },
    ];
  },
  gradient: (request) =>
    gradientByComposition<RnnGradientInputs>((inputs) => rnnGradientSteps(inputs, request.attributes.activation), request),
  evaluate([weight, y, gy], { activation }, [gz, gh]) {
    const [batch, times, width] = y.shape as [number, number, number];
    const dh = new Float64Array(width);
    for (let n = 0; n < batch; n++) {
      dh.fill(0);
      for (let t = times - 1; t >= 0; t--) {
        const row = n * times + t;
        for (let j = 0; j < width; j++) {
          const state = y.data[row * width + j] as number;
          const slope = activation === "tanh" ? 1 - state * state : state > 0 ? 1 : 0;
          gz.data[row * width + j] = ((gy.data[row * width + j] as number) + (dh[j] as number)) * slope;
        }
        dh.fill(0);
        addTransposedProduct(gz.data, row * width, weight.data, width, width, dh);
      }
      gh.data.set(dh, n * width);
    }
  },
});

/**
 * A simple recurrent net over a whole sequence (Elman 1990): h = activation(x W + h U + b).
 * x: N x T x D; inputWeight: D x H; recurrentWeight: H x H; bias: H or null.
 * @param options.activation default tanh
 * @param options.h the initial state N x H; default zeros
 * @param options.reverse from the last time to the first; y stays in the order of x
 */
export function rnn(
  x: Tensor,
  inputWeight: Tensor,
  recurrentWeight: Tensor,
  bias: Tensor | null,
  options: { readonly h?: Tensor; readonly activation?: "tanh" | "relu"; readonly reverse?: boolean } = {},
): { readonly y: Tensor; readonly h: Tensor } {
  const given = toFloat(x);
  const sequence = options.reverse === true ? reverseTime(given) : given;
  const { projected, width } = projectInputs(sequence, inputWeight, recurrentWeight, bias, 1, "rnn");
  const y = applyOne(rnnOperation, [projected, recurrentWeight, initialState(options.h, given, width, "rnn")], {
    activation: options.activation ?? "tanh",
  });
  return { y: options.reverse === true ? reverseTime(y) : y, h: lastState(y) };
}
