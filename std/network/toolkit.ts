import type { LayerDefinition } from "../layers/definition.js";
import { createInitializer, initializerRegistry } from "../layers/initializer-registry.js";
import type { Initializer } from "../layers/initializers.js";
import { layerRegistry } from "../layers/registry.js";
import { Tensor } from "../tensor/tensor.js";
import { asApplicable, Layer, PendingFlow } from "./applicable.js";
import { currentBuilder, isBuilding } from "./builder.js";
import { splitOptions } from "./describe.js";
import { Flow } from "./flow.js";
import type { InitializerFunctions, LayerFunctions } from "./layer-functions.js";
import { isSymbolicDim } from "./program.js";
import { callSite, type Site } from "./site.js";

/** Every layer of the library by its name, and the initialisers under `init`. */
export type Layers = LayerFunctions & { readonly init: InitializerFunctions };

const numeric: Readonly<Record<string, (x: number) => number>> = {
  sqrt: Math.sqrt,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};

/**
 * A layer as a function: `conv(96, [11, 11], { stride: 4 })` gives a layer value for a row. Layers that take no tensor may
 * be applied at once, as in formulas: `softmax(scores)`, `tanh(cell)`, `sqrt(d)`.
 */
function layerFunction(definition: LayerDefinition): (...values: readonly unknown[]) => unknown {
  const { name } = definition;
  const positional = definition.arguments.filter((spec) => spec.positional === true);
  const takesTensor = positional[0]?.kind === "tensor";
  const waiting = definition.arguments.find((spec) => spec.defaultsToFlow === true);
  const call = (...values: readonly unknown[]): unknown => {
    const [first, ...rest] = values;
    const given = splitOptions(rest);
    if (first instanceof Flow && waiting !== undefined && !(waiting.name in given.named)) {
      return new PendingFlow(definition, waiting.name, first, given.positional, given.named, callSite(call));
    }
    if (first instanceof Flow && (!takesTensor || waiting !== undefined)) {
      const layer = new Layer(definition, given.positional, given.named, callSite(call));
      const applied = layer.applyTo(first, { site: layer.site });
      return new Flow(
        applied.value,
        `${name}(${[first.rowText, ...(rest.length === 0 ? [] : [layer.rowText.slice(name.length + 1)])].join(", ")})`,
      );
    }
    // Random numbers start a flow: nothing flows into them, only the batch of the network's input is taken over.
    if (definition.source === true && isBuilding()) return startFlow(definition, values, callSite(call));
    const onNumber = numeric[name];
    // A dimension without a value says so itself when it is made a number.
    if (values.length === 1 && onNumber !== undefined && (typeof first === "number" || isSymbolicDim(first)))
      return onNumber(Number(first));
    if (first instanceof Tensor && !takesTensor) return onTensor(definition, first, given);
    const { positional: places, named } = splitOptions(values);
    return new Layer(definition, places, named, callSite(call));
  };
  // Handed on without values (`act=relu`), it stands on rows as the layer without values.
  Object.defineProperty(call, asApplicable, { value: () => new Layer(definition, [], {}, null) });
  Object.defineProperty(call, "rowText", { value: name });
  return Object.defineProperty(call, "name", { value: name });
}

function startFlow(definition: LayerDefinition, values: readonly unknown[], site: Site | null): Flow {
  const { positional, named } = splitOptions(values);
  const layer = new Layer(definition, positional, named, site);
  const { value } = layer.applyTo(new Flow(currentBuilder(definition.name).values[0] ?? null), { site });
  return new Flow(value, layer.rowText);
}

/** A layer without parameters on a tensor that has a value. */
function onTensor(definition: LayerDefinition, input: Tensor, given: ReturnType<typeof splitOptions>): Tensor {
  const layer = new Layer(definition, given.positional, given.named, null);
  const result = definition.forward(input, layer.args, {
    training: false,
    parameters: {},
    update: () => undefined,
    uniform: () => input,
  });
  return result instanceof Tensor ? result : result.output;
}

const initializers = Object.fromEntries(
  [...initializerRegistry.keys()].map((name) => [
    name,
    (...values: readonly unknown[]): Initializer => {
      const { positional, named } = splitOptions(values);
      return createInitializer(name, positional, named);
    },
  ]),
);

/** Every layer as a function. Inside a body they come as its second parameter. */
export const layersOfBody: Layers = Object.freeze({
  ...Object.fromEntries([...layerRegistry].map(([name, definition]) => [name, layerFunction(definition)])),
  init: initializers,
}) as unknown as Layers;
