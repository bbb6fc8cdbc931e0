import {
  checkArguments,
  evaluateDim,
  initialValue,
  parseFlow,
  substituteDim,
  type FlowType,
  type ForwardContext,
  type LayerArguments,
  type LayerDefinition,
  type LayerExample,
  type LayerResult,
  type ParameterSpec,
} from "../../std/layers/index.js";
import { tensor, Tensor, type DType } from "../../std/tensor/index.js";

/** Every symbol of an example stands for this. */
export const symbolExtent = 5;
export const batch = 2;
const symbols = new Map(["T", "S", "D", "H", "W"].map((name) => [name, symbolExtent]));

export interface BoundExample {
  readonly input: FlowType;
  /** Checked, with FlowTypes for tensors. */
  readonly args: LayerArguments;
  readonly specs: readonly ParameterSpec[];
  /** The tensors among the arguments, in order. */
  readonly operands: readonly FlowType[];
}

/** An example after the argument check, with its symbols as written. */
export function bindExample(definition: LayerDefinition, example: LayerExample): BoundExample {
  const input = parseFlow(example.input);
  const args = checkArguments(definition, example.positional ?? [], example.named ?? {});
  const specs = definition.parameters?.(input, args) ?? [];
  const operands: FlowType[] = [];
  mapFlows(args, (flow) => (operands.push(flow), flow));
  return { input, args, specs, operands };
}

/** A flow's shape in numbers, with the batch in front. */
export function concreteShape(flow: FlowType): number[] {
  return [batch, ...flow.shape.map((dim) => evaluateDim(dim, symbols))];
}

/** Arguments for `forward`: each flow replaced, each symbol bound. */
export function mapFlows(args: LayerArguments, replace: (flow: FlowType) => unknown): LayerArguments {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray((value as FlowType).shape) && "dtype" in value) return replace(value as FlowType);
    if (typeof (value as { text?: unknown }).text === "string") return substituteDim(value as { text: string }, symbols);
    return value;
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, visit(value)]));
}

/** Numbers in (-1, 1) that no two places share, so that there are no ties and no kinks. */
export function testTensor(shape: readonly number[], seed: number, dtype: DType = "f64"): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (dtype === "i32")
    return tensor(
      Int32Array.from({ length: size }, (_, index) => (index * 7 + seed) % 5),
      { shape },
    );
  const values = Float64Array.from({ length: size }, (_, index) => {
    const golden = (index + 1) * 0.6180339887498949 + seed * 0.7548776662466927;
    return 1.8 * (golden - Math.floor(golden)) - 0.9;
  });
  return tensor(dtype === "f64" ? values : Float32Array.from(values), { shape });
}

export interface LayerRun {
  readonly result: LayerResult;
  readonly updates: ReadonlyMap<string, Tensor>;
}

/** Applies a layer to tensors. `parameters` by name; `training` switches dropout and statistics. */
export function runLayer(
  definition: LayerDefinition,
  input: Tensor,
  args: LayerArguments,
  parameters: Readonly<Record<string, Tensor>>,
  training = false,
  tied?: Readonly<Record<string, Tensor>>,
): LayerRun {
  const updates = new Map<string, Tensor>();
  const context: ForwardContext = {
    training,
    parameters,
    update: (name, value) => void updates.set(name, value),
    uniform: (shape, draw = 0) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return tensor(
        Float32Array.from({ length: size }, (_, index) => ((index + 1) * 0.6180339887498949 + draw * 0.37) % 1),
        { shape },
      );
    },
    ...(tied === undefined ? {} : { tied }),
  };
  const result = definition.forward(input, args, context);
  return { result: result instanceof Tensor ? { output: result } : result, updates };
}

/** First values as the network draws them, in double precision. */
export function firstParameters(specs: readonly ParameterSpec[]): Record<string, Tensor> {
  return Object.fromEntries(
    specs.map((spec, index) => {
      const { data, shape } = initialValue(spec, [7, index]);
      return [spec.name, tensor(Float64Array.from(data), { shape })];
    }),
  );
}
