import { describe, expect, test } from "vitest";
import type { BuiltNetwork, Net } from "../../std/network/index.js";
import { createLayersTemplate } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

const layers = createLayersTemplate(registry, runtime);

describe("the tagged template", () => {
  test("gives what it defines, with numbers and lists in the text", () => {
    const width = 20;
    const { Small } = layers<{ Small: Net<"h"> }>`
      net Small(image: 28x28) {
        flatten
        h: dense ${width} | relu
        repeat n in ${[10, 5]} { dense n }
      }
    `;
    expect(Small.parameterCount).toBe(784 * 20 + 20 + 210 + 55);
    expect(Small.taps.h.type.shape).toEqual([20]);
    expect(Small.h.type.shape).toEqual([20]);
  });

  test("other values are passed by reference", () => {
    const { Base } = layers`net Base(x: 4) { a: dense 3\n b: dense 2 }`;
    const { Head } = layers`net Head(x: 4) { base: ${Base}[..a] | relu\n dense 1 }`;
    expect((Head as BuiltNetwork).parameterCount).toBe(15 + 4);
    expect((Head as BuiltNetwork).parameters.get("base/Base/a/dense/weight")).toBe((Base as BuiltNetwork).parameters.get("a/dense/weight"));
  });

  test("throws every mistake, as the notebook shows it", () => {
    expect(() => layers`net A(x: 3) {\n  denze 3\n  relu 3\n}`).toThrow(
      "line 2, column 3: there is no layer `denze`; did you mean `dense`?\n    denze 3\n    ^^^^^\n\nline 3, column 8: `relu` takes no values without a name, but 1 arrived\n    relu 3\n         ^",
    );
  });

  test("only defines", () =>
    expect(() => layers`net A(x: 2) { dense 1 }\ntrain A on mnist`).toThrow(
      "`train` cannot stand in a template, which only defines; call train(…) of the package",
    ));
});

test("a network's TypeScript is the text that ran", () => {
  const { Tiny } = layers`net Tiny(x: 4, n=3) { a: dense n | relu\n dense 2 -> 2 }`;
  expect((Tiny as BuiltNetwork).typescript).toBe(
    'const Tiny = lamella.net(\n  "Tiny",\n  { x: lamella.shape(4), n: 3 },\n  ({ x, n }, { dense, relu }) => {\n  const flow = x.row("a", dense(n), relu());\n  return flow.row(dense(2)).claim([2]);\n},\n);',
  );
});
