import { describe, expect, test } from "vitest";
import { displaySymbol } from "../../std/view/bundle.js";
import { bundleOf, displayable, featureMaps, filters, imageGrid, networkTable } from "../../std/view/index.js";
import { htmlOf, isBundle } from "../../std/view/views.js";
import { Variable } from "../../std/tensor/graph.js";
import { tensor } from "../../std/tensor/tensor.js";
import { rememberTypeScript } from "../../std/view/emitted-typescript.js";
import * as examples from "./examples.js";

const hostile = `<script>alert("1")</script>`;

describe("any value gets a bundle, whatever it does", () => {
  const refusing = new Proxy(
    {},
    {
      get() {
        throw new Error("not me");
      },
      ownKeys() {
        throw new Error("nor my keys");
      },
    },
  );
  const cyclic: Record<string, unknown> = { name: "ring" };
  cyclic["self"] = cyclic;
  const cases: [string, unknown, string | RegExp][] = [
    ["a number", 42, "42"],
    ["a text", "as it is", "as it is"],
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["a plain object", { a: 1, b: [1, 2] }, "{ a: 1, b: [ 1, 2 ] }"],
    ["a cycle", cyclic, /name: 'ring'.*\[Circular/s],
    ["a bundle", { "text/plain": "own", "text/html": "<b>own</b>" }, "own"],
    ["its own display", { [displaySymbol]: () => ({ "text/plain": "mine" }) }, "mine"],
    ["a display without text", { [displaySymbol]: () => ({ "text/html": "<b>x</b>" }) }, /Jupyter\.display/],
    [
      "a display that throws",
      {
        [displaySymbol]: () => {
          throw new Error("out of paint");
        },
      },
      /its Jupyter\.display failed: out of paint/,
    ],
    ["a display that gives nothing", { [displaySymbol]: () => null }, /its Jupyter\.display failed: it gave no bundle/],
    ["an object whose view throws", { kind: "dataset", columns: null, description: "broken" }, /the data set view failed/],
    ["a proxy that refuses everything", refusing, /not me|proxy|\{\}/i],
  ];
  test.each(cases)("%s", (_, value, expected) => {
    const text = bundleOf(value)["text/plain"];
    if (typeof expected === "string") expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });

  test("warnings are escaped in the HTML", () => {
    const bundle = bundleOf({
      [displaySymbol]: () => {
        throw new Error(hostile);
      },
    });
    expect(bundle["text/html"]).not.toContain("<script>");
  });
});

test("tensors and variables carry their display for other kernels", () => {
  const value = tensor([1, 2, 3]);
  const display = (value as unknown as Record<symbol, () => unknown>)[displaySymbol];
  expect(display?.call(value)).toEqual(bundleOf(value));
  expect(bundleOf(new Variable("fc/weight", value))["text/plain"]).toMatch(/^fc\/weight: tensor 3 f32/);
  const history = displayable(examples.historyOf(examples.trainingEvents()));
  expect(Object.keys(history)).not.toContain(displaySymbol.toString());
  expect((history as unknown as Record<symbol, () => unknown>)[displaySymbol]?.()).toEqual(bundleOf(history));
});

describe("a tensor is shown as what it most likely is", () => {
  const noise = (count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, index) => Math.sin(index * 12.9898) * Math.cos(index * 0.37));
  // 0 to 399: mean 399/2, standard deviation sqrt((400^2 - 1)/12) = 115.47; without 7 and 8: 79785/398 and 114.95.
  const counting = Float32Array.from({ length: 400 }, (_, index) => index);
  const withNaN = counting.slice();
  withNaN[7] = NaN;
  withNaN[8] = Infinity;
  test.each([
    ["scalar", tensor(3.14159265), "3.142 (scalar f32)"],
    [
      "few numbers",
      tensor([
        [1, 2.5],
        [-3, 4],
      ]),
      "tensor 2x2 f32\n 1  2.5\n-3    4",
    ],
    ["booleans", tensor([true, false]), "tensor 2 bool\ntrue  false"],
    ["integers", tensor([7, 10], { dtype: "i32" }), "tensor 2 i32\n7  10"],
    [
      "a long vector",
      tensor(noise(30)),
      "tensor 30 f32, min -0.3419, mean 0.3368, max 0.9809, sd 0.3678\n0  0.3831  0.5533  0.4247  0.08999  -0.2355  …  0.7651  0.3871  0.07428",
    ],
    ["a matrix", tensor(counting, { shape: [20, 20] }), "tensor 20x20 f32, min 0, mean 199.5, max 399, sd 115.5"],
    [
      "a matrix with holes",
      tensor(withNaN, { shape: [20, 20] }),
      "tensor 20x20 f32, min 0, mean 200.5, max 399, sd 115, 1 NaN, 1 infinite",
    ],
    ["a picture", tensor(examples.pictures(1, 28, 28, 1).data, { shape: [28, 28, 1] }), "1 image of 28x28x1"],
    ["colour pictures", examples.pictures(6, 32, 32, 3), "6 images of 32x32x3"],
    [
      "feature maps",
      tensor(noise(28 * 28 * 6), { shape: [28, 28, 6] }),
      "6 maps of 28x28, each from its least (dark) to its greatest value (bright)\nmin -0.9994, mean -4.046e-6, max 0.9997, sd 0.5",
    ],
    [
      "the weights of a convolution",
      tensor(new Float32Array(5 * 5 * 6).fill(0.5), { shape: [5, 5, 1, 6] }),
      "6 filters of 5x5x1, blue below zero, orange above, to ±0.5\nmin 0.5, mean 0.5, max 0.5, sd 0",
    ],
    [
      "the weights of a 1x1 convolution",
      tensor(new Float32Array(8 * 4), { shape: [1, 1, 8, 4] }),
      "tensor 1x1x8x4 f32, min 0, mean 0, max 0, sd 0",
    ],
    ["a batch of eight 8x8 pictures", tensor(new Float32Array(512), { shape: [8, 8, 8, 1] }), "8 images of 8x8x1"],
    [
      "a sequence",
      tensor(new Float32Array(10 * 4), { shape: [10, 4, 1] }),
      "1 map of 10x4, each from its least (dark) to its greatest value (bright), 1 is constant\nmin 0, mean 0, max 0, sd 0",
    ],
    ["nothing", tensor(new Float32Array(0), { shape: [0, 3] }), "tensor 0x3 f32, empty"],
    ["only NaN", tensor(new Float32Array(400).fill(NaN), { shape: [20, 20] }), "tensor 20x20 f32, 400 NaN"],
  ])("%s", (_, value, expected) => {
    expect(bundleOf(value)["text/plain"]).toBe(expected);
  });
});

describe("nothing a user wrote becomes markup", () => {
  const events = examples.historyOf(examples.trainingEvents(2, 5));
  const named = {
    ...events,
    run: { ...events.run, network: hostile },
    epochs: [{ epoch: 1, metrics: { loss: 1, [hostile]: 0.5, [`val_${hostile}`]: 0.4 } }],
  };
  const dataset = {
    kind: "dataset" as const,
    name: hostile,
    size: 2,
    columns: { [hostile]: { shape: [2], dtype: "f32" as const }, label: { shape: [], dtype: "i32" as const } },
    classes: [hostile, hostile],
    description: hostile,
    batch: () => ({
      [hostile]: tensor([
        [1, 2],
        [3, 4],
      ]),
      label: tensor([0, 1], { dtype: "i32" }),
    }),
    subset: () => dataset,
  };
  const row = examples.row(hostile, examples.flow(hostile), {
    label: hostile,
    notes: [hostile],
    path: [hostile],
    claims: [{ text: hostile, holds: false }],
  });
  const pictures = examples.pictures(2, 8, 8, 1);
  const cases: [string, unknown][] = [
    ["network", examples.networkOf(hostile, [row])],
    ["history", named],
    ["histories", { [hostile]: named, b: events }],
    ["data set", dataset],
    ["image grid", imageGrid(pictures, { title: hostile, labels: [hostile, "b"], predictions: ["a", hostile] })],
    ["feature maps", featureMaps(tensor(pictures.data, { shape: [8, 8, 2] }), { title: hostile })],
    ["tensor", new Variable(hostile, tensor([[1, 2]]))],
  ];
  test.each(cases)("%s", (_, value) => {
    const bundle = bundleOf(value, { interactive: true });
    const html = htmlOf(bundle);
    // The only scripts are ours, and no text of the user's stands in one unescaped.
    expect(html.replaceAll(/<script>\(function/g, "")).not.toContain("<script");
    const decoded = decodeURIComponent([...html.matchAll(/data:image\/svg\+xml,([^"]*)"/g)].map((match) => match[1]).join("\n"));
    expect(decoded).not.toContain("<script");
    expect(html).not.toContain(`alert("1")`);
  });
});

describe("attention weights", () => {
  const weights = tensor(
    Float32Array.from({ length: 2 * 3 * 4 }, (_, index) => index / 24),
    { shape: [1, 2, 3, 4] },
  );
  test.each([
    ["all", "2 heads of 3x4, a row looks at the columns, from 0 (dark) to 0.958 (bright)"],
    [1, "1 head of 3x4, a row looks at the columns, from 0 (dark) to 0.958 (bright)"],
    [[0, 1], "2 heads of 3x4, a row looks at the columns, from 0 (dark) to 0.958 (bright)"],
    [2, /heads are "all", one or a list of 0 to 1, but 2 arrived/],
  ])("heads=%j", (heads, expected) => {
    const text = bundleOf(weights, { heads })["text/plain"];
    if (typeof expected === "string") expect(text.split("\n")[0]).toBe(expected);
    else expect(text).toMatch(expected);
  });
});

describe("shapes that do not fit a view say what would", () => {
  test.each([
    [
      "an image grid of four channels",
      () => imageGrid(tensor(new Float32Array(64), { shape: [1, 4, 4, 4] })),
      'an image grid shows height x width x 1 or x 3, one or a batch of them, but this tensor is 1x4x4x4; for the channels of a layer show it as "maps"',
    ],
    ["feature maps of a matrix", () => featureMaps(tensor([[1]])), "feature maps are height x width x channels, but this tensor is 1x1"],
    [
      "filters of a matrix",
      () => filters(tensor([[1]])),
      "the weights of a convolution are kernel height x kernel width x inputs x outputs, but this tensor is 1x1",
    ],
  ])("%s", (_, view, message) => {
    expect(view).toThrow(message);
  });

  test("through show they become plain text with the reason", () => {
    expect(bundleOf(tensor([[1, 2]]), { as: "maps" })["text/plain"]).toMatch(/the tensor view failed: feature maps are/);
  });
});

test("large things stay small files", () => {
  const rows = Array.from({ length: 1000 }, (_, index) =>
    examples.row(`conv ${index}, 3x3, pad=1 | bn | relu`, examples.flow(56, 56, 64), { parameters: 36992, path: [`stage[${index >> 4}]`] }),
  );
  const table = networkTable(examples.networkOf("Deep", rows));
  expect(table["text/plain"]).toContain("… 700 rows more");
  expect(table["text/plain"]).toContain("36,992,000 parameters");
  expect(JSON.stringify(table).length).toBeLessThan(300_000);
  const maps = bundleOf(
    tensor(
      new Float32Array(56 * 56 * 512).map((_, index) => index % 97),
      { shape: [56, 56, 512] },
    ),
  );
  expect(maps["text/plain"]).toMatch(/^512 maps of 56x56/);
  expect(JSON.stringify(maps).length).toBeLessThan(1_000_000);
  const photo = bundleOf(examples.pictures(1, 600, 900, 3));
  expect(JSON.stringify(photo).length).toBeLessThan(1_000_000);
});

test("a bundle is recognised by its keys", () => {
  expect(isBundle({ "text/plain": "x", "application/vnd.plotly.v1+json": {} })).toBe(true);
  expect(isBundle({ "text/plain": "x", note: "y" })).toBe(false);
  expect(isBundle({ "text/html": "x" })).toBe(false);
});

test("the parameters of a network as a table", () => {
  const parameters = new Map([
    ["c1/weight", new Variable("c1/weight", tensor([[1, 2], [3, 4]]))],
    ["c1/runningMean", new Variable("c1/runningMean", tensor([0]), { trainable: false })],
  ]); // prettier-ignore
  expect(bundleOf(parameters)["text/plain"]).toBe(
    [
      "2 tensors, 4 parameters to train",
      "parameter       shape  numbers",
      "─".repeat(14 + 5 + 7 + 40 + 3 * 2),
      "c1/weight       2x2          4  min 1, mean 2.5, max 4, sd 1.118",
      "c1/runningMean  1            1  min 0, mean 0, max 0, sd 0 (not trained)",
    ].join("\n"),
  );
});

test("what a view function gives shows itself, and nothing of that is stored", () => {
  const grid = imageGrid(examples.pictures(2, 8, 8, 1));
  expect((grid as unknown as Record<symbol, () => unknown>)[displaySymbol]?.()).toBe(grid);
  expect(bundleOf(grid)).toBe(grid);
  expect(Object.keys(JSON.parse(JSON.stringify(grid)) as object)).toEqual(["text/plain", "text/html"]);
});

test("show N, as=typescript", () => {
  expect(bundleOf(examples.leNet, { as: "typescript" })["text/plain"]).toBe(
    "LeNet was not written in the layer language, so there is no TypeScript it was compiled to",
  );
  rememberTypeScript(["LeNet"], 'const LeNet = net("LeNet", {}, () => "<b>");\n');
  const bundle = bundleOf(examples.leNet, { as: "typescript" });
  expect(bundle["text/plain"]).toBe('const LeNet = net("LeNet", {}, () => "<b>");\n');
  expect(htmlOf(bundle)).not.toContain("<b>");
});
