import { describe, expect, test } from "vitest";
import { sortScratchBytes } from "../../../std/engine/lowering/rows.js";
import { operations } from "../../../std/tensor/operations/table.js";
import { allocate, sizeOf, type DType, type Shape } from "../../../std/tensor/shape.js";
import { Tensor } from "../../../std/tensor/tensor.js";
import { at, bench, builds, noise, supported } from "./kernels.js";
import { bothWays } from "./lowered.js";

let seed = 1;

/** Random elements; of f32 every ninth is special: of either zero, an infinity, NaN, or one that comes again. */
function random(dtype: DType, ...shape: number[]): Tensor {
  const special = [0, -0, Infinity, -Infinity, NaN, 0.5, 0.5, -0.5];
  const numbers = noise(sizeOf(shape), seed++);
  const data = allocate(dtype, numbers.length);
  for (const [index, x] of numbers.entries()) {
    if (dtype === "f32") data[index] = index % 9 === 4 ? (special[Math.floor(index / 9) % special.length] as number) : x;
    else if (dtype === "i32") data[index] = Math.round(x * (index % 5 === 0 ? 2 ** 31 - 1 : 20));
    else data[index] = dtype === "bool" ? Number(x > 0) : Math.floor((x + 1) * 128);
  }
  return new Tensor({ shape, dtype }, data);
}

/** Whole numbers that are places of an axis. */
const places = (below: number, ...shape: number[]): Tensor =>
  new Tensor(
    { shape, dtype: "i32" },
    Int32Array.from(noise(sizeOf(shape), seed++), (x) => Math.floor(((x + 1) / 2) * below)),
  );

interface Case {
  readonly name: keyof typeof operations;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
}

const dtypes = ["f32", "i32", "u8", "bool"] as const;
const reduce = (...axes: number[]) => ({ axes, keepDims: false });

const cases: readonly Case[] = [
  ...dtypes.flatMap((dtype): Case[] =>
    [true, false].flatMap((flag): Case[] => [
      { name: "sort", inputs: [random(dtype, 7, 11)], attributes: { axis: 1, descending: flag } },
      { name: "sort", inputs: [random(dtype, 3, 400)], attributes: { axis: 1, descending: flag } },
      { name: "sort", inputs: [random(dtype, 2, 60, 5)], attributes: { axis: 1, descending: flag } },
      { name: "sort", inputs: [random(dtype, 90, 3)], attributes: { axis: 0, descending: flag } },
      { name: "cumsum", inputs: [random(dtype, 7, 11)], attributes: { axis: 1, reverse: flag } },
      { name: "cumsum", inputs: [random(dtype, 3, 9, 10)], attributes: { axis: 1, reverse: flag } },
      { name: "cumsum", inputs: [random(dtype, 40, 7)], attributes: { axis: 0, reverse: flag } },
      { name: "cumsum", inputs: [random(dtype, 5, 3)], attributes: { axis: 0, reverse: flag } },
    ]),
  ),
  ...dtypes.flatMap((dtype): Case[] => [
    { name: "prod", inputs: [random(dtype, 6, 9)], attributes: reduce(1) },
    { name: "prod", inputs: [random(dtype, 9, 6)], attributes: reduce(0) },
    { name: "prod", inputs: [random(dtype, 2, 7, 5)], attributes: reduce(1) },
    { name: "prod", inputs: [random(dtype, 3, 4)], attributes: reduce() },
    ...(dtype === "f32" || dtype === "i32" ? [{ name: "prod", inputs: [random(dtype, 2, 3, 4)], attributes: reduce(0, 2) } as const] : []),
    { name: "transpose", inputs: [random(dtype, 2, 5, 3, 9)], attributes: { permutation: [2, 0, 3, 1] } },
    { name: "slice", inputs: [random(dtype, 6, 7, 5)], attributes: { starts: [1, 2, 0], ends: [5, 7, 5], steps: [1, 2, 2] } },
    { name: "flip", inputs: [random(dtype, 3, 4, 5)], attributes: { axes: [0, 2] } },
    { name: "pad", inputs: [random(dtype, 3, 4)], attributes: { pads: [[1, 0], [2, 3]], value: 1 } }, // prettier-ignore
    { name: "concat", inputs: [random(dtype, 3, 4, 5), random(dtype, 3, 2, 5)], attributes: { axis: 1 } },
    { name: "gather", inputs: [random(dtype, 3, 8, 5), places(8, 4)], attributes: { axis: 1, who: "gather" } },
    { name: "gatherAlong", inputs: [random(dtype, 3, 8, 5), places(8, 3, 4, 5)], attributes: { axis: 1 } },
    { name: "oneHot", inputs: [places(6, 50)], attributes: { depth: 6, dtype } },
  ]),
  ...(["i32", "u8", "bool"] as const).flatMap((dtype): Case[] =>
    (["max", "min"] as const).flatMap((name): Case[] => [
      { name, inputs: [random(dtype, 5, 40)], attributes: reduce(1) },
      { name, inputs: [random(dtype, 5, 6, 7)], attributes: reduce(0, 2) },
      { name, inputs: [random(dtype, 5, 1, 3)], attributes: reduce(1) },
      { name: name === "max" ? "argMax" : "argMin", inputs: [random(dtype, 5, 20, 3)], attributes: { axis: 1 } },
    ]),
  ),
  { name: "pad", inputs: [random("i32", 3, 4)], attributes: { pads: [[1, 0], [2, 3]], value: -1 } }, // prettier-ignore
  { name: "productOfOthers", inputs: [random("f32", 6, 9)], attributes: { axes: [1] } },
  { name: "productOfOthers", inputs: [random("f32", 2, 7, 5)], attributes: { axes: [1] } },
  { name: "productOfOthers", inputs: [random("f32", 2, 3, 4)], attributes: { axes: [0, 2] } },
  ...(["f32", "i32"] as const).flatMap((dtype): Case[] => [
    { name: "scatterAlong", inputs: [places(9, 3, 20), random(dtype, 3, 20)], attributes: { axis: 1, extent: 9 } },
    { name: "scatterAlong", inputs: [places(6, 3, 20, 4), random(dtype, 3, 20, 4)], attributes: { axis: 1, extent: 6 } },
    { name: "scatterAdd", inputs: [places(4, 9), random(dtype, 3, 9, 5)], attributes: { axis: 1, extent: 4 } },
  ]),
  // rows along an axis in the middle
  ...(["softmax", "logSoftmax"] as const).flatMap((name): Case[] => [
    { name, inputs: [new Tensor({ shape: [3, 8, 5], dtype: "f32" }, noise(120))], attributes: { axis: 1 } },
  ]),
];

const same = (a: number, b: number): boolean => Object.is(a, b) || a === b; // -0 and 0 come from either order of a maximum

const title = ({ name, inputs, attributes }: Case): string =>
  `${name} of ${inputs.map(({ shape, dtype }: { shape: Shape; dtype: DType }) => `${dtype} ${shape.join("x")}`).join(", ")} ${JSON.stringify(attributes)}`;

describe.each(builds.filter(supported))("the same numbers as the portable executor, to the last bit, %s", (build) => {
  test.each(cases.map((entry) => [title(entry), entry] as const))("%s", (_, entry) => {
    const tolerance = entry.name.endsWith("oftmax") ? 1e-6 : 0;
    for (const threads of [1, 3]) {
      const { lowered, portable } = bothWays(build, operations[entry.name], entry.inputs, entry.attributes, threads);
      for (const [index, expected] of portable.entries()) {
        const result = at(lowered, index);
        expect(result.length).toBe(expected.length);
        const wrong = [...expected].findIndex((value, place) => {
          const own = at(result, place);
          return !(same(own, value) || Math.abs(own - value) < tolerance);
        });
        expect(wrong < 0 ? null : [wrong, result[wrong], expected[wrong]]).toBeNull();
      }
    }
  });
});

test("a sort asks for as much scratch memory as its kernel uses", () => {
  const { ask } = bench("simd", 16);
  for (const extent of [1, 7, 4096, 1_000_003]) expect(sortScratchBytes(extent)).toBe(ask("sortScratchBytes", extent));
});
