import * as operations from "../../tensor/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { defineLayer, describeFlow, knownExtent, requireNumbers } from "../define.js";
import type {
  ArgumentSpec,
  FlowType,
  ForwardContext,
  LayerArguments,
  LayerDefinition,
  LayerExample,
  ParameterSpec,
} from "../definition.js";
import { compareShapes, formatFlowShape } from "../dimensions.js";
import { dropByMask } from "../dropout/mask.js";
import { orthogonal, xavier, zeros, type Initializer } from "../initializers.js";
import { LayerError } from "../layer-error.js";

interface RecurrentArguments<T> {
  units: number;
  init?: T | readonly T[];
  bidirectional: boolean;
  layers: number;
  bias: boolean;
  dropout: number;
}

/** The weights of one direction of one layer. */
interface CellParameters {
  readonly weight: Tensor;
  readonly recurrentWeight: Tensor;
  readonly bias: Tensor | null;
  readonly recurrentBias: Tensor | null;
}

/** What tells one recurrent layer from another. */
export interface CellDefinition {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  /** 4 for an LSTM. The gates stand side by side in the weights. */
  readonly gates: number;
  /** h, or h and c. */
  readonly states: number;
  readonly hasRecurrentBias: boolean;
  readonly arguments?: readonly ArgumentSpec[];
  biasInit?(args: LayerArguments): Initializer;
  /** One pass over x (B x T x D) from the given states: y (B x T x H) and the last states. */
  run(
    x: Tensor,
    parameters: CellParameters,
    states: readonly (Tensor | undefined)[],
    reverse: boolean,
    args: LayerArguments,
  ): { y: Tensor; states: readonly Tensor[] };
  readonly examples: readonly LayerExample[];
}

/** A recurrent layer: `layers` of them stacked, each in one direction or in both. */
export function recurrent(cell: CellDefinition): LayerDefinition {
  const { name, gates } = cell;
  const stateNames = cell.states === 2 ? "h and c" : "h";
  return defineLayer({
    name,
    category: "recurrent",
    summary: cell.summary,
    details:
      `${cell.details} T x D in, T x \`units\` out (T x 2 units with \`bidirectional\`: forward, then backward). ` +
      `The extra \`state\` is a list: ${stateNames} (units each) after the last step, for each layer and direction; ` +
      `\`init=enc.state\` starts with it. ` +
      "Stacked layers have parameters of their own, called `layer2.weight` and so on; the backward direction's are " +
      "`backward.weight` and so on. " +
      "Input weights start Xavier-uniform and recurrent ones orthogonal, gate by gate.",
    gives: { state: `${stateNames} after the last step, for each layer and direction` },
    arguments: [
      { name: "units", kind: "integer", doc: "How many numbers the state has.", positional: true, required: true, minimum: 1 },
      { name: "init", kind: "tensor", doc: "The first state: the `state` of another recurrent layer, or tensors.", defaultText: "zeros" },
      { name: "bidirectional", kind: "boolean", doc: "Whether a second one reads the sequence backwards.", default: false },
      { name: "layers", kind: "integer", doc: "How many are stacked.", default: 1, minimum: 1 },
      { name: "bias", kind: "boolean", doc: "Whether there are biases.", default: true },
      { name: "dropout", kind: "number", doc: "Dropout between stacked layers.", default: 0, minimum: 0, maximum: 1 },
      ...(cell.arguments ?? []),
    ],
    infer(input, args) {
      requireNumbers(name, input);
      if (input.shape.length !== 2)
        throw new LayerError(`\`${name}\` reads a sequence, time x features, but ${describeFlow(input)}`, { code: "E030" });
      const { units, bidirectional, layers, init } = args as RecurrentArguments<FlowType>;
      const directions = bidirectional ? 2 : 1;
      const state: FlowType = { shape: [units], dtype: input.dtype };
      const states = new Array<FlowType>(layers * directions * cell.states).fill(state);
      checkFirstState(name, init, states);
      return { output: { shape: [...input.shape.slice(0, 1), directions * units], dtype: input.dtype }, extras: { state: states } };
    },
    parameters(input, args) {
      const { units, bidirectional, layers, bias } = args as RecurrentArguments<FlowType>;
      const specs: ParameterSpec[] = [];
      let features = knownExtent(name, input.shape.at(-1), input, "how many features come in");
      for (let layer = 0; layer < layers; layer++) {
        for (const prefix of prefixes(layer, bidirectional)) {
          specs.push(
            { name: `${prefix}weight`, shape: [features, gates * units], init: xavier(), fans: { fanIn: features, fanOut: units } },
            { name: `${prefix}recurrentWeight`, shape: [units, gates * units], init: orthogonal(1, gates) },
          );
          if (bias) specs.push({ name: `${prefix}bias`, shape: [gates * units], init: cell.biasInit?.(args) ?? zeros });
          if (bias && cell.hasRecurrentBias) specs.push({ name: `${prefix}recurrentBias`, shape: [gates * units], init: zeros });
        }
        features = bidirectional ? 2 * units : units;
      }
      return specs;
    },
    forward(input, args, context) {
      const { bidirectional, layers, init, dropout } = args as RecurrentArguments<Tensor>;
      const given = init === undefined ? [] : [init].flat();
      const last: Tensor[] = [];
      let flow = input;
      for (let layer = 0; layer < layers; layer++) {
        if (layer > 0) flow = dropByMask(flow, dropout, flow.shape, context, layer);
        const outputs: Tensor[] = [];
        for (const [direction, prefix] of prefixes(layer, bidirectional).entries()) {
          const states = given.slice(last.length, last.length + cell.states);
          const result = cell.run(flow, parametersOf(context, prefix), states, direction === 1, args);
          outputs.push(result.y);
          last.push(...result.states);
        }
        flow = outputs.length === 1 ? (outputs[0] as Tensor) : operations.concat(outputs); // (B, T, H) or (B, T, 2H)
      }
      return { output: flow, extras: { state: last } };
    },
    examples: cell.examples,
  });
}

function prefixes(layer: number, bidirectional: boolean): string[] {
  const prefix = layer === 0 ? "" : `layer${layer + 1}.`;
  return bidirectional ? [prefix, `${prefix}backward.`] : [prefix];
}

function parametersOf({ parameters }: ForwardContext, prefix: string): CellParameters {
  return {
    weight: parameters[`${prefix}weight`] as Tensor,
    recurrentWeight: parameters[`${prefix}recurrentWeight`] as Tensor,
    bias: parameters[`${prefix}bias`] ?? null,
    recurrentBias: parameters[`${prefix}recurrentBias`] ?? null,
  };
}

/** @throws LayerError E031 when there are more states than wanted, or one has another shape. */
function checkFirstState(layer: string, init: FlowType | readonly FlowType[] | undefined, wanted: readonly FlowType[]): void {
  if (init === undefined) return;
  const given = [init].flat();
  const width = formatFlowShape(wanted[0]?.shape ?? []);
  const wrong = given.find((state, index) => wanted[index] === undefined || compareShapes(state.shape, wanted[index].shape) === "unequal");
  if (wrong === undefined) return;
  const expected = wanted.length === 1 ? `a tensor of ${width}` : `up to ${wanted.length} tensors of ${width}`;
  const arrived = given.length > wanted.length ? `${given.length} tensors arrived` : `one of ${formatFlowShape(wrong.shape)} arrived`;
  throw new LayerError(`\`${layer}\`: the first state is ${expected}, but ${arrived}`, {
    code: "E031",
    argument: "init",
    hint: "the state of another layer fits when both have the same units, layers and directions",
  });
}
