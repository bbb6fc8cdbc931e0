import * as operations from "../../tensor/index.js";
import { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, knownExtent, requireNumbers } from "../define.js";
import type { FlowType, LayerDefinition } from "../definition.js";
import { normal, type Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";

interface PositionsArguments {
  kind: "sinusoidal" | "learned";
  length?: number;
  init?: Initializer;
}

export const positions: LayerDefinition = defineLayer({
  name: "positions",
  category: "attention",
  summary: "Adds a vector for its place to each step of a sequence.",
  details:
    "y[t] = x[t] + p[t]. T x D in, T x D out. `sinusoidal`: p[t, 2i] = sin(t / 10000^(2i/D)), p[t, 2i+1] = cos(t / 10000^(2i/D)), " +
    "no parameters, any length (Vaswani et al. 2017). `learned`: parameter weight (length x D), which starts normal(0, 0.02), " +
    "as in GPT and ViT.",
  arguments: [
    { name: "kind", kind: "choice", choices: ["sinusoidal", "learned"], doc: "Which vectors.", positional: true, default: "sinusoidal" },
    { name: "length", kind: "integer", doc: "For `learned`: the longest sequence.", defaultText: "the length of the flow", minimum: 1 },
    { name: "init", kind: "initializer", doc: "How learned vectors start.", defaultText: "normal(0, 0.02)" },
  ],
  infer(input, args) {
    requireNumbers("positions", input);
    if (input.shape.length !== 2)
      throw new LayerError(`\`positions\` works on a sequence, time x features, but ${describeFlow(input)}`, { code: "E030" });
    const { kind } = args as PositionsArguments;
    const [time] = input.shape;
    const length = kind === "learned" ? longest(input, args as PositionsArguments) : Infinity;
    if (typeof time === "number" && time > length) throw tooLong(time, length);
    return { output: { shape: input.shape, dtype: input.dtype } };
  },
  parameters(input, args) {
    const { kind, init } = args as PositionsArguments;
    if (kind === "sinusoidal") return [];
    const width = knownExtent("positions", input.shape[1], input, "how many features come in");
    return [{ name: "weight", shape: [longest(input, args as PositionsArguments), width], init: init ?? normal(0, 0.02) }];
  },
  forward(input, args, { parameters }) {
    const [, time, width] = input.shape as [number, number, number];
    const { kind } = args as PositionsArguments;
    if (kind === "sinusoidal") return operations.add(input, sinusoids(time, width, input.dtype));
    const { weight } = parameters as { weight: Tensor };
    if (time > (weight.shape[0] as number)) throw tooLong(time, weight.shape[0] as number);
    return operations.add(input, operations.slice(weight, [0, 0], [time, width])); // (B, T, D) + (T, D)
  },
  examples: [
    { row: "positions", input: "T x 6" },
    { row: "positions learned, length=10", input: "T x 4", positional: ["learned"], named: { length: 10 } },
    { row: "positions learned", input: "5 x 4", positional: ["learned"] },
  ],
});

function longest(input: FlowType, { length }: PositionsArguments): number {
  if (length !== undefined) return length;
  const [time] = input.shape;
  if (typeof time === "number") return time;
  throw new LayerError(`\`positions\`: learned positions need a length, because ${describeFlow(input)}`, {
    code: "E022",
    argument: "kind",
    hint: "positions learned, length=512",
  });
}

function tooLong(time: number, length: number): LayerError {
  return new LayerError(`\`positions\`: the sequence has ${time} steps, but there are ${length} learned positions`, {
    code: "E032",
    argument: "length",
  });
}

function sinusoids(time: number, width: number, dtype: Tensor["dtype"]): Tensor {
  const data = dtype === "f64" ? new Float64Array(time * width) : new Float32Array(time * width);
  for (let t = 0; t < time; t++) {
    for (let column = 0; column < width; column++) {
      const angle = t / 10000 ** ((column - (column % 2)) / width);
      data[t * width + column] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return new Tensor({ shape: [time, width], dtype }, data);
}
