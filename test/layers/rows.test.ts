import { describe, expect, test } from "vitest";
import { checkSource, renderDiagnostics } from "../../dsl/index.js";
import { countParameters, formatFlow, formatFlowShape, initializerRegistry, layerRegistry, suggestLayer } from "../../std/layers/index.js";
import * as runtime from "../../std/network/index.js";
import { trainRegistry } from "../../std/train/registry.js";
import { bindExample } from "./run-layer.js";

const registry = {
  layers: layerRegistry,
  initializers: initializerRegistry,
  train: trainRegistry,
  datasets: new Map(),
  networks: new Map(),
  suggestLayer,
};

/** The rows of the docs, as the layer language reads them, mean what the examples' data says. */
describe("the examples' rows", () => {
  const cases = [...layerRegistry.values()]
    .flatMap((definition) => definition.examples.map((example) => ({ definition, example, row: example.row, input: example.input })))
    // `enc.state` is the state of another layer, and sources stand in train blocks: the language's own programs have them.
    .filter(({ definition, row }) => !row.includes("enc.state") && definition.source !== true);

  test.each(cases)("$row on $input", ({ definition, example }) => {
    const { input, args, specs, operands } = bindExample(definition, example);
    const { output } = definition.infer(input, args);
    const inputs = [
      `x: ${example.input}`,
      ...operands.map((flow) => `${flow.name}: ${flow.shape.map((dim) => (typeof dim === "number" ? dim : dim.text)).join(" x ")}`),
    ];
    const source = `net N(${inputs.join(", ")}) {\n  x | ${example.row}\n}`;
    const cell = checkSource(source, { registry, runtime });
    expect(
      renderDiagnostics(
        source,
        cell.diagnostics.filter(({ severity }) => severity === "error"),
      ),
    ).toBe("");
    const net = cell.values["N"] as runtime.Network;
    expect(formatFlow(net.outputs[0]?.type ?? { shape: [], dtype: "f32" })).toBe(formatFlow(output));
    expect(net.parameterCount).toBe(countParameters(specs));
    expect(formatFlowShape(net.rows.at(-1)?.output.shape ?? [])).toBe(formatFlowShape(output.shape));
  });
});
