import { describe, expect, test } from "vitest";
import { checkGradients, gradients, portableExecutor, trace, type Tensor } from "../../std/tensor/index.js";
import { cases, fromEntry, outputsAndTotal, references, weighedGradients, type Entry, type Reference } from "./cases.js";

/** Numbers agree within `tolerance` of the larger of 1 and the largest number expected. */
function expectClose(actual: Tensor, expected: Entry, tolerance: number, what: string): void {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape);
  const scale = Math.max(1, ...expected.data.map((value) => Math.abs(value ?? 0)));
  for (const [at, value] of expected.data.entries()) {
    if (value === null) continue;
    const error = Math.abs((actual.data[at] as number) - value) / scale;
    if (!(error <= tolerance)) expect.fail(`${what}: element ${at} is ${actual.data[at]}, PyTorch gives ${value}`);
  }
}

test("every case of the fixture has its counterpart here", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(references).sort());
});

describe.each(Object.keys(references))("%s", (name) => {
  const reference = references[name] as Reference;
  const inputsIn = (floating: "f32" | "f64"): Tensor[] => reference.inputs.map((entry) => fromEntry(entry, floating));
  const run = (floating: "f32" | "f64"): { outputs: Tensor[]; found: Tensor[] } => {
    let count = 0;
    const graph = trace((...symbolic) => {
      const { outputs, total } = outputsAndTotal(name, symbolic, floating);
      count = outputs.length;
      const wanted = symbolic.filter(({ dtype }) => dtype === floating);
      return [...outputs, ...(total === null ? [] : gradients(total, wanted))];
    }, inputsIn(floating));
    const all = portableExecutor.prepare(graph).run(inputsIn(floating));
    return { outputs: all.slice(0, count), found: all.slice(count) };
  };

  test.each([
    // The fixture has eight digits; f32 has seven, and long sums and second order lose some.
    ["f64", 1e-7],
    ["f32", 2e-5],
  ] as const)("values and gradients as PyTorch's in %s", (floating, tolerance) => {
    const { outputs, found } = run(floating);
    expect(outputs.length).toBe(reference.outputs.length);
    for (const [at, expected] of reference.outputs.entries()) expectClose(outputs[at] as Tensor, expected, tolerance, `output ${at}`);
    expect(found.length).toBe(reference.gradients.length);
    for (const [at, expected] of reference.gradients.entries()) expectClose(found[at] as Tensor, expected, tolerance * 5, `gradient ${at}`);
  });

  if (reference.gradients.length === 0) return;
  if (/ties|of zero|sign|floor|ceil|round|step$|inference/.test(name)) return; // kinks
  test("gradients agree with finite differences", () => {
    checkGradients((...inputs) => outputsAndTotal(name, inputs, "f64").total as Tensor, inputsIn("f64"));
  });

  test("gradients of the gradients agree with finite differences", () => {
    checkGradients((...inputs) => weighedGradients(name, inputs, "f64"), inputsIn("f64"));
  });
});

/** Penalties are of second order already; their third is held to finite differences above. */
const secondOrder = Object.keys(references).filter(
  (name) => (references[name] as Reference).gradients.length > 0 && !name.startsWith("penalty"),
);

test.each(secondOrder)("gradients of the gradients of %s as PyTorch's", (name) => {
  const { inputs: entries, second, gradients: first } = references[name] as Reference;
  const inputs = entries.map((entry) => fromEntry(entry, "f64"));
  const floating = (all: readonly Tensor[]): Tensor[] => all.filter(({ dtype }) => dtype === "f64");
  const graph = trace((...symbolic) => gradients(weighedGradients(name, symbolic, "f64"), floating(symbolic)), inputs);
  const found = portableExecutor.prepare(graph).run(inputs);
  const expected = second ?? first.map((entry) => ({ ...entry, data: entry.data.map(() => 0) }));
  expect(found.length).toBe(expected.length);
  for (const [at, gradient] of found.entries()) expectClose(gradient, expected[at] as Entry, 1e-6, `second gradient ${at}`);
});
