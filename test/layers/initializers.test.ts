import { describe, expect, test } from "vitest";
import { createInitializer, fansOf, initialValue, toInitializer } from "../../std/layers/index.js";

describe("first weights", () => {
  const spread = (values: ArrayLike<number>): { mean: number; std: number; greatest: number } => {
    const list = Array.from(values);
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
    const std = Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length);
    return { mean, std, greatest: Math.max(...list.map(Math.abs)) };
  };

  // Standard deviations by the formulas of the papers, for 200 inputs and 300 outputs.
  test.each([
    ["xavier", [], Math.sqrt(2 / 500), Math.sqrt(6 / 500)],
    ["xavier", ["normal"], Math.sqrt(2 / 500), Infinity],
    ["he", [], Math.sqrt(2 / 200), Infinity],
    ["he", ["uniform"], Math.sqrt(2 / 200), Math.sqrt(6 / 200)],
    ["lecun", [], Math.sqrt(1 / 200), Infinity],
    ["normal", [0, 0.01], 0.01, Infinity],
    ["uniform", [-0.3, 0.3], 0.3 / Math.sqrt(3), 0.3],
  ] as const)("%s(%o)", (name, args, std, limit) => {
    const value = initialValue({ name: "weight", shape: [200, 300], init: createInitializer(name, args) }, [1, 2]);
    const found = spread(value.data);
    expect(Math.abs(found.mean)).toBeLessThan((4 * std) / Math.sqrt(60000));
    expect(found.std / std).toBeGreaterThan(0.98);
    expect(found.std / std).toBeLessThan(1.02);
    expect(found.greatest).toBeLessThanOrEqual(limit);
  });

  test("the same key gives the same numbers, another key others", () => {
    const draw = (key: [number, number]): number[] => [
      ...initialValue({ name: "weight", shape: [7], init: toInitializer("he") }, key).data,
    ];
    expect(draw([1, 2])).toEqual(draw([1, 2]));
    expect(draw([1, 2])).not.toEqual(draw([1, 3]));
  });

  test.each([
    [8, 8],
    [12, 5],
    [5, 12],
  ])("orthogonal %ix%i has orthonormal rows or columns", (rows, columns) => {
    const { data } = initialValue({ name: "weight", shape: [rows, columns], init: toInitializer("orthogonal") }, [3, 4]);
    const at = (row: number, column: number): number => data[row * columns + column] as number;
    const short = Math.min(rows, columns);
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < short; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += rows > columns ? at(k, i) * at(k, j) : at(i, k) * at(j, k);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
  });

  test("fans of dense and conv weights", () => {
    expect(fansOf({ shape: [84, 10] })).toEqual({ fanIn: 84, fanOut: 10 });
    expect(fansOf({ shape: [11, 11, 3, 96] })).toEqual({ fanIn: 363, fanOut: 11616 });
  });

  test("what is no initialiser", () => {
    expect(() => toInitializer("hee")).toThrow("there is no initialiser `hee`; did you mean `he`?");
    expect(() => createInitializer("normal", [0, -1])).toThrow("`normal`: std is at least 0, but -1 arrived");
  });
});
