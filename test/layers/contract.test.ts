import { describe, expect, test } from "vitest";
import {
  evaluateDim,
  formatFlowShape,
  layerRegistry,
  type FlowType,
  type LayerDefinition,
  type LayerExample,
} from "../../std/layers/index.js";
import { add, cast, gradients, mul, portableExecutor, sum, trace, Variable, type Tensor } from "../../std/tensor/index.js";
import {
  batch,
  bindExample,
  concreteShape,
  firstParameters,
  mapFlows,
  runLayer,
  symbolExtent,
  testTensor,
  type LayerRun,
} from "./run-layer.js";

/** What every layer must satisfy, for each of its examples. */
const cases = [...layerRegistry.values()].flatMap((definition) =>
  definition.examples.map((example) => ({ definition, example, row: example.row, input: example.input })),
);

/** Examples of a paper's size (224x224x3) are for the docs and for shapes; numbers are checked on the small ones. */
const smallCases = cases.filter(({ definition, example }) => {
  const { input } = bindExample(definition, example);
  return concreteShape(input).reduce((product, extent) => product * extent, 1) < 5000;
});

/** Words of the layer language, which can name neither a layer nor an option. */
const reserved = "net block let train load save show on from to out update repeat in if else default and or not".split(" ");

const isFloat = (dtype: string): boolean => dtype === "f32" || dtype === "f64";
const symbols = new Map(["T", "S", "D"].map((name) => [name, symbolExtent]));

/** Where a function is not defined or has a kink, its numbers are moved away from it. */
function inputFor(definition: LayerDefinition, flow: FlowType, seed: number): Tensor {
  const shape = definition.source === true ? [batch] : concreteShape(flow);
  const values = testTensor(shape, seed, flow.dtype === "i32" ? "i32" : "f64");
  return definition.name === "sqrt" || definition.name === "log" ? add(mul(values, 0.5), 1) : values;
}

describe("every layer", () => {
  test.each(smallCases)("$row on $input: the inferred shape is the shape of the values", ({ definition, example }) => {
    const { input, args, specs, operands } = bindExample(definition, example);
    const { output, extras = {} } = definition.infer(input, args);
    const parameters = firstParameters(specs);
    for (const spec of specs) expect(parameters[spec.name]?.shape).toEqual(spec.shape);
    const run = runLayer(definition, inputFor(definition, input, 1), concreteArguments(args, operands), parameters, true);
    expect(run.result.output.shape).toEqual(concreteShape(output));
    expect(isFloat(run.result.output.dtype)).toBe(isFloat(output.dtype));
    for (const [name, types] of Object.entries(extras)) {
      const values = run.result.extras?.[name];
      for (const [index, type] of [types].flat().entries()) {
        const value = Array.isArray(values) ? (values[index] as Tensor) : (values as Tensor);
        expect(value.shape, `extra ${name} should be ${formatFlowShape(type.shape)}`).toEqual(concreteShape(type));
      }
    }
    for (const [name, value] of run.updates) expect(value.shape).toEqual(specs.find((spec) => spec.name === name)?.shape);
  });

  test.each(smallCases)("$row on $input: single precision in, single precision out", ({ definition, example }) => {
    const { input, args, specs } = bindExample(definition, example);
    const single = (value: Tensor): Tensor => (value.dtype === "f64" ? cast(value, "f32") : value);
    const parameters = Object.fromEntries(Object.entries(firstParameters(specs)).map(([name, value]) => [name, single(value)]));
    const bound = mapFlows(args, (flow) => single(operandFor(flow, 0)));
    for (const training of [false, true]) {
      const run = runLayer(definition, single(inputFor(definition, input, 1)), bound, parameters, training);
      const { output } = definition.infer(input, args);
      expect(run.result.output.dtype).toBe(output.dtype);
      expect([...run.result.output.data].every(Number.isFinite)).toBe(true);
      for (const value of Object.values(run.result.extras ?? {}).flat()) expect(value.dtype).toBe("f32");
      for (const value of run.updates.values()) expect(value.dtype).toBe("f32");
    }
  });

  test.each(smallCases)("$row on $input: the gradients are those of finite differences", ({ definition, example }) => {
    checkLayerGradients(definition, example, false);
  });

  test.each(smallCases.filter(({ definition }) => definition.category === "normalisation" || definition.category === "dropout"))(
    "$row on $input, in training: the gradients are those of finite differences",
    ({ definition, example }) => {
      checkLayerGradients(definition, example, true);
    },
  );

  test.each([...layerRegistry.values()])("$name is documented", (definition) => {
    for (const name of [definition.name, ...definition.arguments.map((spec) => spec.name)]) expect(reserved).not.toContain(name);
    expect(definition.summary).toMatch(/^[A-Z0-9e].*\.$|^x times.*\.$/);
    expect(definition.details.length).toBeGreaterThan(20);
    expect(definition.examples.length).toBeGreaterThan(0);
    for (const spec of definition.arguments) {
      expect(spec.doc).toMatch(/\.$/);
      const optional = spec.required !== true && spec.default === undefined;
      if (optional && spec.defaultText === undefined) expect(["tensor", "layer", "any"]).toContain(spec.kind);
      if (spec.kind === "choice") expect(spec.choices).toContain(spec.default ?? spec.choices?.[0]);
    }
    for (const example of definition.examples) expect(example.row.startsWith(definition.name)).toBe(true);
  });

  test.each(cases)("$row: a symbolic flow gives the same shape as its numbers", ({ definition, example }) => {
    const { input, args } = bindExample(definition, example);
    const bound = { ...input, shape: input.shape.map((dim) => evaluateDim(dim, symbols)) };
    const numbers = mapFlows(args, (flow) => ({ ...flow, shape: flow.shape.map((dim) => evaluateDim(dim, symbols)) }));
    const symbolic = definition.infer(input, args).output.shape.map((dim) => evaluateDim(dim, symbols));
    expect(definition.infer(bound, numbers).output.shape).toEqual(symbolic);
  });
});

function concreteArguments(args: Readonly<Record<string, unknown>>, operands: readonly FlowType[]): Record<string, unknown> {
  return mapFlows(args, (flow) => operandFor(flow, operands.indexOf(flow)));
}

function operandFor(flow: FlowType, index: number): Tensor {
  return testTensor(concreteShape(flow), 11 + index, flow.dtype === "i32" ? "i32" : "f64");
}

/** Gradients of sum(w * output) for a fixed w, of every parameter, the input and every tensor argument. */
function checkLayerGradients(definition: LayerDefinition, example: LayerExample, training: boolean): void {
  if (definition.name === "step") return; // its gradient is 0 by definition and undefined at 0
  const { input, args, specs, operands } = bindExample(definition, example);
  const names: string[] = [];
  const values: Tensor[] = [];
  const give = (name: string, value: Tensor): void => {
    names.push(name);
    values.push(value);
  };
  give("input", inputFor(definition, input, 1));
  for (const [index, flow] of operands.entries()) give(`operand ${index}`, operandFor(flow, index));
  for (const [name, value] of Object.entries(firstParameters(specs))) {
    // Away from 0 and 1, where scale and shift start, so that nothing hides.
    give(
      name,
      name === "runningVariance" ? add(mul(testTensor(value.shape, 3), 0.3), 1) : add(value, mul(testTensor(value.shape, 5), 0.3)),
    );
  }

  const loss = (tensors: readonly Tensor[]): Tensor => {
    const [flow, ...rest] = tensors as [Tensor, ...Tensor[]];
    const bound = mapFlows(args, (type) => rest[operands.indexOf(type)]);
    const parameters = Object.fromEntries(specs.map((spec, index) => [spec.name, rest[operands.length + index] as Tensor]));
    const run: LayerRun = runLayer(definition, flow, bound, parameters, training);
    const outputs = [run.result.output, ...Object.values(run.result.extras ?? {}).flat()] as Tensor[];
    return outputs.map((output, index) => sum(mul(output, testTensor(output.shape, 21 + index)))).reduce((total, part) => add(total, part));
  };

  const differentiable = values.map((value, index) => isFloat(value.dtype) && !(definition.source === true && index === 0));
  const variables = values.map((value, index) => new Variable(names[index] as string, value));
  const graph = trace(() => {
    const symbolic = variables.map((variable) => variable.value);
    const total = loss(symbolic);
    return [
      total,
      ...gradients(
        total,
        symbolic.filter((_, index) => differentiable[index] === true),
      ),
    ];
  }, []);
  const [, ...found] = portableExecutor.prepare(graph).run([]);

  const forwardOnly = trace(() => loss(variables.map((variable) => variable.value)), []);
  const executable = portableExecutor.prepare(forwardOnly);
  const width = 1e-5;
  let next = 0;
  for (const [index, variable] of variables.entries()) {
    if (differentiable[index] !== true) continue;
    const gradient = found[next++] as Tensor;
    expect(gradient.shape).toEqual(variable.shape);
    // At most 12 places of each tensor, spread over it.
    const stride = Math.max(1, Math.floor(gradient.size / 12));
    for (let at = 0; at < gradient.size; at += stride) {
      const middle = variable.storage[at] as number;
      variable.storage[at] = middle + width;
      const above = (executable.run([])[0] as Tensor).item();
      variable.storage[at] = middle - width;
      const below = (executable.run([])[0] as Tensor).item();
      variable.storage[at] = middle;
      const expected = (above - below) / (2 * width);
      const scale = Math.max(1, Math.abs(expected));
      expect(
        Math.abs((gradient.data[at] as number) - expected) / scale,
        `${definition.name}: d/d ${names[index]}[${at}], ${gradient.data[at]} and ${expected}`,
      ).toBeLessThan(1e-5);
    }
  }
}
