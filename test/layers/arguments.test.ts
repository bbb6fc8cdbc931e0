import { describe, expect, test } from "vitest";
import { checkArguments, findLayer, LayerError, layerRegistry, parseFlow, symbol, type LayerDefinition } from "../../std/layers/index.js";

const layer = (name: string): LayerDefinition => layerRegistry.get(name) as LayerDefinition;

function errorOf(body: () => unknown): LayerError {
  try {
    body();
  } catch (error) {
    if (error instanceof LayerError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("arguments of a row", () => {
  test("conv 96, 11x11, stride=4, pad=2: values by place and by name, defaults filled in", () => {
    const args = checkArguments(layer("conv"), [96, [11, 11]], { stride: 4, pad: 2 });
    expect(args).toMatchObject({ filters: 96, size: [11, 11], stride: 4, pad: 2, dilation: 1, groups: 1, bias: true });
    expect(args["init"].name).toBe("xavier(uniform)");
    expect(args["bias_init"].name).toBe("zeros");
  });

  test("maxpool 2x2: an argument without a default is absent", () => {
    expect(checkArguments(layer("maxpool"), [[2, 2]], {})).toEqual({ size: [2, 2], pad: 0 });
  });

  test("init takes names, numbers and initialisers", () => {
    expect(checkArguments(layer("dense"), [10], { init: "he" })["init"].name).toBe("he(normal)");
    expect(checkArguments(layer("dense"), [10], { bias_init: 1 })["bias_init"].name).toBe("constant(1)");
  });

  test.each([
    [
      "maxpool",
      [[3, 3]],
      { strid: 2 },
      "E026",
      "strid",
      "`maxpool` has no option `strid`; did you mean `stride`? (it has size, stride, pad)",
    ],
    ["relu", [], { slope: 2 }, "E026", "slope", "`relu` has no option `slope` (it has none)"],
    ["dropout", [], { p: 0.5 }, "E026", "p", "`dropout` has no option `p` (it has rate)"],
    ["conv", [], {}, "E022", "filters", "`conv` needs filters, a whole number: how many channels come out."],
    [
      "conv",
      [96],
      {},
      "E022",
      "size",
      "`conv` needs size, a size such as 3x3 or 3: the window, such as 11x11, or one number for all axes.",
    ],
    ["conv", [9.5, 3], {}, "E021", "filters", "`conv`: filters is a whole number, but 9.5 arrived"],
    ["conv", ["96", 3], {}, "E021", "filters", '`conv`: filters is a whole number, but "96" arrived'],
    ["conv", [96, [11, 0.5]], {}, "E021", "size", "`conv`: size is a size such as 3x3 or 3, but 11x0.5 arrived"],
    ["conv", [96, 3], { stride: 0 }, "E024", "stride", "`conv`: stride is at least 1, but 0 arrived"],
    [
      "conv",
      [96, 3],
      { pad: "full" },
      "E021",
      "pad",
      '`conv`: pad is a padding: a number, one for each axis, a pair for each axis, or same, but "full" arrived',
    ],
    ["conv", [96, 3], { bias: 1 }, "E021", "bias", "`conv`: bias is true or false, but 1 arrived"],
    ["conv", [96, 3], { init: "hee" }, "E027", "init", "`conv`: init: there is no initialiser `hee`; did you mean `he`?"],
    ["dropout", [1.5], {}, "E024", "rate", "`dropout`: rate is from 0 to 1, but 1.5 arrived"],
    [
      "upsample",
      [2, "bilinaer"],
      {},
      "E024",
      "mode",
      "`upsample`: mode is one of nearest, bilinear, but bilinaer arrived; did you mean bilinear?",
    ],
    ["maxpool", [2, 2], {}, "E023", null, "`maxpool` takes at most 1 value without a name (size), but 2 arrived"],
    ["relu", [2], {}, "E023", null, "`relu` takes no values without a name, but 1 arrived"],
    ["dense", [10], { units: 20 }, "E025", "units", "`dense` was given units twice: once by its place and once as units="],
    ["add", [3], {}, "E021", "tensors", "`add`: tensors is a tensor of the net, but 3 arrived"],
    ["add", [], {}, "E022", "tensors", "`add` needs tensors, a tensor of the net: what is added."],
    ["dense", [parseFlow("7x7x512")], {}, "E021", "units", "`dense`: units is a whole number, but a tensor of 7x7x512 arrived"],
    [
      "dense",
      [symbol("T")],
      {},
      "E021",
      "units",
      "`dense`: units is a whole number, but the dimension T, which is known at run time only, arrived",
    ],
    ["reshape", [[7, 0]], {}, "E021", "shape", "`reshape`: shape is a shape such as 7x7x256, but 7x0 arrived"],
    ["dense", [10], { tie: 3 }, "E021", "tie", "`dense`: tie is a layer value, but 3 arrived"],
  ] as const)("%s %o %o", (name, positional, named, code, argument, message) => {
    const error = errorOf(() => checkArguments(layer(name), positional, named));
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
    expect(error.argument).toBe(argument);
  });
});

describe("names of layers", () => {
  test.each([
    ["cov", "there is no layer `cov`; did you mean `conv`?"],
    ["max_pool", "there is no layer `max_pool`; did you mean `maxpool`?"],
    ["Conv2D", "there is no layer `Conv2D`; did you mean `conv`?"],
    ["linear", "there is no layer `linear`; did you mean `dense`?"],
    ["Relu", "there is no layer `Relu`; did you mean `relu`?"],
    ["gapp", "there is no layer `gapp`; did you mean `gap`?"],
    ["blubber", "there is no layer `blubber`"],
  ])("%s", (name, message) => {
    const error = errorOf(() => findLayer(name));
    expect(error.message).toBe(message);
    expect(error.code).toBe("E020");
  });
});
