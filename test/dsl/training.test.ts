import { describe, expect, test } from "vitest";
import * as lamella from "../../std/index.js";
import { compileCell } from "../../dsl/index.js";
import { registry } from "./library.js";

/** Runs a whole cell, training and all, and gives what it defines. */
async function run(source: string): Promise<Record<string, lamella.BuiltNetwork>> {
  const { javascript, diagnostics, defines } = compileCell(source, { registry });
  expect(diagnostics).toEqual([]);
  const names = defines.map(({ name }) => name).join(", ");
  // oxlint-disable-next-line typescript/no-implied-eval -- the emitted text is what is tested
  const body = new Function("lamella", `return (async () => {${javascript}\nreturn { ${names} };\n})()`) as (
    library: unknown,
  ) => Promise<Record<string, lamella.BuiltNetwork>>;
  const quiet = {
    ...lamella,
    train: (network: never, data: never, options: object) => lamella.train(network, data, { ...options, view: false }),
  };
  return body(quiet);
}

describe("train blocks run as emitted", () => {
  test("the perceptron learns or", async () => {
    const { P } = await run(
      "net P(x: 2) { dense 1, init=zeros | step }\ntrain P on orGate { rule perceptron; lr 0.1; epochs 20; batch 1 }",
    );
    const answers = [0, 1, 2, 3].map((index) => P?.predict(lamella.tensor([[index >> 1, index & 1]])).item());
    expect(answers).toEqual([0, 1, 1, 1]);
  });

  test("a classifier, with its part frozen, the same twice", async () => {
    const source = `net A(x: 2) { a: dense 8 | tanh\n dense 3 | softmax }
train A on blobs { loss crossentropy; optimizer adam(lr=0.05); epochs 3; batch 32; seed 3; freeze a; metrics accuracy }`;
    const [first, second] = [(await run(source))["A"] as lamella.BuiltNetwork, (await run(source))["A"] as lamella.BuiltNetwork];
    expect(first.weightsHash()).toBe(second.weightsHash());
    const fresh = (await run(source.split("\ntrain")[0] ?? ""))["A"] as lamella.BuiltNetwork;
    fresh.initialize(3);
    const weights = (net: lamella.BuiltNetwork, path: string): unknown => net.parameters.get(path)?.value.toArray();
    expect(weights(first, "a/dense/weight")).toEqual(weights(fresh, "a/dense/weight"));
    expect(weights(first, "dense/weight")).not.toEqual(weights(fresh, "dense/weight"));
  });

  test("two nets against each other", async () => {
    const { G, D } = await run(`net G(z: 3) { dense 4 | relu | dense 2 }
net D(x: 2) { dense 4 | relu | dense 1 | sigmoid }
train G, D on blobs {
  let fake = normal(3) | G
  update D: bce(blobs.point | D, 1) + bce(fake | D, 0)
  update G: bce(fake | D, 1)
  optimizer adam(lr=0.01)
  batch 64
  epochs 1
  seed 2
}`);
    expect(G?.parameterCount).toBe(26);
    for (const net of [G, D])
      for (const variable of net?.parameters.values() ?? []) expect([...variable.value.data].every(Number.isFinite)).toBe(true);
  });
});
