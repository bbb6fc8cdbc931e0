import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layers, log, readNpy, reshape, slice, transpose, zoo, type Network, type Tensor, type Variable } from "../../kernel/lamella.js";
import { root, runProgram } from "./jupyter.js";

/** Debian's Python, which has PyTorch and torchvision; without them these tests fail. */
const python = "/usr/bin/python3";
const script = (name: string): string => join(root, "test", "reference", name);
const source = (file: string): string => readFileSync(join(root, "std", "zoo", "networks", file), "utf8");

/** What a layer source defines; `layers` gives it as an object of networks. */
function define(text: string): Readonly<Record<string, Network>> {
  const strings = Object.assign([text], { raw: [text] });
  return layers(strings) as unknown as Readonly<Record<string, Network>>;
}

async function runPython(...args: string[]): Promise<string> {
  const { code, output } = await runProgram(python, args);
  if (code !== 0) throw new Error(`${args.join(" ")} failed (test/e2e/setup.sh installs python3-torchvision):\n${output}`);
  return output;
}

describe("parameters equal torchvision's, layer by layer", () => {
  interface Counts {
    readonly total: number;
    readonly layers: readonly number[];
  }
  /** torchvision's AlexNet is the later one on one GPU: A. Krizhevsky, One weird trick for parallelizing CNNs, 2014. */
  const laterAlexNet = `
    net AlexNet(image: 224x224x3, classes=1000) {
      conv 64, 11x11, stride=4, pad=2 | relu   -> 55x55x64
      maxpool 3x3, stride=2                    -> 27x27x64
      conv 192, 5x5, pad=2 | relu              -> 27x27x192
      maxpool 3x3, stride=2                    -> 13x13x192
      conv 384, 3x3, pad=1 | relu
      conv 256, 3x3, pad=1 | relu
      conv 256, 3x3, pad=1 | relu
      maxpool 3x3, stride=2                    -> 6x6x256
      flatten
      repeat 2 { dropout 0.5 | dense 4096 | relu }
      dense classes | softmax
    }`;
  const built: Readonly<Record<string, () => Network | undefined>> = {
    AlexNet: () => define(laterAlexNet)["AlexNet"],
    "ViT-B/16": () => {
      const base = "let Base = ViT(patch=16, d=768, h=3072, heads=12, n=12, classes=1000)";
      return define(`${source("vit.lamella").replace("32x32x3", "224x224x3")}\n${base}`)["Base"];
    },
  };
  let counts: Readonly<Record<string, Counts>> = {};
  beforeAll(async () => {
    counts = (JSON.parse(await runPython(script("zoo_counts.py"))) as { nets: typeof counts }).nets;
  });

  // prettier-ignore
  it.each([
    "AlexNet", "VGG11", "VGG13", "VGG16", "VGG19", "VGG11bn", "VGG13bn", "VGG16bn", "VGG19bn", "ResNet18", "ResNet34", "ResNet50",
    "ResNet101", "GoogLeNet", "DenseNet121", "SqueezeNet", "MobileNetV2", "ViT", "ViT-B/16",
  ])("%s", (name) => {
    const network = built[name] === undefined ? (zoo as unknown as Readonly<Record<string, Network>>)[name] : built[name]();
    const parameters = network?.rows.flatMap((row) => row.layers.map((use) => use.parameterCount)).filter((count) => count > 0);
    expect(network?.parameterCount).toBe(counts[name]?.total);
    expect(parameters?.sort((a, b) => a - b)).toEqual(counts[name]?.layers);
  });

  it("the later AlexNet has 61,100,840", () => expect(counts["AlexNet"]?.total).toBe(61_100_840));
});

describe("forward values equal PyTorch's with the same weights", () => {
  /**
   * The largest difference over the scale, which is the outputs' greatest distance from their mean. Both sides compute in f32 and
   * add the same products in different orders (blocks, Winograd's transforms of 3x3 convolutions): 1e-7 to 1e-6 of the scale for
   * a layer, and measured over whole nets 5e-7 (a Transformer layer) to 5.4e-6 (MobileNetV2). What is wrong shows above the
   * bound: weights or axes that change places as 0.8 to 1, an epsilon of 1e-3 for 1e-5 as 2e-4 to 3e-2, of 1e-6 as 1e-4 to 3e-4
   * in a net with batch normalisation or in ViT.
   */
  const tolerance = 2e-5;

  interface TorchLayer {
    readonly kind: "conv" | "dense" | "bn" | "layernorm" | "attention" | "token" | "positions";
    readonly name: string;
    /** The channels, height and width that were flattened before a dense layer. */
    readonly flattened?: readonly [channels: number, height: number, width: number];
  }

  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lamella-torch-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Our layers with parameters in the order of the rows: the parameters of each by their names. */
  function layersOf(network: Network): Map<string, Map<string, Variable>> {
    const found = new Map<string, Map<string, Variable>>();
    for (const [path, variable] of network.parameters) {
      const layer = dirname(path);
      found.set(layer, (found.get(layer) ?? new Map<string, Variable>()).set(path.slice(layer.length + 1), variable));
    }
    return found;
  }

  /** PyTorch's layers in the order of our rows: a ResNet's projection stands first in its block here, and runs last there. */
  function inOrderOfRows(torchLayers: readonly TorchLayer[]): TorchLayer[] {
    const ordered: TorchLayer[] = [];
    for (const layer of torchLayers) {
      const [block, projection] = layer.name.split("downsample.");
      const first = projection === "0" ? ordered.findIndex(({ name }) => name.startsWith(block as string)) : -1;
      if (projection === undefined) ordered.push(layer);
      else if (first >= 0) ordered.splice(first, 0, layer);
      else ordered.splice(ordered.findIndex(({ name }) => name === `${block}downsample.0`) + 1, 0, layer);
    }
    return ordered;
  }

  /** A layer's parameters under our names and in our layouts. */
  function translated(
    { kind, name, flattened }: TorchLayer,
    read: (name: string) => Tensor,
    names: readonly string[],
  ): Map<string, Tensor> {
    const weight = (): Tensor => read(`${name}.weight`);
    const bias = (): [string, Tensor][] => (names.includes("bias") ? [["bias", read(`${name}.bias`)]] : []);
    switch (kind) {
      case "conv": // out x in x height x width -> height x width x in x out; depthwise in = 1
        return new Map([["weight", transpose(weight(), [2, 3, 1, 0])], ...bias()]);
      case "dense": {
        // out x in -> in x out; where maps were flattened, `in` counts height x width x channels here, channels first there
        const w = weight();
        const [out, size] = w.shape as [number, number];
        const reordered =
          flattened === undefined ? transpose(w) : reshape(transpose(reshape(w, [out, ...flattened]), [2, 3, 1, 0]), [size, out]);
        return new Map([["weight", reordered], ...bias()]);
      }
      case "bn":
        return new Map([
          ["scale", weight()],
          ["shift", read(`${name}.bias`)],
          ["runningMean", read(`${name}.running_mean`)],
          ["runningVariance", read(`${name}.running_var`)],
        ]);
      case "layernorm":
        return new Map([
          ["scale", weight()],
          ["shift", read(`${name}.bias`)],
        ]);
      case "token":
      case "positions": // 1 x time x features, with an axis for the batch
        return new Map([["weight", read(name)]]);
      case "attention": {
        // The products for query, key and value lie one below the other, each out x in.
        const packed = read(`${name}.in_proj_weight`);
        const packedBias = read(`${name}.in_proj_bias`);
        const width = packed.shape[1] as number;
        const parts = ["query", "key", "value"].flatMap((role, index): [string, Tensor][] => {
          const from = index * width;
          return [
            [`${role}Weight`, transpose(slice(packed, [from], [from + width]))],
            [`${role}Bias`, slice(packedBias, [from], [from + width])],
          ];
        });
        const output: [string, Tensor][] = [
          ["outputWeight", transpose(read(`${name}.out_proj.weight`))],
          ["outputBias", read(`${name}.out_proj.bias`)],
        ];
        return new Map([...parts, ...output]);
      }
    }
  }

  /** Gives `network` the weights in `from`. @throws when a layer or a parameter is left over on either side. */
  function giveWeights(network: Network, torchLayers: readonly TorchLayer[], read: (name: string) => Tensor): void {
    const ours = [...layersOf(network)];
    const theirs = inOrderOfRows(torchLayers);
    expect(ours.length, "layers with parameters").toBe(theirs.length);
    for (const [index, [path, parameters]] of ours.entries()) {
      const layer = theirs[index] as TorchLayer;
      const values = translated(layer, read, [...parameters.keys()]);
      expect([...parameters.keys()].sort(), `${path} from ${layer.name}`).toEqual([...values.keys()].sort());
      for (const [name, variable] of parameters) {
        const value = values.get(name) as Tensor;
        variable.assign(value.shape.length === variable.shape.length ? value : reshape(value, variable.shape));
      }
    }
  }

  /** VGG11 for 64x64 pixels: see zoo_forward.py. */
  const smallVgg = (): Network =>
    define(source("vgg.lamella").replace("224x224x3", "64x64x3").replace("-> 25088", "-> 2048"))["VGG11"] as Network;
  const transformer = source("transformer.lamella").slice(0, source("transformer.lamella").indexOf("net Transformer"));
  const net = (name: string): Network => (zoo as unknown as Readonly<Record<string, Network>>)[name] as Network;
  const image = (name: string) => [name, () => net(name), "image"] as const;

  it.each<readonly [name: string, make: () => Network, what: string]>([
    image("ResNet18"),
    ["VGG11", smallVgg, "image"],
    image("ResNet50"),
    image("GoogLeNet"),
    image("DenseNet121"),
    image("MobileNetV2"),
    // torchvision rounds pooling up, which changes nothing at the 227 pixels of the paper's maps.
    image("SqueezeNet"),
    image("ViT"),
    ["EncoderLayer", () => define(`${transformer}\nnet N(x: T x 512) { EncoderLayer 2048, 8 }`)["N"] as Network, "sequence"],
    [
      "DecoderLayer",
      () => define(`${transformer}\nnet N(x: T x 512, memory: S x 512) { x | DecoderLayer memory, 2048, 8 }`)["N"] as Network,
      "sequence",
    ],
  ])("%s", async (name, make, what) => {
    const place = join(folder, name);
    await runPython(script("zoo_forward.py"), name, place);
    const read = (file: string): Tensor => readNpy(join(place, `${file}.npy`));
    const torch = JSON.parse(readFileSync(join(place, "net.json"), "utf8")) as { inputs: number; layers: TorchLayer[] };
    const network = make();
    giveWeights(network, torch.layers, read);

    const inputs = Array.from({ length: torch.inputs }, (_, index) => read(`input${index}`));
    const predicted = network.predict(...(what === "image" ? inputs.map((x) => transpose(x, [0, 2, 3, 1])) : inputs));
    // A classifier's probabilities lie close together; their logarithms are the scores before softmax but for a constant.
    const output = what === "image" ? log(predicted) : predicted;
    const expected = read("output");
    rmSync(place, { recursive: true });

    expect(output.shape).toEqual(expected.shape);
    const numbers = Array.from(expected.data, Number);
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const scale = numbers.reduce((greatest, value) => Math.max(greatest, Math.abs(value - mean)), 0);
    expect(scale, "spread of the expected outputs").toBeGreaterThan(0.5);
    const errors = numbers.map((value, index) => Math.abs(Number(output.data[index]) - value));
    const error = errors.reduce((greatest, value) => Math.max(greatest, value), 0) / scale;
    expect(errors.every(Number.isFinite)).toBe(true);
    expect(error).toBeLessThan(tolerance);
  });
});
