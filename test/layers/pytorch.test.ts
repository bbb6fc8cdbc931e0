import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkArguments, layerRegistry, type FlowType, type LayerDefinition } from "../../std/layers/index.js";
import { gradients, mul, portableExecutor, sum, tensor, trace, Variable, type Tensor } from "../../std/tensor/index.js";
import { mapFlows, runLayer } from "./run-layer.js";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly layer: string;
  readonly note: string;
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly input: Numbers & { readonly dtype: "f64" | "i32" };
  readonly operands: readonly Numbers[];
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly output: Numbers;
  readonly upstream: Numbers;
  readonly gradients: Readonly<Record<string, Numbers>>;
  readonly extras: Readonly<Record<string, readonly Numbers[]>>;
  readonly updates: Readonly<Record<string, Numbers>>;
}

const fixtures = JSON.parse(readFileSync(new URL("../reference/fixtures/layers.json", import.meta.url), "utf8")) as {
  pytorch: string;
  cases: Case[];
};

const toTensor = ({ shape, data }: Numbers, dtype: "f64" | "i32" = "f64"): Tensor =>
  tensor(dtype === "i32" ? Int32Array.from(data) : Float64Array.from(data), { shape });

/** The fixture has seven digits. */
function expectClose(found: Tensor, wanted: Numbers, what: string): void {
  expect(found.shape, what).toEqual(wanted.shape);
  for (const [index, value] of wanted.data.entries()) {
    const difference = Math.abs((found.data[index] as number) - value) / Math.max(1, Math.abs(value));
    expect(difference, `${what}[${index}]: ${found.data[index]}, PyTorch ${value}`).toBeLessThan(2e-6);
  }
}

describe(`layers against PyTorch ${fixtures.pytorch}`, () => {
  test.each(fixtures.cases)("$layer $positional $named $note", (entry) => {
    const definition = layerRegistry.get(entry.layer) as LayerDefinition;
    const operands: FlowType[] = entry.operands.map(({ shape }) => ({ shape: shape.slice(1), dtype: "f64" }));
    const isState = definition.category === "recurrent" && operands.length > 0;
    const withOperands = (value: unknown): unknown =>
      typeof value === "string" && value.startsWith("operand") ? operands[Number(value.slice("operand".length))] : value;
    const named = Object.fromEntries(Object.entries(entry.named).map(([name, value]) => [name, withOperands(value)]));
    const args = checkArguments(definition, entry.positional.map(withOperands), isState ? { ...named, init: operands } : named);
    const input: FlowType = { shape: entry.input.shape.slice(1), dtype: entry.input.dtype };
    const { output, extras = {} } = definition.infer(input, args);
    expect(output.shape).toEqual(entry.output.shape.slice(1));
    const specs = definition.parameters?.(input, args) ?? [];
    expect(specs.map(({ name }) => name).sort()).toEqual(Object.keys(entry.parameters).sort());
    for (const spec of specs) expect(spec.shape, spec.name).toEqual(entry.parameters[spec.name]?.shape);

    const leaves = new Map<string, Variable>();
    const leaf = (name: string, numbers: Numbers, dtype: "f64" | "i32" = "f64"): void =>
      void leaves.set(name, new Variable(name, toTensor(numbers, dtype)));
    leaf("input", entry.input, entry.input.dtype);
    for (const [index, operand] of entry.operands.entries()) leaf(`operand${index}`, operand);
    for (const [name, value] of Object.entries(entry.parameters)) leaf(name, value);

    const names = Object.keys(entry.gradients);
    const updateNames = Object.keys(entry.updates);
    let extraValues: Tensor[] = [];
    const graph = trace(() => {
      const values = new Map([...leaves].map(([name, variable]) => [name, variable.value]));
      const bound = mapFlows(args, (flow) => values.get(`operand${operands.indexOf(flow)}`));
      const parameters = Object.fromEntries(specs.map(({ name }) => [name, values.get(name) as Tensor]));
      const { result, updates } = runLayer(definition, values.get("input") as Tensor, bound, parameters, entry.training);
      const loss = sum(mul(result.output, toTensor(entry.upstream)));
      extraValues = Object.keys(entry.extras).flatMap((name) => [result.extras?.[name] ?? []].flat());
      const found = gradients(
        loss,
        names.map((name) => values.get(name) as Tensor),
      );
      return [result.output, ...found, ...updateNames.map((name) => updates.get(name) as Tensor), ...extraValues];
    }, []);

    const [value, ...rest] = portableExecutor.prepare(graph).run([]);
    expectClose(value as Tensor, entry.output, "output");
    for (const name of names) expectClose(rest.shift() as Tensor, entry.gradients[name] as Numbers, `gradient of ${name}`);
    for (const name of updateNames) expectClose(rest.shift() as Tensor, entry.updates[name] as Numbers, `new ${name}`);
    const wantedExtras = Object.values(entry.extras).flat();
    expect(rest.length).toBe(wantedExtras.length);
    for (const [index, wanted] of wantedExtras.entries()) expectClose(rest[index] as Tensor, wanted, `extra ${index}`);
    expect(Object.keys(extras)).toEqual(Object.keys(entry.extras));
  });
});

test("every layer is held to PyTorch, but those that draw random numbers", () => {
  const held = new Set(fixtures.cases.map(({ layer }) => layer));
  expect([...layerRegistry.keys()].filter((name) => !held.has(name))).toEqual(["normal", "uniform"]);
});
