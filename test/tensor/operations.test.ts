import { describe, expect, test } from "vitest";
import { add, checkGradients, gradients, mul, portableExecutor, sum, Tensor, trace } from "../../std/tensor/index.js";
import { cases, fromEntry, references, type Case, type Entry, type Reference } from "./cases.js";

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

/** The outputs and the sum of them that is differentiated: each output with a gradient, weighed by what comes in for it. */
function outputsAndTotal(
  name: string,
  inputs: readonly Tensor[],
  floating: "f32" | "f64",
): { outputs: readonly Tensor[]; total: Tensor | null } {
  const result = (cases[name] as Case)(...inputs);
  const outputs = result instanceof Tensor ? [result] : result;
  const terms = outputs.flatMap((output, at) => {
    const incoming = (references[name] as Reference).incoming[at];
    return incoming === null || incoming === undefined ? [] : [sum(mul(output, fromEntry(incoming, floating)))];
  });
  return { outputs, total: terms.length === 0 ? null : terms.reduce((all, term) => add(all, term)) };
}

/** The gradients of that sum, weighed and added up: what is differentiated for the second order. */
function weighedGradients(name: string, inputs: readonly Tensor[], floating: "f32" | "f64"): Tensor {
  const { total } = outputsAndTotal(name, inputs, floating);
  const found = gradients(
    total as Tensor,
    inputs.filter(({ dtype }) => dtype === floating),
  );
  const terms = (references[name] as Reference).weights.map((weight, at) => sum(mul(found[at] as Tensor, fromEntry(weight, floating))));
  return terms.reduce((all, term) => add(all, term));
}

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
  const wanted = (all: readonly Tensor[]): Tensor[] => all.filter(({ dtype }) => dtype === "f64");

  if (!name.startsWith("penalty")) {
    test("gradients of the gradients as PyTorch's", () => {
      const inputs = inputsIn("f64");
      const graph = trace((...symbolic) => gradients(weighedGradients(name, symbolic, "f64"), wanted(symbolic)), inputs);
      const found = portableExecutor.prepare(graph).run(inputs);
      expect(found.length).toBe(reference.gradients.length);
      for (const [at, gradient] of found.entries()) {
        const zeros = { ...(reference.gradients[at] as Entry), data: new Array<number>(gradient.size).fill(0) };
        expectClose(gradient, reference.second?.[at] ?? zeros, 1e-6, `second gradient ${at}`);
      }
    });
  }

  if (/ties|of zero|sign|floor|ceil|round|step$|inference/.test(name)) return; // kinks
  test("gradients agree with finite differences", () => {
    checkGradients((...inputs) => outputsAndTotal(name, inputs, "f64").total as Tensor, inputsIn("f64"));
  });

  test("gradients of the gradients agree with finite differences", () => {
    checkGradients((...inputs) => weighedGradients(name, inputs, "f64"), inputsIn("f64"));
  });
});
