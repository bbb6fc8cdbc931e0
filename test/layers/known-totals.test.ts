import { describe, expect, test } from "vitest";
import {
  checkArguments,
  countParameters,
  formatFlowShape,
  layerRegistry,
  parseFlow,
  type FlowType,
  type LayerDefinition,
} from "../../std/layers/index.js";

type Row = readonly [layer: string, positional?: readonly unknown[], named?: Readonly<Record<string, unknown>>];

/** The shape after each row and the parameters of all, as the summary of a net counts them. */
function run(input: string, rows: readonly Row[]): { shapes: string[]; counts: number[]; total: number } {
  let flow: FlowType = parseFlow(input);
  const shapes: string[] = [];
  const counts: number[] = [];
  for (const [layer, positional = [], named = {}] of rows) {
    const definition = layerRegistry.get(layer) as LayerDefinition;
    const args = checkArguments(definition, positional, named);
    counts.push(countParameters(definition.parameters?.(flow, args) ?? []));
    flow = definition.infer(flow, args).output;
    shapes.push(formatFlowShape(flow.shape));
  }
  return { shapes, counts, total: counts.reduce((sum, count) => sum + count, 0) };
}

describe("shapes and totals of the papers", () => {
  test("LeNet-5 (LeCun et al. 1998, every map of C3 connected): 61,706", () => {
    const { shapes, total } = run("28x28x1", [
      ["conv", [6, [5, 5]], { pad: 2 }],
      ["avgpool", [[2, 2]]],
      ["conv", [16, [5, 5]]],
      ["avgpool", [[2, 2]]],
      ["flatten"],
      ["dense", [120]],
      ["dense", [84]],
      ["dense", [10]],
    ]);
    expect(shapes).toEqual(["28x28x6", "14x14x6", "10x10x16", "5x5x16", "400", "120", "84", "10"]);
    expect(total).toBe(61_706);
  });

  test.each([
    [1, 62_378_344],
    [2, 60_965_224],
  ])("AlexNet (Krizhevsky et al. 2012) with groups=%i: %i", (groups, wanted) => {
    const { shapes, counts, total } = run("224x224x3", [
      ["conv", [96, [11, 11]], { stride: 4, pad: 2 }],
      ["lrn"],
      ["maxpool", [[3, 3]], { stride: 2 }],
      ["conv", [256, [5, 5]], { pad: 2, groups, bias_init: 1 }],
      ["maxpool", [[3, 3]], { stride: 2 }],
      ["conv", [384, [3, 3]], { pad: 1 }],
      ["conv", [384, [3, 3]], { pad: 1, groups }],
      ["conv", [256, [3, 3]], { pad: 1, groups }],
      ["maxpool", [[3, 3]], { stride: 2 }],
      ["flatten"],
      ["dense", [4096]],
      ["dense", [4096]],
      ["dense", [1000]],
    ]);
    expect(shapes).toEqual(
      "55x55x96 55x55x96 27x27x96 27x27x256 13x13x256 13x13x384 13x13x384 13x13x256 6x6x256 9216 4096 4096 1000".split(" "),
    );
    if (groups === 1)
      expect(counts.filter((count) => count > 0).slice(0, 6)).toEqual([34_944, 614_656, 885_120, 1_327_488, 884_992, 37_752_832]);
    else expect(counts[3]).toBe(307_456);
    expect(total).toBe(wanted);
  });

  test("the LSTM of language.md, 10 in and 20 wide, has the 2,480 parameters of its formulas", () => {
    expect(run("T x 10", [["lstm", [20]]]).total).toBe(2_480);
  });

  test("a Transformer (Vaswani et al. 2017) encoder layer: 3,152,384", () => {
    const { total } = run("T x 512", [["attention", [], { heads: 8 }], ["layernorm"], ["dense", [2048]], ["dense", [512]], ["layernorm"]]);
    expect(total).toBe(3_152_384); // 4 (512 512 + 512) + (512 2048 + 2048) + (2048 512 + 512) + 2 (2 512)
  });

  test("a tied output has a bias only", () => {
    const embedding = layerRegistry.get("embedding") as LayerDefinition;
    const tie = { definition: embedding, args: checkArguments(embedding, [37_000, 512], {}) };
    expect(
      run("T int", [["embedding", [37_000, 512], { scale: Math.sqrt(512) }], ["positions"], ["dense", [37_000], { tie }]]).counts,
    ).toEqual([18_944_000, 0, 37_000]);
  });

  test("U-Net's edges (Ronneberger et al. 2015): valid windows, upconv, crop and concat", () => {
    expect(
      run("572x572x1", [
        ["conv", [64, [3, 3]]],
        ["conv", [64, [3, 3]]],
        ["maxpool", [[2, 2]]],
      ]).shapes,
    ).toEqual(["570x570x64", "568x568x64", "284x284x64"]);
    const d4 = { ...parseFlow("64x64x512"), name: "d4" };
    const crop = layerRegistry.get("crop") as LayerDefinition;
    const cropped = crop.infer(d4, checkArguments(crop, [], { like: parseFlow("56x56x512") })).output;
    expect(
      run("28x28x1024", [
        ["upconv", [512, [2, 2]], { stride: 2 }],
        ["concat", [cropped]],
      ]).shapes,
    ).toEqual(["56x56x512", "56x56x1024"]);
  });

  test("DCGAN's generator doubles with pad=same", () => {
    const up = (filters: number, stride: number): Row => ["upconv", [filters, [5, 5]], { stride, pad: "same" }];
    expect(run("100", [["dense", [12_544]], ["reshape", [[7, 7, 256]]], up(128, 1), up(64, 2), up(1, 2)]).shapes).toEqual([
      "12544",
      "7x7x256",
      "7x7x128",
      "14x14x64",
      "28x28x1",
    ]);
  });

  test("window arithmetic on symbols", () => {
    expect(
      run("H x W x 3", [
        ["conv", [8, [3, 3]], { pad: 1 }],
        ["maxpool", [[2, 2]]],
        ["upsample", [2]],
        ["conv", [4, 3], { stride: 2, pad: "same" }],
      ]).shapes,
    ).toEqual(["HxWx8", "(H/2)x(W/2)x8", "(2*(H/2))x(2*(W/2))x8", "(H/2)x(W/2)x4"]);
  });
});
