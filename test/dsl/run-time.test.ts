import { describe, expect, test } from "vitest";
import { checkSource, locate, renderDiagnostics } from "../../dsl/index.js";
import * as lamella from "../../std/index.js";
import { failureOf } from "../../std/network/step-places.js";
import { registry } from "./library.js";

type Net = lamella.BuiltNetwork;

/** What a notebook shows when `body` fails in a net of the cell. */
async function mistake(source: string, body: (values: Record<string, Net>) => unknown): Promise<string> {
  const { values, map, diagnostics } = checkSource(source, { registry, runtime: lamella });
  expect(diagnostics).toEqual([]);
  try {
    await body(values as Record<string, Net>);
  } catch (error) {
    const failure = failureOf(error as lamella.LamellaError);
    return renderDiagnostics(source, locate({ failures: failure === null ? [] : [failure] }, map));
  }
  throw new Error("nothing failed");
}

const ids = (...numbers: number[]): lamella.Tensor => lamella.tensor([numbers], { dtype: "i32" });
const nested = `block Words(d) {
  embedding 5, d | dense d
}
net A(ids: T int) {
  stage: repeat 1 { Words 3 | relu }
}`;

describe("an error inside a step names its row", () => {
  test("a token out of range, in a block in a repetition", async () => {
    expect(await mistake(nested, ({ A }) => A?.predict(ids(1, 9))))
      .toBe(`line 2, column 3: embedding: index 9 at position 0, 1 is out of range; it must be from 0 to 4
    embedding 5, d | dense d
    ^^^^^^^^^
  in Words, called at line 5, repetition 1 of \`stage\``);
  });

  test("symbolic dimensions that do not fit, when they are known", async () => {
    const source = "net S(a: T x 4, b: U x 4) {\n  let u = a | dense 3\n  b | dense 3 | add u\n}";
    const found = await mistake(source, ({ S }) => S?.predict(lamella.zeros([1, 3, 4]), lamella.zeros([1, 2, 4])));
    expect(found).toContain("line 3, column 17: add: shapes 1x2x3 and 1x3x3 do not broadcast");
    expect(found).toMatch(/add u\n {18}\^\^\^$/u);
  });

  test("a formula of symbolic dimensions", async () => {
    const source = "net S(a: T x 4, b: U x 4) {\n  let u = a | dense 3\n  let v = b | dense 3\n  u + v\n}";
    const found = await mistake(source, ({ S }) => S?.predict(lamella.zeros([1, 3, 4]), lamella.zeros([1, 2, 4])));
    expect(found).toContain("line 4, column 3: add: shapes 1x3x3 and 1x2x3 do not broadcast");
  });

  test("a number that is none, while training: the weights are those before", async () => {
    const source = "block Part(c) { dense c | relu\n  log }\nnet N(x: 2) {\n  stage: repeat 2 { Part 3 }\n  dense 1\n}";
    let kept = "";
    const found = await mistake(source, async ({ N }) => {
      N?.initialize(0);
      kept = N?.weightsHash() ?? "";
      try {
        await lamella.train(N as never, lamella.xor, { loss: "mse", epochs: 2, view: false });
      } finally {
        expect(N?.weightsHash()).toBe(kept);
      }
    });
    expect(found).toContain("line 2, column 3: the loss of N became NaN at step 1 (epoch 1)");
    expect(found).toContain(
      "The weights are those before the run\n    log }\n    ^^^\n  in Part, called at line 4, repetition 1 of `stage`",
    );
  });

  test("inside a network used in another", async () => {
    const source = "net In(ids: T int) {\n  embedding 5, 3\n}\nnet Out(ids: T int) {\n  In | dense 2\n}";
    expect(await mistake(source, ({ Out }) => Out?.predict(ids(7)))).toContain("line 2, column 3: embedding: index 7");
  });
});
