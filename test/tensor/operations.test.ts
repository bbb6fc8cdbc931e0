import { describe, expect, test } from "vitest";
import { add, checkGradients, gradients, mul, portableExecutor, sum, Tensor, trace } from "../../std/tensor/index.js";
import { cases, fromEntry, references, type Case, type Reference } from "./cases.js";

/** Numbers agree within `tolerance` of the larger of 1 and the largest number expected. */
function expectClose(actual: Tensor, expected: { shape: number[]; data: number[] }, tolerance: number, what: string): void {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape);
  const scale = Math.max(1, ...expected.data.map(Math.abs));
  for (const [at, value] of expected.data.entries()) {
    const error = Math.abs((actual.data[at] as number) - value) / scale;
    if (!(error <= tolerance)) expect.fail(`${what}: element ${at} is ${actual.data[at]}, PyTorch gives ${value}`);
  }
}

test("every case of the fixture has its counterpart here", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(references).sort());
});

describe.each(Object.keys(references))("%s", (name) => {
  const reference = references[name] as Reference;
  const f = cases[name] as Case;
  const run = (inputs: readonly Tensor[], floating: "f32" | "f64"): { outputs: Tensor[]; gradients: Tensor[] } => {
    let count = 0;
    const graph = trace((...symbolic) => {
      const result = f(...symbolic);
      const outputs = result instanceof Tensor ? [result] : [...result];
      count = outputs.length;
      const terms = outputs.flatMap((output, at) => {
        const incoming = reference.incoming[at];
        return incoming === null || incoming === undefined ? [] : [sum(mul(output, fromEntry(incoming, floating)))];
      });
      const wanted = symbolic.filter(({ dtype }) => dtype === floating);
      return [
        ...outputs,
        ...(terms.length === 0
          ? []
          : gradients(
              terms.reduce((total, term) => add(total, term)),
              wanted,
            )),
      ];
    }, inputs);
    const all = portableExecutor.prepare(graph).run(inputs);
    return { outputs: all.slice(0, count), gradients: all.slice(count) };
  };

  test.each([
    // The fixture has eight digits; f32 has seven, and long sums and second order lose some.
    ["f64", 1e-7],
    ["f32", 2e-5],
  ] as const)("values and gradients as PyTorch's in %s", (floating, tolerance) => {
    const { outputs, gradients: found } = run(
      reference.inputs.map((entry) => fromEntry(entry, floating)),
      floating,
    );
    expect(outputs.length).toBe(reference.outputs.length);
    for (const [at, expected] of reference.outputs.entries()) expectClose(outputs[at] as Tensor, expected, tolerance, `output ${at}`);
    expect(found.length).toBe(reference.gradients.length);
    for (const [at, expected] of reference.gradients.entries()) expectClose(found[at] as Tensor, expected, tolerance * 5, `gradient ${at}`);
  });

  const kink = /ties|of zero|sign|floor|ceil|round|step$|with zero|inference/.test(name);
  test.skipIf(reference.gradients.length === 0 || kink)("gradients agree with finite differences", () => {
    checkGradients(
      (...inputs) => {
        const result = f(...inputs);
        const outputs = result instanceof Tensor ? [result] : result;
        const terms = outputs.flatMap((output, at) => {
          const incoming = reference.incoming[at];
          return incoming === null || incoming === undefined ? [] : [sum(mul(output, fromEntry(incoming, "f64")))];
        });
        return terms.reduce((total, term) => add(total, term));
      },
      reference.inputs.map((entry) => fromEntry(entry, "f64")),
    );
  });
});
