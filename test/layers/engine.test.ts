import { describe, expect, test } from "vitest";
import { executor } from "../../std/engine/index.js";
import { layerRegistry } from "../../std/layers/index.js";
import { add, cast, gradients, mul, portableExecutor, sum, trace, Variable, type Tensor } from "../../std/tensor/index.js";
import { hostCalls } from "../engine/host-calls.js";
import { bindExample, concreteShape, firstParameters, mapFlows, runLayer, testTensor } from "./run-layer.js";

/** The planned engine gives what the portable executor gives, forward and backward, in training and not, for every layer. */
describe("every layer on the engine", () => {
  const cases = [...layerRegistry.values()]
    .flatMap((definition) => definition.examples.map((example) => ({ definition, example, row: example.row, input: example.input })))
    .filter(({ definition }) => definition.source !== true);

  test("the engine is what runs here", () => {
    expect(executor().name).toBe("engine");
  });

  test.each(cases)("$row on $input", ({ definition, example }) => {
    const { input, args, specs, operands } = bindExample(definition, example);
    const shape = concreteShape(input);
    if (shape.reduce((product, extent) => product * extent, 1) > 5000) return; // a paper's size: smaller examples cover the layer
    const single = (value: Tensor): Tensor => (value.dtype === "f64" ? cast(value, "f32") : value);
    const positive = definition.name === "sqrt" || definition.name === "log" ? 1 : 0;
    const first = testTensor(shape, 1, input.dtype === "i32" ? "i32" : "f64");
    const shifted = positive === 0 ? first : cast(mul(first, first), "f64");
    const leaves = [
      new Variable("input", single(shifted)),
      ...operands.map((flow, index) => new Variable(`operand ${index}`, single(testTensor(concreteShape(flow), 11 + index)))),
      ...Object.entries(firstParameters(specs)).map(([name, value]) => new Variable(name, single(value))),
    ];
    for (const training of [false, true]) {
      const graph = trace(() => {
        const [flow, ...rest] = leaves.map((leaf) => leaf.value) as [Tensor, ...Tensor[]];
        const bound = mapFlows(args, (type) => rest[operands.indexOf(type)]);
        const parameters = Object.fromEntries(specs.map(({ name }, index) => [name, rest[operands.length + index] as Tensor]));
        const { result, updates } = runLayer(definition, flow, bound, parameters, training);
        const outputs = [result.output, ...Object.values(result.extras ?? {}).flat()];
        const loss = outputs
          .map((output, index) => sum(mul(output, single(testTensor(output.shape, 21 + index)))))
          .reduce((total, part) => add(total, part));
        const targets = [flow, ...rest].filter((value) => value.dtype === "f32");
        return [...outputs, ...updates.values(), ...(definition.name === "step" ? [] : gradients(loss, targets))];
      }, []);
      expect(hostCalls(graph)).toEqual([]);
      const expected = portableExecutor.prepare(graph).run([]);
      const plan = executor().prepare(graph, { name: example.row });
      const found = plan.run([]);
      plan.dispose();
      for (const [index, wanted] of expected.entries()) {
        const given = found[index] as Tensor;
        expect(given.shape).toEqual(wanted.shape);
        for (const [at, value] of wanted.data.entries()) {
          const difference = Math.abs((given.data[at] as number) - value) / Math.max(1, Math.abs(value));
          expect(difference, `result ${index} at ${at}: ${given.data[at]}, portable ${value}`).toBeLessThan(2e-5);
        }
      }
    }
  });
});
