import { expect, test } from "vitest";
import { gradients, mul, sum, Tensor, trace } from "../../std/tensor/index.js";
import { cases, fromEntry, references, type Case, type Reference } from "../tensor/cases.js";
import { randomIntegers } from "../tensor/random-integers.js";
import { randomProgram, randomTraining } from "../tensor/random-programs.js";
import { hostCalls } from "./host-calls.js";

test.each(Object.keys(references))("%s runs in WebAssembly, and so do its gradients", (name) => {
  const inputs = (references[name] as Reference).inputs.map((entry) => fromEntry(entry, "f32"));
  const graph = trace((...symbolic) => {
    const result = (cases[name] as Case)(...symbolic);
    const outputs = result instanceof Tensor ? [result] : result;
    const differentiable = outputs.filter(({ dtype }) => dtype === "f32");
    const first = differentiable.flatMap((output) =>
      gradients(
        sum(mul(output, output)),
        symbolic.filter(({ dtype }) => dtype === "f32"),
      ),
    );
    return [...outputs, ...first];
  }, inputs);
  expect(hostCalls(graph)).toEqual([]);
});

test.each(Array.from({ length: 60 }, (_, seed) => seed))("random program %i runs in WebAssembly", (seed) => {
  expect(hostCalls(randomProgram(seed).graph)).toEqual([]);
  expect(hostCalls(randomTraining(seed).graph)).toEqual([]);
  expect(hostCalls(randomIntegers(seed).graph)).toEqual([]);
});
