import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import "../../std/engine/index.js";
import { checkSource } from "../../dsl/index.js";
import type { BuiltNetwork } from "../../std/network/index.js";
import type { Tensor } from "../../std/tensor/index.js";
import { add, gradients, mean, square, trace, tensor } from "../../std/tensor/index.js";
import { portableExecutor } from "../../std/tensor/portable.js";
import { zoo } from "../../std/zoo/index.js";
import { registry, runtime } from "../dsl/library.js";

function defined(source: string, name: string, scope: Record<string, unknown> = {}): BuiltNetwork {
  const { values, diagnostics } = checkSource(source, { registry, runtime, scope });
  expect(diagnostics).toEqual([]);
  return values[name] as BuiltNetwork;
}

function program(part: string): string {
  const folder = new URL("../dsl/programs/", import.meta.url);
  const file = readdirSync(folder).find((candidate) => candidate.includes(part)) as string;
  return readFileSync(new URL(file, folder), "utf8");
}

/** A batch of two for a network, symbols bound to `extent`; the numbers are small and all different. */
function inputsOf(network: BuiltNetwork, extent = 3): Tensor[] {
  return network.inputs.map(({ type }, which) => {
    const shape = [2, ...type.shape.map((dim) => (typeof dim === "number" ? dim : extent + which))];
    const size = shape.reduce((product, one) => product * one, 1);
    const values = Array.from({ length: size }, (_, index) => (type.dtype === "i32" ? index % 7 : Math.sin(index + which)));
    return tensor(type.dtype === "i32" ? Int32Array.from(values) : Float32Array.from(values), {
      shape,
      dtype: type.dtype === "i32" ? "i32" : "f32",
    });
  });
}

/** Outputs, and the gradient of their mean square by every trainable parameter. */
function forwardAndBackward(network: BuiltNetwork, inputs: Tensor[]): { outputs: Tensor[]; gradients: Tensor[]; paths: string[] } {
  const trainable = [...network.parameters].filter(([, variable]) => variable.trainable);
  let count = 0;
  const graph = trace((...symbolic) => {
    const { outputs } = network.forward(symbolic, { training: true });
    count = outputs.length;
    const loss = outputs.map((output) => mean(square(output))).reduce((sum, one) => add(sum, one));
    return [
      ...outputs,
      ...gradients(
        loss,
        trainable.map(([, variable]) => variable.value),
      ),
    ];
  }, inputs);
  const results = portableExecutor.prepare(graph).run(inputs);
  return { outputs: results.slice(0, count), gradients: results.slice(count), paths: trainable.map(([path]) => path) };
}

const small: Record<string, string> = {
  alexnet:
    program("alexnet")
      .replaceAll(/ +-> .*$/gm, "")
      .replace("224x224x3", "71x71x3")
      .replaceAll("4096", "16")
      .replaceAll(/conv (96|256|384)/g, "conv 6")
      .split("train")[0] ?? "",
  vgg: program("vgg16")
    .replaceAll(/ +-> .*$/gm, "")
    .replace("224x224x3", "32x32x3")
    .replaceAll("4096", "8")
    .replace(/stages=.*\{/, "stages=[[1, 4], [2, 8]]) {"),
  resnet: `${
    program("resnet")
      .replaceAll(/ +-> .*$/gm, "")
      .replace("224x224x3", "32x32x3")
      .split("let ResNet18")[0] ?? ""
  }
let Small = ResNet(unit=Bottleneck, stages=[[1, 4, 1], [2, 8, 2]], classes=5)`,
  "u-net": program("u-net")
    .replaceAll(/ +-> .*$/gm, "")
    .replace("net UNetR(image: 572x572x1) { U 64, 4", "net UNetR(image: 44x44x1) { U 4, 2")
    .replace("572x572x1", "188x188x1")
    .replaceAll(/\b(64|128|256|512|1024)\b(?!x)/g, (n) => String(Number(n) / 32)),
  transformer: program("transformer").replace("V=37000, d=512, h=2048, heads=8, n=6", "V=20, d=8, h=16, heads=2, n=2"),
  seq2seq: program("seq2seq").replace("Vs=8000, Vt=8000, d=256, h=512", "Vs=9, Vt=11, d=6, h=5").split("train")[0] ?? "",
  "several-heads": program("several-heads").replace("128x128x3", "16x16x3").replace("[32, 64, 128]", "[3, 4, 5]").split("train")[0] ?? "",
  gan:
    program("gan")
      .replaceAll("256", "8")
      .replaceAll("128,", "4,")
      .replaceAll("64,", "4,")
      .replaceAll(/ +-> .*$/gm, "")
      .replace("7x7x8", "7x7x8")
      .split("train")[0] ?? "",
};

describe("every program runs forward and backward", () => {
  test.each<[part: string, name: string, shapes: string[]]>([
    ["perceptron", "Perceptron", ["2x1"]],
    ["mlp", "MLP", ["2x10"]],
    ["lenet", "LeNet", ["2x10"]],
    ["alexnet", "AlexNet", ["2x1000"]],
    ["vgg", "VGG16", ["2x1000"]],
    ["resnet", "Small", ["2x5"]],
    ["u-net", "UNetR", ["2x4x4x2"]],
    ["seq2seq", "Translate", ["2x4x11"]],
    ["self-attention", "Tiny", ["2x3x100"]],
    ["transformer", "Transformer", ["2x4x20"]],
    ["gan", "G", ["2x28x28x1"]],
    ["gan", "D", ["2x1"]],
    ["several-heads", "Faces", ["2x1", "2x7", "2x4"]],
    ["hyperparameters", "Small", ["2x10"]],
  ])("%s: %s", (part, name, shapes) => {
    const source = small[part] ?? program(part);
    const network = defined(source, name);
    const result = forwardAndBackward(network, inputsOf(network));
    expect(result.outputs.map(({ shape }) => shape.join("x"))).toEqual(shapes);
    for (const output of result.outputs) expect([...output.data].every(Number.isFinite)).toBe(true);
    expect(result.gradients.length).toBeGreaterThan(0);
    // `step` has no slope: everything else is reached by the gradient.
    const reached = result.gradients.filter((gradient) => [...gradient.data].some((value) => value !== 0)).length;
    if (part !== "perceptron") expect(reached / result.gradients.length).toBeGreaterThan(0.6);
    for (const gradient of result.gradients) expect([...gradient.data].every(Number.isFinite)).toBe(true);
  });
});

describe("weights", () => {
  const source = "net A(x: 3) { dense 4 | tanh | dense 2 }";

  test("the same seed gives the same bits, another seed others", () => {
    const [a, b, c] = [defined(source, "A"), defined(source, "A"), defined(source, "A")];
    a.initialize(7);
    b.initialize(7);
    c.initialize(8);
    expect(a.weightsHash()).toBe(b.weightsHash());
    expect(a.weightsHash()).not.toBe(c.weightsHash());
  });

  test("paths are unique and in the order of the rows", () => {
    const net = defined("net A(x: 3) { h: dense 4 | dense 4\n dense 2 | dense 2 }", "A");
    expect([...net.parameters.keys()]).toEqual([
      "h/dense/weight",
      "h/dense/bias",
      "h/dense.2/weight",
      "h/dense.2/bias",
      "dense/weight",
      "dense/bias",
      "dense.2/weight",
      "dense.2/bias",
    ]);
  });

  test("a layer value used twice has one set of weights, a block used twice has two", () => {
    const shared = defined("net A(a: 3, b: 3) { let f = dense 4 | relu | dense 4\n let u = a | f\n let v = b | f\n u + v }", "A");
    expect(shared.parameterCount).toBe(3 * 4 + 4 + 4 * 4 + 4);
    const [x, y] = [tensor([[1, 2, 3]]), tensor([[0, 1, 0]])];
    expect(shared.predict(x, y).toArray()).toEqual(shared.predict(y, x).toArray());
    const own = defined("block F() { dense 4 | relu | dense 4 }\nnet A(a: 3, b: 3) { let u = a | F\n let v = b | F\n u + v }", "A");
    expect(own.parameterCount).toBe(2 * shared.parameterCount);
    const block = defined(
      "block F() { dense 4 | relu | dense 4 }\nnet A(a: 3, b: 3) { let f = F()\n let u = a | f\n let v = b | f\n u + v }",
      "A",
    );
    expect(block.parameterCount).toBe(shared.parameterCount);
  });

  test("a tied layer has no weights of its own", () => {
    const net = defined("net A(ids: T int) { let e = embedding 7, 3\n ids | e | dense 7, tie=e, bias=false }", "A");
    expect(net.parameterCount).toBe(21);
    const weight = net.parameters.get([...net.parameters.keys()][0] as string)?.value.toArray() as number[][];
    const logits = net.predict(tensor(Int32Array.of(2), { shape: [1, 1] })).toArray() as number[][][];
    const expected = weight.map((row) => row.reduce((sum, value, index) => sum + value * (weight[2]?.[index] ?? 0), 0));
    for (const [index, value] of expected.entries()) expect(logits[0]?.[0]?.[index]).toBeCloseTo(value, 4);
  });
});

describe("values inside", () => {
  test("taps, their weights, nested and repeated ones", () => {
    const net = defined("net A(x: 4) { stage: repeat n in [3, 2] { h: dense n | relu }\n dense 1 }", "A");
    const x = tensor([[1, 2, 3, 4]]);
    expect(net.tap("stage[1].h", x).shape).toEqual([1, 2]);
    expect(net.taps["stage"]?.name).toBe("stage");
    const stage = net.taps["stage"] as unknown as {
      readonly [index: number]: { readonly h: { weights: Tensor; value(x: Tensor): Tensor } };
    };
    expect(stage[0]?.h.weights.shape).toEqual([4, 3]);
    expect(stage[1]?.h.value(x).toArray()).toEqual(net.tap("stage[1].h", x).toArray());
    expect(net.pathsOf("stage[0]")).toEqual(["stage[0]/h/dense/weight", "stage[0]/h/dense/bias"]);
    expect(net.pathsOf("..stage[0]")).toEqual(net.pathsOf("stage[0]"));
    expect(() => net.tap("stag", x)).toThrow("A has no tap `stag`; did you mean `stage`?");
  });

  test("extras of a layer are found by the label they stand under", () => {
    const net = defined("block Layer() { attention heads=2 }\nnet A(x: 5x4) { memory: repeat 2 { Layer } }", "A");
    expect(net.tap("memory[1].attention", tensor(new Float32Array(20).fill(1), { shape: [1, 5, 4] })).shape).toEqual([1, 2, 5, 5]);
  });

  test("logits are the values before a final softmax or sigmoid", () => {
    const net = defined("net A(x: 2) { dense 3 | softmax }", "A");
    const { outputs, logits } = net.forward([tensor([[1, 2]])], { training: false });
    const raw = (logits[0] as Tensor).toArray() as number[][];
    const sum = (raw[0] ?? []).reduce((total, z) => total + Math.exp(z), 0);
    for (const [index, p] of ((outputs[0] as Tensor).toArray() as number[][])[0]?.entries() ?? [])
      expect(p).toBeCloseTo(Math.exp(raw[0]?.[index] ?? 0) / sum, 5);
    expect(defined("net B(x: 2) { dense 3 | relu }", "B").forward([tensor([[1, 2]])], { training: false }).logits).toEqual([null]);
  });

  test("a single example is a batch of one", () => {
    const net = defined("net A(x: 2) { dense 3 }", "A");
    expect(net.predict(tensor([1, 2])).shape).toEqual([3]);
    expect(net.predict(tensor([1, 2])).toArray()).toEqual((net.predict(tensor([[1, 2]])).toArray() as number[][])[0]);
  });

  test("a large batch gives the same as its parts", () => {
    const net = defined("net A(x: 2) { dense 3 | tanh }", "A");
    const rows = Array.from({ length: 600 }, (_, index) => [index / 100, 1]);
    const all = net.predict(tensor(rows)).toArray() as number[][];
    expect(all.length).toBe(600);
    expect(all[599]).toEqual((net.predict(tensor([rows[599] as number[]])).toArray() as number[][])[0]);
  });

  test("wrong inputs are refused by name", () => {
    const net = defined("net A(image: 4x4x1) { flatten | dense 3 }", "A");
    expect(() => net.predict(tensor([[1, 2]]))).toThrow("A: image is batch x 4x4x1, but 1x2 arrived");
    expect(() => net.predict()).toThrow("A takes 1 tensor (image), but 0 arrived");
    const two = defined("net B(a: T x 2, b: T x 2) { a | add b }", "B");
    expect(() =>
      two.predict(
        tensor([[[1, 2]]]),
        tensor([
          [
            [1, 2],
            [3, 4],
          ],
        ]),
      ),
    ).toThrow("B: T is 1 in one input and 2 in b");
  });
});

describe("parts of networks", () => {
  const source = `net Base(image: 8x8x1) { a: conv 2, 3x3 | relu\n b: conv 3, 3x3 | relu\n c: flatten | dense 4 }
net Head(photo: 8x8x1) { base: Base[..b] -> 4x4x3\n gap | dense 2 }`;

  test("a slice has the network's own weights", () => {
    const { values } = checkSource(source, { registry, runtime });
    const [base, head] = [values["Base"] as BuiltNetwork, values["Head"] as BuiltNetwork];
    expect(head.parameters.get("base/Base/a/conv/weight")).toBe(base.parameters.get("a/conv/weight"));
    expect(head.parameterCount).toBe(2 * 9 + 2 + 2 * 3 * 9 + 3 + 3 * 2 + 2);
    const before = base.weightsHash();
    head.initialize(3);
    expect(base.weightsHash()).toBe(before);
    expect(head.pathsOf("base")).toEqual([
      "base/Base/a/conv/weight",
      "base/Base/a/conv/bias",
      "base/Base/b/conv/weight",
      "base/Base/b/conv/bias",
    ]);
    expect(head.pathsOf("base[..a]")).toEqual(["base/Base/a/conv/weight", "base/Base/a/conv/bias"]);
    const image = tensor(
      new Float32Array(64).map((_, index) => index / 64),
      { shape: [1, 8, 8, 1] },
    );
    expect(head.tap("base", image).toArray()).toEqual(base.tap("b", image).toArray());
  });

  test("a slice that cuts a skip connection names the tap that crosses the cut", () => {
    const cut = "net R(x: 4) { a: dense 4\n b: dense 4 | relu\n add a | dense 2 }\nnet S(x: 4) { R[b..] }";
    const { diagnostics } = checkSource(cut, { registry, runtime });
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "E045 R[b..] cuts a skip connection: `a` is made before b and used after it",
    ]);
  });

  test("a network of several inputs is called", () => {
    const net = defined("net Same(a: 2, b: 2) { a | add b | dense 1 }\nnet Both(p: 2, q: 2) { let s = Same(p, q)\n s | sigmoid }", "Both");
    expect(net.predict(tensor([[1, 2]]), tensor([[3, 4]])).shape).toEqual([1, 1]);
  });
});

describe("symbolic dimensions", () => {
  test("under window arithmetic they are checked and bound at run time", () => {
    const net = defined("net A(x: T x 2) { conv 4, 3, stride=2 | relu\n maxpool 2\n gap | dense 1 }", "A");
    expect(net.predict(tensor(new Float32Array(22), { shape: [1, 11, 2] })).shape).toEqual([1, 1]);
    const flow = defined("net B(x: T x 2) { conv 4, 3, stride=2 }", "B");
    expect(flow.predict(tensor(new Float32Array(22), { shape: [1, 11, 2] })).shape).toEqual([1, 5, 4]);
  });
});

describe("what blocks and nets are given", () => {
  test.each<[name: string, source: string, parameters: number, shape: string]>([
    ["a layer without values", "net A(x: 4, act=relu) { dense 3 | act }\nlet N = A(act=tanh)", 15, "3"],
    ["a layer that is given its values inside", "block B(f) { f 3 }\nnet N(x: 4) { B dense }", 15, "3"],
    ["a block", "block F(n) { dense n }\nblock B(f) { f 3 | f 2 }\nnet N(x: 4) { B F }", 15 + 8, "2"],
    ["layers in parentheses", "block residual(f) { f | add x }\nnet N(x: 4) { residual (dense 4 | relu) }", 20, "4"],
    [
      "tensors and their dimensions",
      "block B(x: T x D, y: S x D) { dense D -> T x D\n attention y, heads=2 }\nnet N(a: 5x4, b: 6x4) { a | B b }",
      20 + 4 * 20,
      "5x4",
    ],
    [
      "a default of the block",
      "block B(n, twice=true) { dense n\n if twice { dense n } }\nnet N(x: 4) { B 4 | B 4, twice=false }",
      60,
      "4",
    ],
    [
      "options for all rows",
      "block B() { dense 3 }\nnet N(x: 4) { default bias=false\n dense 4 | B | dense 2, bias=true }",
      16 + 12 + 8,
      "2",
    ],
    [
      "if and else",
      "block B() { if x.c > 3 { dense 3 } else if x.c > 2 { dense 2 } else { dense 1 } }\nnet N(x: 4) { repeat 3 { B } }",
      15 + 8 + 3,
      "1",
    ],
    ["formulas", "net N(x: 4) { 1 - x | dense 4\n let y = -x\n let z = x^2 + 2*x - 1\n (y + z) * 0.5 / 2 }", 20, "4"],
    ["a repetition as a layer value", "net N(x: 4) { let tower = dense 4 | repeat 2 { dense 4 }\n tower }", 60, "4"],
  ])("%s", (_name, source, parameters, shape) => {
    const net = defined(source, "N");
    expect(net.parameterCount).toBe(parameters);
    expect(net.outputs[0]?.type.shape.map(String).join("x")).toBe(shape);
    expect(net.forward(inputsOf(net), { training: false }).outputs[0]?.shape.slice(1).join("x")).toBe(shape);
  });

  test("a dimension without a value cannot be calculated with", () => {
    for (const row of ["dense 2*T", "let y = x / sqrt(T)\n y"]) {
      const { diagnostics } = checkSource(`net A(x: T x 4) {\n  ${row}\n}`, { registry, runtime });
      expect(diagnostics.map(({ message, span }) => `${span[0] > 0} ${message}`)).toEqual([
        "true T has no value before data arrives and cannot be calculated with",
      ]);
    }
  });
});

describe("the zoo runs", () => {
  test("MobileNetV2 of small images, and a small GPT", () => {
    const gpt = zoo.GPT({ V: 16, d: 8, heads: 2, n: 1, context: 8 });
    expect(gpt.predict(tensor(Int32Array.of(1, 2, 3), { shape: [1, 3] })).shape).toEqual([1, 3, 16]);
    const vit = zoo.ViT({ d: 8, h: 16, heads: 2, n: 1 });
    expect(vit.predict(tensor(new Float32Array(32 * 32 * 3), { shape: [1, 32, 32, 3] })).shape).toEqual([1, 10]);
  });
});

describe("random numbers inside a network", () => {
  const source = `net Vae(x: 6) {
  let mu = x | dense 2
  let spread = x | dense 2
  let e = normal(2)
  mu + exp(spread) * e | dense 6
}`;
  test("start a flow, one draw for every example, and the gradient goes through", () => {
    const network = defined(source, "Vae");
    expect(network.taps["e"]?.type.shape).toEqual([2]);
    const { outputs, gradients: found } = forwardAndBackward(network, inputsOf(network));
    expect(outputs[0]?.shape).toEqual([2, 6]);
    expect(found).toHaveLength(6);
    expect(found.every(({ data }) => [...data].some((value) => value !== 0))).toBe(true);
  });
});

test("a default is calculated anew for each variant", () => {
  const network = defined("net N(x: 8, d=4, h=2*d) { dense h }", "N");
  expect(network.hyperparameters).toEqual({ d: 4, h: 8 });
  expect(network.with({ d: 8 }).outputs[0]?.type.shape).toEqual([16]);
  expect(network.with({ d: 8, h: 3 }).outputs[0]?.type.shape).toEqual([3]);
  expect(network.typescript).toContain("h: lamella.derived(({ d }) => 2 * d)");
});
