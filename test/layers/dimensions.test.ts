import { describe, expect, test } from "vitest";
import {
  addDims,
  compareDims,
  evaluateDim,
  floorDivideDim,
  formatDim,
  formatFlow,
  formatFlowShape,
  multiplyDims,
  parseDim,
  parseFlow,
  productOfDims,
  substituteDim,
  subtractDims,
  symbol,
  type Dim,
} from "../../std/layers/index.js";
import { Generator } from "../../std/tensor/random.js";

const T = symbol("T");
const S = symbol("S");

describe("dimensions", () => {
  test.each([
    [addDims(T, 1), "T + 1"],
    [subtractDims(addDims(T, 1), 1), "T"],
    [addDims(T, T), "2*T"],
    [multiplyDims(T, S), "S*T"],
    [multiplyDims(addDims(T, 1), 2), "2*T + 2"],
    [subtractDims(S, T), "S - T"],
    [subtractDims(3, T), "-T + 3"],
    [addDims(floorDivideDim(subtractDims(T, 2), 2), 1), "T/2"], // (T - 2)/2 + 1
    [addDims(floorDivideDim(subtractDims(T, 3), 2), 1), "(T + 1)/2 - 1"], // (T - 3)/2 + 1
    [floorDivideDim(floorDivideDim(T, 2), 2), "T/4"],
    [multiplyDims(2, floorDivideDim(T, 2)), "2*(T/2)"],
    [multiplyDims(S, floorDivideDim(T, 2)), "S*(T/2)"],
    [floorDivideDim(multiplyDims(4, T), 2), "2*T"],
    [floorDivideDim(7, 2), "3"],
    [parseDim("(T - 2)/2 + 1"), "T/2"],
    [parseDim("3 + T + 1"), "T + 4"],
    [productOfDims([T, 4, 4]), "16*T"],
  ])("%o reads %s", (dim, text) => {
    expect(formatDim(dim)).toBe(text);
    expect(formatDim(parseDim(text))).toBe(text);
  });

  test("the text means what was calculated", () => {
    for (const t of [1, 2, 3, 7, 10]) {
      const values = new Map([
        ["T", t],
        ["S", 5],
      ]);
      expect(evaluateDim(floorDivideDim(addDims(multiplyDims(3, T), S), 4), values)).toBe(Math.floor((3 * t + 5) / 4));
      expect(evaluateDim(multiplyDims(S, floorDivideDim(subtractDims(T, 3), 2)), values)).toBe(5 * Math.floor((t - 3) / 2));
    }
    expect(formatDim(substituteDim(parseDim("2*(T/2) + 1"), new Map([["T", addDims(S, S)]])))).toBe("2*S + 1");
    expect(() => evaluateDim(T, new Map())).toThrow("the dimension T has no value yet");
  });

  test.each([
    [4, 4, "equal"],
    [4, 5, "unequal"],
    [T, T, "equal"],
    [T, S, "undecided"],
    [T, addDims(T, 1), "unequal"],
    [multiplyDims(2, T), T, "unequal"],
    [T, 3, "undecided"],
    [addDims(T, 3), 3, "unequal"],
    [multiplyDims(2, floorDivideDim(T, 2)), T, "undecided"],
  ] as const)("%o and %o are %s", (a, b, comparison) => {
    expect(compareDims(a, b)).toBe(comparison);
    expect(compareDims(b, a)).toBe(comparison);
  });

  test("shapes read as on the slides", () => {
    expect(formatFlowShape([55, 55, 96])).toBe("55x55x96");
    expect(formatFlowShape([T, symbol("D")])).toBe("TxD");
    expect(formatFlowShape([floorDivideDim(T, 2), 64])).toBe("(T/2)x64");
    expect(formatFlowShape([])).toBe("scalar");
    expect(formatFlow(parseFlow("S int"))).toBe("S int");
    expect(parseFlow("28x28x1")).toEqual({ shape: [28, 28, 1], dtype: "f32" });
    expect(parseFlow("T x D")).toEqual({ shape: [T, symbol("D")], dtype: "f32" });
    expect(parseFlow("H × W × 3").shape).toEqual([symbol("H"), symbol("W"), 3]);
  });

  test("what is no dimension is refused", () => {
    expect(() => parseDim("T + ")).toThrow('"T + " is not a dimension: a number, a name, or a sum, product or quotient of these');
    expect(() => symbol("2x")).toThrow('a dimension is called by a name such as T, but this is "2x"');
  });

  test("300 random expressions keep their values, read back from their texts, and compare rightly", () => {
    const random = new Generator(5);
    const values = [1, 2, 3, 5, 8].flatMap((t) =>
      [1, 2, 7].map(
        (s) =>
          new Map([
            ["T", t],
            ["S", s],
          ]),
      ),
    );
    type Expression = { dim: Dim; at: (values: ReadonlyMap<string, number>) => number };
    const build = (depth: number): Expression => {
      if (depth === 0) {
        const kind = random.integer(3);
        if (kind === 2) {
          const constant = random.integer(9) - 4;
          return { dim: constant, at: () => constant };
        }
        const name = kind === 0 ? "T" : "S";
        return { dim: symbol(name), at: (bound) => bound.get(name) as number };
      }
      const [a, b] = [build(depth - 1), build(random.integer(depth))];
      switch (random.integer(4)) {
        case 0:
          return { dim: addDims(a.dim, b.dim), at: (bound) => a.at(bound) + b.at(bound) };
        case 1:
          return { dim: subtractDims(a.dim, b.dim), at: (bound) => a.at(bound) - b.at(bound) };
        case 2:
          return { dim: multiplyDims(a.dim, b.dim), at: (bound) => a.at(bound) * b.at(bound) };
        default: {
          const divisor = random.integer(4) + 1;
          return { dim: floorDivideDim(a.dim, divisor), at: (bound) => Math.floor(a.at(bound) / divisor) };
        }
      }
    };
    const expressions = Array.from({ length: 300 }, () => build(1 + random.integer(4)));
    for (const [index, { dim, at }] of expressions.entries()) {
      for (const bound of values) expect(evaluateDim(dim, bound) + 0, formatDim(dim)).toBe(at(bound) + 0);
      expect(formatDim(parseDim(formatDim(dim)))).toBe(formatDim(dim));
      const other = expressions[(index + 1) % expressions.length] as Expression;
      const comparison = compareDims(dim, other.dim);
      const same = values.map((bound) => at(bound) === other.at(bound));
      if (comparison === "equal") expect(same).not.toContain(false);
      if (comparison === "unequal") expect(same).not.toContain(true);
    }
  });
});
