import * as operations from "../../tensor/index.js";
import type { LayerDefinition } from "../definition.js";
import { recurrent } from "./recurrent.js";

export const rnn: LayerDefinition = recurrent({
  name: "rnn",
  summary: "A simple recurrent layer: the state is a function of the input and the state before.",
  details:
    "h_t = tanh(x_t W + h_(t-1) U + b). Parameters: weight W (D x H), recurrentWeight U (H x H), bias b (H). " +
    "In PyTorch: `nn.RNN`, whose weights are transposed and which has two biases, to be added. Source: Elman 1990.",
  gates: 1,
  states: 1,
  hasRecurrentBias: false,
  arguments: [{ name: "activation", kind: "choice", choices: ["tanh", "relu"], doc: "The function of the state.", default: "tanh" }],
  run(x, { weight, recurrentWeight, bias }, [h], reverse, { activation }) {
    const result = operations.rnn(x, weight, recurrentWeight, bias, {
      ...(h === undefined ? {} : { h }),
      reverse,
      activation: activation as "tanh" | "relu",
    });
    return { y: result.y, states: [result.h] };
  },
  examples: [
    { row: "rnn 4", input: "T x 3", positional: [4] },
    { row: "rnn 3, init=h0", input: "T x 2", positional: [3], named: { init: { shape: [3], dtype: "f32", name: "h0" } } },
    { row: "rnn 3, bidirectional=true, layers=2", input: "T x 2", positional: [3], named: { bidirectional: true, layers: 2 } },
  ],
});
