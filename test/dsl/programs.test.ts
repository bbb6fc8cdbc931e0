import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { BuiltNetwork } from "../../std/network/index.js";
import { zoo } from "../../std/zoo/index.js";
import { checkSource, renderDiagnostics, reportOf, type CheckedCell } from "../../dsl/index.js";
import { registry, runtime } from "./library.js";

const folder = new URL("./programs/", import.meta.url);

function check(file: string, extra = ""): CheckedCell {
  const source = readFileSync(new URL(file, folder), "utf8") + extra;
  const result = checkSource(source, {
    registry,
    runtime,
    scope: { VGG16: zoo.VGG16 },
    names: { VGG16: "network", cat: "tensor", AlexNet: "network", Transformer: "network" },
  });
  expect(renderDiagnostics(source, result.diagnostics)).toBe("");
  return result;
}

function network(result: CheckedCell, name: string): BuiltNetwork {
  return result.values[name] as BuiltNetwork;
}

describe("every program of the language's description", () => {
  test.each(readdirSync(folder).sort())("%s is checked and emitted without a mistake", (file) => {
    const { typescript, ok } = check(file);
    expect(ok).toBe(true);
    expect(typescript).toMatchSnapshot();
  });
});

describe("known totals", () => {
  test.each<[file: string, name: string, parameters: number]>([
    ["03-lenet-5.lamella", "LeNet", 61_706],
    ["04-alexnet.lamella", "AlexNet", 62_378_344],
    ["05-vgg16.lamella", "VGG16", 138_357_544],
    ["06-resnet-18-and-resnet-50.lamella", "ResNet18", 11_689_512],
    ["06-resnet-18-and-resnet-50.lamella", "ResNet50", 25_557_032],
    ["07-u-net-as-the-figure-and-by-recursion.lamella", "UNet", 31_030_658],
    ["07-u-net-as-the-figure-and-by-recursion.lamella", "UNetR", 31_030_658],
    ["12-transformer-encoder-decoder.lamella", "Transformer", 63_119_496],
  ])("%s: %s", (file, name, parameters) => expect(network(check(file), name).parameterCount).toBe(parameters));

  test("Inception 3a", () => {
    const result = check(
      "08-inception-module.lamella",
      "\nnet I(x: 28x28x192) { Inception 64, 96, 128, 16, 32, 32 -> 28x28x256, 163696 params }\n",
    );
    expect(network(result, "I").parameterCount).toBe(163_696);
  });

  test("the LSTM cell from its formulas", () => {
    const result = check("09-lstm-cell-from-its-formulas.lamella", "\nnet L(x: 10, s: 20, c: 20) { x | LSTM s, c, 20 -> 20 }\n");
    expect(network(result, "L").parameterCount).toBe(2_480);
  });

  test("AlexNet has the lecture's figures on its rows", () => {
    const rows = network(check("04-alexnet.lamella"), "AlexNet").rows;
    const figures = rows
      .filter(({ label }) => label !== "")
      .map(({ label, output, parameters }) => `${label} ${output.shape.map(String).join("x")} ${parameters}`);
    expect(figures).toEqual([
      "conv1 55x55x96 34944",
      "pool1 27x27x96 0",
      "conv2 27x27x256 614656",
      "pool2 13x13x256 0",
      "conv3 13x13x384 885120",
      "conv4 13x13x384 1327488",
      "conv5 13x13x256 884992",
      "pool5 6x6x256 0",
      "fc6 4096 37752832",
      "fc7 4096 16781312",
      "fc8 1000 4097000",
    ]);
    expect(rows.flatMap(({ claims }) => claims).every(({ holds }) => holds === true)).toBe(true);
  });

  test("AlexNet(g=2): the paper's 60,965,224 once the claims are its own, and the lecture's claim at the character", () => {
    const { values } = check("04-alexnet.lamella");
    const source = readFileSync(new URL("04-alexnet.lamella", folder), "utf8");
    const variant = `${source.slice(0, source.indexOf("train"))}let Two = AlexNet(g=2)\n`;
    const { diagnostics } = checkSource(variant, { registry, runtime });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "this row has 307456 parameters, not 614656",
      "this row has 663936 parameters, not 1327488",
      "this row has 442624 parameters, not 884992",
    ]);
    expect(variant.slice(...(diagnostics[0]?.span ?? [0, 0]))).toBe("614656 params");
    expect(zoo.AlexNet({ g: 2 }).parameterCount).toBe(60_965_224);
    expect(values["AlexNet"]).toBeDefined();
  });
});

describe("the report of a file", () => {
  test("nets with parameters and outputs, mistakes with code, place and fix", () => {
    const source = "net A(x: 4) { dense 3 }\nnet B(x: 4) { denze 3 }";
    expect(reportOf(checkSource(source, { registry, runtime }))).toEqual({
      ok: false,
      nets: [{ name: "A", parameters: 15, outputs: [{ name: "output", shape: "3" }] }],
      diagnostics: [
        {
          code: "E020",
          severity: "error",
          message: "there is no layer `denze`; did you mean `dense`?",
          hint: "",
          chain: "",
          span: [38, 43],
          line: 2,
          column: 15,
          fix: { title: "change to dense", span: [38, 43], text: "dense" },
        },
      ],
    });
  });
});

describe("a file of its own", () => {
  const file = (source: string): CheckedCell => checkSource(source, { registry, runtime, module: true, closed: true });
  const net = "net A(image: 8x8x3) { c1: conv 2, 3x3 | flatten | dense 2 }\n";

  test("data that it trains on and shows may come from the program: warnings, and declared in what is emitted", () => {
    const { ok, diagnostics, typescript } = file(`${net}train A on photos { epochs 1 }\nshow cat | A[..c1]`);
    expect(diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "warning: there is no data set `photos`",
      "warning: `cat` is not defined here",
    ]);
    expect(ok).toBe(true);
    expect(typescript).toContain("\ndeclare const photos: lamella.Dataset;\ndeclare const cat: any;\n");
  });

  test("what resembles a name of the library or the file is a mistake", () => {
    const { ok, diagnostics } = file(`${net}train A on mnits { epochs 1 }\nshow image | B`);
    expect(ok).toBe(false);
    expect(diagnostics[0]?.message).toBe("there is no data set `mnits`; did you mean `mnist`?");
  });

  test("in a template every name must be known", () => {
    const { diagnostics } = checkSource(`${net}train A on photos { epochs 1 }`, { registry, runtime, closed: true });
    expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(["error E062"]);
  });
});
