import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import type { Initializer } from "../initializers.js";
import { recurrent } from "./recurrent.js";

export const lstm: LayerDefinition = recurrent({
  name: "lstm",
  summary: "Long short-term memory: a state that gates keep, write and read.",
  details:
    "i, f, o = sigmoid(x_t W + h U + b), g = tanh(x_t W + h U + b), c = f c + i g, h = o tanh(c). " +
    "Parameters: weight W (D x 4H), recurrentWeight U (H x 4H), bias b (4H), gates in the order i, f, g, o: one bias for each gate, " +
    "4H (D + H + 1) numbers. " +
    "The bias of the forget gate starts at `forget_bias` = 1, the others at 0, so that the state is kept at first (Jozefowicz et " +
    "al. 2015). " +
    "In PyTorch: `nn.LSTM`, whose weights are transposed, in the same order, and which has two biases, to be added. " +
    "Sources: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (forget gate).",
  gates: 4,
  states: 2,
  hasRecurrentBias: false,
  arguments: [{ name: "forget_bias", kind: "number", doc: "Where the bias of the forget gate starts.", default: 1 }],
  biasInit: ({ forget_bias }) => forgetGateBias(forget_bias as number),
  run(x, { weight, recurrentWeight, bias }, [h, c], reverse) {
    const result = operations.lstm(x, weight, recurrentWeight, bias, {
      ...(h === undefined ? {} : { h }),
      ...(c === undefined ? {} : { c }),
      reverse,
    });
    return { y: result.y, states: [result.h, result.c] };
  },
  examples: [
    { row: "lstm 3", input: "T x 2", positional: [3] },
    {
      row: "lstm 3, init=enc.state",
      input: "T x 2",
      positional: [3],
      named: {
        init: [
          { shape: [3], dtype: "f32", name: "enc.state[0]" },
          { shape: [3], dtype: "f32", name: "enc.state[1]" },
        ],
      },
    },
    { row: "lstm 2, bidirectional=true, layers=2", input: "T x 3", positional: [2], named: { bidirectional: true, layers: 2 } },
  ],
});

/** 0, but `value` in the second quarter. */
function forgetGateBias(value: number): Initializer {
  return {
    name: value === 0 ? "zeros" : `zeros, forget gate ${value}`,
    fill(values) {
      const width = values.length / 4;
      values.fill(0).fill(value, width, 2 * width);
    },
  };
}
