import { describe, expect, test } from "vitest";
import {
  checkArguments,
  initialValue,
  layerRegistry,
  parseFlow,
  type LayerArguments,
  type LayerDefinition,
} from "../../std/layers/index.js";
import { tensor, uniformAt, type Tensor } from "../../std/tensor/index.js";
import { testTensor } from "./run-layer.js";

const layer = (name: string): LayerDefinition => layerRegistry.get(name) as LayerDefinition;
const check = (name: string, positional: readonly unknown[] = [], named: Record<string, unknown> = {}): LayerArguments =>
  checkArguments(layer(name), positional, named);

interface Options {
  readonly training?: boolean;
  readonly parameters?: Record<string, Tensor>;
  readonly tied?: Record<string, Tensor>;
}

/** With the random numbers of a real step. */
function apply(
  name: string,
  input: Tensor,
  args: LayerArguments,
  options: Options = {},
): { output: Tensor; extras: Record<string, unknown> } {
  const result = layer(name).forward(input, args, {
    training: options.training ?? false,
    parameters: options.parameters ?? {},
    update: () => undefined,
    uniform: (shape, draw = 0) => uniformAt(3, [17, draw], shape),
    ...(options.tied === undefined ? {} : { tied: options.tied }),
  });
  return "output" in result && "extras" in result
    ? { output: result.output, extras: result.extras ?? {} }
    : { output: result as Tensor, extras: {} };
}

describe("dropout", () => {
  test("drops a share of the numbers and divides the rest, so that the mean stays", () => {
    const x = tensor(new Float32Array(20_000).fill(2), { shape: [2, 10_000] });
    const { output } = apply("dropout", x, check("dropout", [0.3]), { training: true });
    const values = [...output.data];
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(0.013); // four standard deviations of a share of 20,000
    for (const value of values) expect(value === 0 || Math.abs(value - 2 / 0.7) < 1e-6).toBe(true);
  });

  test("is nothing outside training, and zeros at rate 1", () => {
    const x = testTensor([2, 5], 1);
    expect(apply("dropout", x, check("dropout")).output).toBe(x);
    expect([...apply("dropout", x, check("dropout", [1]), { training: true }).output.data].every((value) => value === 0)).toBe(true);
  });

  test("spatialdropout drops whole channels of an example", () => {
    const x = tensor(new Float32Array(2 * 4 * 64).fill(1), { shape: [2, 2, 2, 64] });
    const { data } = apply("spatialdropout", x, check("spatialdropout", [0.5]), { training: true }).output;
    const kept = new Set<number>();
    for (let example = 0; example < 2; example++) {
      for (let channel = 0; channel < 64; channel++) {
        const places = [0, 1, 2, 3].map((place) => data[(example * 4 + place) * 64 + channel]);
        expect(new Set(places).size).toBe(1);
        kept.add(places[0] as number);
      }
    }
    expect(kept).toEqual(new Set([0, 2]));
  });
});

describe("first weights of layers", () => {
  test("the forget gate of an LSTM starts open", () => {
    const specs = layer("lstm").parameters?.(parseFlow("T x 2"), check("lstm", [3])) ?? [];
    const bias = specs.find((spec) => spec.name === "bias");
    expect([...initialValue(bias as NonNullable<typeof bias>, [1, 2]).data]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test("an embedding's vectors have about length 1", () => {
    const [weight] = layer("embedding").parameters?.(parseFlow("T int"), check("embedding", [500, 64])) ?? [];
    const { data } = initialValue(weight as NonNullable<typeof weight>, [1, 2]);
    const square = Array.from(data).reduce((sum, value) => sum + value * value, 0) / 500;
    expect(Math.abs(square - 1)).toBeLessThan(0.05);
  });
});

describe("values", () => {
  test("a tied dense multiplies by the embedding's matrix, transposed, and adds its bias", () => {
    const embedding = { definition: layer("embedding"), args: check("embedding", [3, 2]) };
    const weight = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const { output } = apply("dense", tensor([[1, 10]]), check("dense", [3], { tie: embedding }), {
      tied: { weight },
      parameters: { bias: tensor([0, 0, 1]) },
    });
    expect(output.toArray()).toEqual([[21, 43, 66]]);
  });

  test("sinusoidal positions are those of Vaswani et al. 2017, section 3.5", () => {
    const { output } = apply("positions", tensor(new Float64Array(12), { shape: [1, 3, 4] }), check("positions"));
    const wanted = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)]); // 10000^(2/4) = 100
    for (const [index, value] of wanted.entries()) expect(output.data[index]).toBeCloseTo(value, 12);
  });

  test("a sequence longer than the learned positions is refused when it arrives", () => {
    const parameters = { weight: testTensor([3, 4], 1) };
    expect(() => apply("positions", testTensor([1, 5, 4], 1), check("positions", ["learned"], { length: 3 }), { parameters })).toThrow(
      "`positions`: the sequence has 5 steps, but there are 3 learned positions",
    );
  });

  test("crop takes the middle; an odd rest stays below and right", () => {
    const x = tensor(
      Float32Array.from({ length: 20 }, (_, index) => index),
      { shape: [1, 4, 5, 1] },
    );
    expect(apply("crop", x, check("crop", [[2, 2]])).output.toArray()).toEqual([
      [
        [[6], [7]],
        [[11], [12]],
      ],
    ]);
  });

  test("token puts its vector first, and first takes it out again", () => {
    const weight = tensor([[7, 8]]);
    const { output } = apply("token", testTensor([2, 3, 2], 1, "f32"), check("token"), { parameters: { weight } });
    expect(output.shape).toEqual([2, 4, 2]);
    expect(apply("first", output, {}).output.toArray()).toEqual([
      [7, 8],
      [7, 8],
    ]);
  });

  test("max and min of pairs, with a number and with a tensor of fewer dimensions", () => {
    const x = tensor([[-1, 5]]);
    expect(apply("max", x, check("max", [0])).output.toArray()).toEqual([[0, 5]]);
    expect(apply("min", tensor([[[-1, 5]]]), { ...check("min"), other: tensor([[2, 3]]) }).output.toArray()).toEqual([[[-1, 3]]]);
    expect(layer("max").infer(parseFlow("T x 4"), check("max", [parseFlow("4")])).output).toEqual(parseFlow("T x 4"));
  });

  test("normal draws mean and deviation as asked, another number for each place", () => {
    const { output } = apply("normal", tensor(new Float32Array(100)), check("normal", [200], { mean: 3, std: 2 }));
    expect(output.shape).toEqual([100, 200]);
    const values = [...output.data];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean - 3)).toBeLessThan(0.06); // four standard errors: 4 * 2 / sqrt(20,000)
    expect(Math.abs(std - 2)).toBeLessThan(0.04);
    expect(new Set(values).size).toBeGreaterThan(19_900);
  });
});

describe("attention", () => {
  const args = { heads: 2 };
  const parameters = Object.fromEntries(
    (layer("attention").parameters?.(parseFlow("3x4"), check("attention", [], args)) ?? []).map((spec, index) => [
      spec.name,
      testTensor(spec.shape, index + 2),
    ]),
  );
  const weightsOf = (named: Record<string, unknown>, training = false): number[][][] => {
    const { extras } = apply(
      "attention",
      testTensor([1, 3, 4], 1),
      { ...check("attention", [], { heads: 2 }), ...named },
      { parameters, training },
    );
    return ((extras["attention"] as Tensor).toArray() as number[][][][])[0] as number[][][];
  };

  test("every row of the weights sums to 1", () => {
    for (const head of weightsOf({})) for (const row of head) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  });

  test("causal: a step does not see later ones", () => {
    for (const head of weightsOf({ causal: true })) expect([head[0]?.[1], head[0]?.[2], head[1]?.[2]]).toEqual([0, 0, 0]);
  });

  test("a mask of S numbers hides a step of the memory from everybody, one of T x S from some", () => {
    for (const head of weightsOf({ mask: tensor([[1, 0, 1]]) })) for (const row of head) expect(row[1]).toBe(0);
    const some = tensor([
      [
        [1, 0, 1],
        [1, 1, 1],
        [0, 1, 1],
      ],
    ]);
    for (const head of weightsOf({ mask: some })) {
      expect([head[0]?.[1], head[2]?.[0]]).toEqual([0, 0]);
      expect(head[1]?.[1]).toBeGreaterThan(0);
    }
  });

  test("dropout changes what is taken in, not the weights that are looked at", () => {
    const input = testTensor([1, 3, 4], 1);
    const run = (training: boolean): Tensor =>
      apply("attention", input, check("attention", [], { heads: 2, dropout: 0.5 }), { parameters, training }).output;
    expect(run(true).shape).toEqual([1, 3, 4]);
    expect(run(true).toArray()).not.toEqual(run(false).toArray());
    expect(weightsOf({ dropout: 0.5 }, true)).toEqual(weightsOf({}));
  });
});
