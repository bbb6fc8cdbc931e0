import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { recurrent } from "./recurrent.js";

export const gru: LayerDefinition = recurrent({
  name: "gru",
  summary: "A gated recurrent unit: like an LSTM, with one state and two gates.",
  details:
    "r, u = sigmoid(x_t W + b + h U + d), n = tanh(x_t W + b + r (h U + d)), h = (1 - u) n + u h. " +
    "Parameters: weight W (D x 3H), recurrentWeight U (H x 3H), bias b (3H), recurrentBias d (3H), in the order r, u, n; the second bias " +
    "stands because r multiplies it. In PyTorch: `nn.GRU`, whose weights are transposed, in the same order. Source: Cho et al. 2014.",
  gates: 3,
  states: 1,
  hasRecurrentBias: true,
  run(x, { weight, recurrentWeight, bias, recurrentBias }, [h], reverse) {
    const result = operations.gru(x, weight, recurrentWeight, bias, recurrentBias, { ...(h === undefined ? {} : { h }), reverse });
    return { y: result.y, states: [result.h] };
  },
  examples: [
    { row: "gru 3", input: "T x 2", positional: [3] },
    {
      row: "gru 2, init=h0, bias=false",
      input: "T x 3",
      positional: [2],
      named: { init: { shape: [2], dtype: "f32", name: "h0" }, bias: false },
    },
    { row: "gru 2, bidirectional=true", input: "T x 3", positional: [2], named: { bidirectional: true } },
  ],
});
