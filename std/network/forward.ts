import { LamellaError, ShapeError } from "../errors.js";
import type { Dim } from "../layers/definition.js";
import { evaluateDim } from "../layers/dimensions.js";
import { withScope } from "../tensor/graph.js";
import { Tensor } from "../tensor/tensor.js";
import { tensor } from "../tensor/index.js";
import { runFormula } from "./formula.js";
import type { ForwardOptions } from "./network.js";
import type { ParameterStore } from "./parameters.js";
import { streamOf } from "./parameters.js";
import { bindDims, replaceValues, stepsTo, type LayerStep, type Step, type Value } from "./program.js";
import { uniformNumbers } from "./randomness.js";
import { nameScope } from "./step-places.js";

/** The tensors of a run, by the id of the value they are. */
export type Environment = Map<number, Tensor>;

/** Puts the inputs in their place and binds the symbolic dimensions to what arrived. @throws ShapeError when they do not fit. */
export function bindInputs(
  network: string,
  inputs: readonly Value[],
  tensors: readonly Tensor[],
): { environment: Environment; dims: Map<string, Dim> } {
  if (tensors.length !== inputs.length) {
    const names = inputs.map(({ name }) => name).join(", ");
    throw new ShapeError(
      `${network} takes ${inputs.length} ${inputs.length === 1 ? "tensor" : "tensors"} (${names}), but ${tensors.length} arrived`,
    );
  }
  const environment: Environment = new Map();
  const dims = new Map<string, Dim>();
  for (const [index, input] of inputs.entries()) {
    const arrived = tensors[index];
    if (!(arrived instanceof Tensor)) throw new LamellaError(`${network}: ${input.name ?? "its input"} must be a tensor`);
    const wanted = input.shape.map((dim) => (typeof dim === "number" ? dim : dim.text)).join("x");
    const misfit = (): ShapeError =>
      new ShapeError(`${network}: ${input.name ?? "the input"} is batch x ${wanted}, but ${arrived.shape.join("x")} arrived`);
    if (arrived.rank !== input.shape.length + 1) throw misfit();
    for (const [axis, dim] of input.shape.entries()) {
      const extent = arrived.shape[axis + 1] as number;
      if (typeof dim === "number") {
        if (dim !== extent) throw misfit();
      } else if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(dim.text)) {
        const known = dims.get(dim.text);
        if (known !== undefined && known !== extent) {
          throw new ShapeError(`${network}: ${dim.text} is ${known as number} in one input and ${extent} in ${input.name ?? "another"}`);
        }
        dims.set(dim.text, extent);
      } else if (evaluateDim(dim, dims as Map<string, number>) !== extent) throw misfit();
    }
    environment.set(input.id, arrived);
  }
  return { environment, dims };
}

/** Runs the steps that lead to `ends` and puts their values into the environment. */
export function runSteps(
  network: string,
  ends: readonly Value[],
  environment: Environment,
  dims: ReadonlyMap<string, Dim>,
  store: ParameterStore,
  options: ForwardOptions,
): void {
  for (const step of stepsTo(ends)) {
    if (environment.has(step.output.id)) continue;
    const path = step.kind === "layer" ? step.use.path : step.path === "" ? step.operator : `${step.path} (${step.operator})`;
    const scope = `${path} of ${network}`;
    nameScope(scope, step.kind === "layer" ? step.use : step);
    try {
      withScope(scope, () => runStep(step, environment, dims, store, options));
    } catch (error) {
      throw error instanceof LamellaError && !error.context.includes(`in ${scope}`) ? error.within(`in ${scope}`) : error;
    }
  }
}

function runStep(
  step: Step,
  environment: Environment,
  dims: ReadonlyMap<string, Dim>,
  store: ParameterStore,
  options: ForwardOptions,
): void {
  const tensorOf = (value: Value): Tensor => environment.get(value.id) as Tensor;
  if (step.kind === "formula") {
    const operands = step.operands.map((operand) => (typeof operand === "number" ? operand : tensorOf(operand)));
    environment.set(step.output.id, runFormula(step.operator, operands));
    return;
  }
  const { use } = step;
  const result = use.definition.forward(
    use.definition.source === true ? batchOf(environment) : tensorOf(step.flow),
    bindDims(replaceValues(use.args, tensorOf), dims),
    contextOf(step, store, options),
  );
  if (result instanceof Tensor) {
    environment.set(step.output.id, result);
    return;
  }
  environment.set(step.output.id, result.output);
  for (const [name, values] of Object.entries(step.extras)) {
    const given = result.extras?.[name];
    if (given === undefined) continue;
    if (Array.isArray(values))
      for (const [index, value] of (values as Value[]).entries()) environment.set(value.id, (given as readonly Tensor[])[index] as Tensor);
    else environment.set((values as Value).id, given as Tensor);
  }
}

/** What a source is given: a tensor of shape [batch]. */
function batchOf(environment: Environment): Tensor {
  const [first] = environment.values();
  return tensor(new Float32Array(first?.shape[0] ?? 1));
}

function contextOf({ use }: LayerStep, store: ParameterStore, options: ForwardOptions): Parameters<typeof use.definition.forward>[2] {
  const named = (at: typeof use): Record<string, Tensor> =>
    Object.fromEntries(at.specs.map((spec) => [spec.name, store.get(`${at.parameterPath}/${spec.name}`).value]));
  const stream = streamOf(use.path);
  return {
    training: options.training,
    parameters: named(use),
    update(name, value) {
      store.get(`${use.parameterPath}/${name}`).assign(value);
    },
    uniform: (shape, draw = 0) => uniformNumbers(shape, store.seed, stream, draw, options),
    ...(use.tied === null ? {} : { tied: named(use.tied) }),
  };
}
