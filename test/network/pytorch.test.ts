import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import "../../std/engine/index.js";
import { checkSource } from "../../dsl/index.js";
import type { BuiltNetwork } from "../../std/network/index.js";
import { tensor } from "../../std/tensor/index.js";
import { registry, runtime } from "../dsl/library.js";

type Outputs = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
const reference = JSON.parse(readFileSync(new URL("../reference/fixtures/networks.json", import.meta.url), "utf8")) as Outputs;

function zooSource(file: string): string {
  return readFileSync(new URL(`../../std/zoo/networks/${file}.lamella`, import.meta.url), "utf8");
}

/** The weights of test/reference/networks.py: the same formula in the same order. */
function giveWeights(network: BuiltNetwork): void {
  let count = 0;
  for (const [path, variable] of network.parameters) {
    count++;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const { shape } = variable;
    const normalising = /\/(bn|layernorm)[.\d]*\//.test(path);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const fanIn = size / (shape.at(-1) ?? 1);
    const kind =
      name === "runningMean" || name === "runningVariance"
        ? name
        : normalising
          ? name === "bias" || name === "shift"
            ? "shift"
            : "scale"
          : shape.length > 1
            ? "weight"
            : "bias";
    const values = Float32Array.from({ length: size }, (_, index) => {
      const wave = Math.sin(index * 0.37 + count);
      switch (kind) {
        case "weight":
          return wave * Math.sqrt(2 / fanIn);
        case "scale":
          return 1 + 0.1 * wave;
        case "runningMean":
          return 0.05 * wave;
        case "runningVariance":
          return 1 + 0.2 * wave * wave;
        case "bias":
        case "shift":
          return 0.1 * wave;
      }
    });
    variable.assign(tensor(values, { shape }));
  }
}

describe("forward values equal PyTorch's, weights and all", () => {
  test.each<[name: string, source: string, net: string, shape: number[]]>([
    [
      "resnet18",
      `${
        zooSource("resnet")
          .replaceAll(/ +-> .*$/gm, "")
          .replace("224x224x3", "32x32x3")
          .split("let ResNet18")[0] ?? ""
      }\nlet N = ResNet(unit=Basic, stages=[[2, 64, 1], [2, 128, 2], [2, 256, 2], [2, 512, 2]], classes=10)`,
      "N",
      [2, 32, 32, 3],
    ],
    [
      "vgg11",
      `${
        zooSource("vgg")
          .replace(/ +-> 25088/, "")
          .replace("224x224x3", "32x32x3")
          .replace("repeat 2 { dense 4096", "repeat 1 { dense 64")
          .split("let VGG11")[0] ?? ""
      }\nlet N = VGG(stages=[[1, 64], [1, 128], [2, 256], [2, 512], [2, 512]], classes=10)`,
      "N",
      [2, 32, 32, 3],
    ],
    [
      "encoder",
      `${zooSource("transformer").split("block DecoderLayer")[0] ?? ""}\nnet N(x: T x 16) { EncoderLayer 32, 4 }`,
      "N",
      [2, 5, 16],
    ],
  ])("%s", (name, source, net, shape) => {
    const { values, diagnostics } = checkSource(source, { registry, runtime });
    expect(diagnostics).toEqual([]);
    const network = values[net] as BuiltNetwork;
    giveWeights(network);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const x = tensor(
      Float32Array.from({ length: size }, (_, index) => Math.sin(index * 0.11)),
      { shape },
    );
    const y = network.predict(x);
    const expected = reference[name] as Outputs[string];
    expect(y.shape).toEqual(expected.shape);
    for (const [index, value] of expected.data.entries())
      expect(Math.abs((y.data[index] as number) - value), `number ${index}`).toBeLessThan(5e-6 * Math.max(1, Math.abs(value)));
  });
});
