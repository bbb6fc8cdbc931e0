import { describe, expect, test } from "vitest";
import {
  checkArguments,
  explainClaim,
  findFix,
  LayerError,
  layerRegistry,
  parseFlow,
  type FlowType,
  type LayerArguments,
  type LayerDefinition,
} from "../../std/layers/index.js";

const layer = (name: string): LayerDefinition => layerRegistry.get(name) as LayerDefinition;
const check = (name: string, positional: readonly unknown[], named: Record<string, unknown> = {}): LayerArguments =>
  checkArguments(layer(name), positional, named);
const named = (text: string, name: string): FlowType => ({ ...parseFlow(text), name });

describe("layers that do not fit", () => {
  const embedding = { definition: layer("embedding"), args: check("embedding", [100, 32]) };
  test.each([
    ["dense", "7x7x512", [10], {}, "E030", null, "`dense` works on the last dimension, but the flow is 7x7x512: flatten or gap first?", ""],
    [
      "dense",
      "T x D",
      [10],
      {},
      "E034",
      null,
      "`dense` needs to know how many features come in when the net is built, but the flow is TxD",
      "its weights have that many numbers: write a number in the place of D",
    ],
    [
      "dense",
      "T int",
      [10],
      {},
      "E035",
      null,
      "`dense` calculates with numbers, but the flow is T int, which are token ids",
      "turn ids into vectors first: embedding V, d",
    ],
    [
      "dense",
      "T x 16",
      [100],
      { tie: embedding },
      "E031",
      "tie",
      "`dense`: the weight of `embedding` is 100x32, but 100x16 is needed",
      "a tied weight is used transposed: dense 100 on a flow with 32 features fits",
    ],
    [
      "embedding",
      "T x 16",
      [100, 8],
      {},
      "E035",
      null,
      "`embedding` takes token ids, but the flow is Tx16, which are numbers",
      "an input of ids is declared with int: ids: T int",
    ],
    [
      "conv",
      "28x28",
      [6, [5, 5]],
      {},
      "E030",
      null,
      "`conv` with a window of 5x5 works on height x width x channels, but the flow is 28x28",
      "an image with one channel is written 28x28x1",
    ],
    ["conv", "400", [6, 5], {}, "E030", null, "`conv` works on height x width x channels, but the flow is 400", "reshape first?"],
    ["conv", "9x9x3", [6, 5], { groups: 2 }, "E033", "groups", "`conv`: groups=2 does not divide the 3 channels of the flow", ""],
    ["conv", "9x9x4", [7, 5], { groups: 2 }, "E033", "groups", "`conv`: groups=2 does not divide the 7 filters", ""],
    ["conv", "3x3x4", [7, 5], {}, "E032", "size", "`conv`: a window of 5x5 does not fit, the flow is 3x3x4", "(3 + 2*0 - 5)/1 + 1 = -1"],
    ["conv", "9x9x4", [7, 5], { stride: [1, 2, 3] }, "E030", "stride", "`conv`: stride has 3 numbers, but the flow has 2 spatial axes", ""],
    [
      "maxpool",
      "9x9x4",
      [2],
      { pad: 2 },
      "E032",
      "pad",
      "`maxpool`: pad is smaller than the window, but pad=2 arrived with a window of 2x2",
      "a window must not lie in the padding alone",
    ],
    [
      "upconv",
      "3x3x4",
      [2, 2],
      { pad: 4 },
      "E032",
      "pad",
      "`upconv`: nothing is left of the flow after the padding is cut off, the flow is 3x3x4",
      "(3 - 1)*1 + 2 - 2*4 = -4",
    ],
    ["add", "56x56x256", [named("56x56x64", "skip")], {}, "E031", "tensors", "cannot add: the flow is 56x56x256, `skip` is 56x56x64", ""],
    ["mul", "8x8x4", [named("8x8x5", "gate")], {}, "E031", null, "cannot multiply: the flow is 8x8x4, `gate` is 8x8x5", ""],
    [
      "concat",
      "56x56x512",
      [named("64x64x512", "d4")],
      {},
      "E031",
      "tensors",
      "cannot concat: the flow is 56x56x512, `d4` is 64x64x512",
      "all dimensions but the last must be equal; crop(...) cuts a larger map to the size of the flow",
    ],
    [
      "concat",
      "56x56x512",
      [named("56x56x512", "d4")],
      { axis: 3 },
      "E030",
      "axis",
      "`concat`: there is no dimension 3, the flow is 56x56x512",
      "",
    ],
    ["crop", "28x28x2", [[30, 30]], {}, "E031", "size", "`crop` cannot cut 28x28x2 to 30x30", "30 is more than 28"],
    ["reshape", "100", [[7, 7]], {}, "E031", "shape", "`reshape`: the flow is 100, 100 numbers, which do not go into 7x7", "7x7 holds 49"],
    [
      "reshape",
      "100",
      [[-1, 7]],
      {},
      "E031",
      "shape",
      "`reshape`: the flow is 100, 100 numbers, which do not go into -1x7",
      "100 is not a multiple of 7",
    ],
    ["softmax", "", [], {}, "E030", null, "`softmax` works on the last dimension, but the flow is scalar", ""],
    ["gap", "10", [], {}, "E030", null, "`gap` makes one number of each channel, but the flow is 10 and has no axis beside the last", ""],
    ["transpose", "10", [], {}, "E030", null, "`transpose` swaps the last two dimensions, but the flow is 10", ""],
    [
      "positions",
      "T x 8",
      ["learned"],
      {},
      "E022",
      "kind",
      "`positions`: learned positions need a length, because the flow is Tx8",
      "positions learned, length=512",
    ],
    [
      "positions",
      "20x8",
      ["learned"],
      { length: 10 },
      "E032",
      "length",
      "`positions`: the sequence has 20 steps, but there are 10 learned positions",
      "",
    ],
    ["sum", "10", [], { axis: 2 }, "E030", "axis", "`sum`: there is no dimension 2, the flow is 10", ""],
    ["attention", "T x 500", [], { heads: 8 }, "E033", "heads", "heads=8 does not divide 500", ""],
    [
      "attention",
      "T x 8",
      [named("8", "memory")],
      {},
      "E030",
      "memory",
      "`attention` works on a sequence, time x features, but `memory` is 8",
      "",
    ],
    ["attention", "7x7x8", [], {}, "E030", null, "`attention` works on a sequence, time x features, but the flow is 7x7x8", ""],
    [
      "attention",
      "5x8",
      [],
      { mask: parseFlow("3x5") },
      "E031",
      "mask",
      "`attention`: a mask is T x S or S with T x D = 5x8 and S x E = 5x8, but it is 3x5",
      "",
    ],
    ["groupnorm", "8x8x6", [4], {}, "E033", "groups", "`groupnorm`: groups=4 does not divide the 6 channels of the flow", ""],
    ["lstm", "7x7x8", [3], {}, "E030", null, "`lstm` reads a sequence, time x features, but the flow is 7x7x8", ""],
    [
      "lstm",
      "T x 8",
      [3],
      { init: [parseFlow("4"), parseFlow("4")] },
      "E031",
      "init",
      "`lstm`: the first state is up to 2 tensors of 3, but one of 4 arrived",
      "the state of another layer fits when both have the same units, layers and directions",
    ],
    [
      "gru",
      "T x 8",
      [3],
      { init: [parseFlow("3"), parseFlow("3")] },
      "E031",
      "init",
      "`gru`: the first state is a tensor of 3, but 2 tensors arrived",
      "the state of another layer fits when both have the same units, layers and directions",
    ],
    [
      "add",
      "T x 8",
      [named("T int", "ids")],
      {},
      "E035",
      null,
      "`add` calculates with numbers, but `ids` is T int, which are token ids",
      "turn ids into vectors first: embedding V, d",
    ],
  ] as const)("%s on %s with %o %o", (name, input, positional, options, code, argument, message, hint) => {
    let thrown: unknown = null;
    try {
      layer(name).infer(parseFlow(input), check(name, positional, options));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LayerError);
    const error = thrown as LayerError;
    expect(error.message).toBe(message);
    expect(error.hint).toBe(hint);
    expect(error.code).toBe(code);
    expect(error.argument).toBe(argument);
  });

  test("a claim that does not hold: the formula, and the one option that gives the claimed shape", () => {
    const explain = (positional: readonly unknown[], options: Record<string, unknown>, input: string, claimed: readonly number[]): string =>
      explainClaim(layer("conv"), parseFlow(input), check("conv", positional, options), claimed);
    expect(explain([96, [11, 11]], { stride: 4, pad: 0 }, "224x224x3", [55, 55, 96])).toBe(
      "(224 + 2*0 - 11)/4 + 1 = 54.25, rounded down; pad=2 gives 55",
    );
    expect(explain([6, [5, 5]], {}, "28x28x1", [14, 14, 6])).toBe(
      "(28 + 2*0 - 5)/1 + 1 = 24; no single option gives 14x14x6".replace(/;.*/, ""),
    );
    expect(explain([6, [5, 5]], { pad: "same" }, "28x28x1", [24, 24, 6])).toBe("same keeps 28; pad=0 gives 24");
    expect(explain([6, [3, 5]], {}, "28x28x1", [28, 28, 6])).toBe(
      "height: (28 + 2*0 - 3)/1 + 1 = 26; width: (28 + 2*0 - 5)/1 + 1 = 24; pad=same gives 28",
    );
    expect(explainClaim(layer("relu"), parseFlow("10"), {}, [11])).toBe("");
    expect(findFix(layer("maxpool"), parseFlow("55x55x96"), check("maxpool", [[3, 3]]), [27, 27, 96])).toEqual({
      name: "stride",
      value: 2,
    });
  });

  test("a window that does not divide evenly is a note, not an error", () => {
    const { output, note } = layer("maxpool").infer(parseFlow("6x6x2"), check("maxpool", [[3, 3]], { stride: 2 }));
    expect(output.shape).toEqual([2, 2, 2]);
    expect(note).toBe("(6 + 2*0 - 3)/2 + 1 = 2.5, rounded down");
    expect(layer("maxpool").infer(parseFlow("7x7x2"), check("maxpool", [[3, 3]], { stride: 2 })).note).toBeUndefined();
  });
});
