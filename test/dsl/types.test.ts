import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { compileCell } from "../../dsl/index.js";
import { dataRegistry } from "../../std/data/index.js";
import { registry as language } from "./library.js";
import { programs } from "./mutants.js";

/** With the data sets there are: other names of data are the notebook's. */
const registry = { ...language, datasets: new Map(Object.entries(dataRegistry)) };

// Against the declarations that are published: `npm test` builds them first.
const root = fileURLToPath(new URL("../../", import.meta.url));
const declarations = join(root, "dist", "kernel", "lamella.d.ts");
const folder = mkdtempSync(join(tmpdir(), "lamella-types-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checks = `import { LeNet } from "./03-lenet-5.js";
import { VGG16 } from "./05-vgg16.js";
import { Faces } from "./14-several-heads-several-losses.js";
import { Small as Bare } from "./17-hyperparameters-a-run-may-override.js";
import { Same } from "./15-weight-sharing.js";
import {
  checkGradients, compile, grad, layers, mul, net, shape, sum, tensor, trace, valueAndGrad, zoo,
  type Flow, type Graph, type Layer, type Net, type Tap, type Tensor,
} from "lamella";

const tap: Tap = LeNet.taps.c1;
const short: Tap = LeNet.c3;
const repeated: Tap = VGG16.taps.stage[4]!.pool;
const known: Tap = zoo.VGG16.taps.stage[4]!.pool;
const count: number = Faces.parameterCount;
const outputs: readonly { readonly name: string }[] = Faces.outputs;
const value: Tensor = LeNet.tap("c1");
const made = layers<{ Small: Net<"h"> }>\`net Small(x: 2) { h: dense 1 }\`;
const inner: Tap = made.Small.taps.h;
const age: Tensor = Faces.predictAll(value).age;
const similar: Tensor = Same(value, value);
const variant: Net<"c1" | "s2" | "c3" | "s4" | "f5" | "f6", ["image"]> = LeNet({});

// @ts-expect-error there is no such tap
const wrong: Tap = LeNet.taps.c7;
// @ts-expect-error there is no such tap
const wrongToo: Tap = made.Small.taps.c1;
// @ts-expect-error a number is no tap
const number: number = LeNet.taps.c1;
// @ts-expect-error there is no such output
const noOutput: Tensor = Faces.predictAll(value).mouth;
// @ts-expect-error the net takes two pictures
const oneOfTwo: Tensor = Same.predict(value);
// @ts-expect-error the net takes one picture
const twice: Tensor = LeNet.predict(value, value);
// @ts-expect-error the net has no labels
const none: Tap = Bare.taps.c1;

// A layer with its values, applied to a flow, and applied to a tensor.
const convolution: Layer = layers.conv(96, [11, 11], { stride: 4, pad: "same", init: "he", bias_init: 0.1 });
const byName: Layer = layers.conv({ filters: 8, size: 3, groups: 2 });
const half: Layer = layers.conv(8, { size: 3, init: layers.init.normal(0, 0.02) });
const probabilities: Tensor = layers.softmax(tensor([1, 2]));
const root: number = layers.sqrt(2);
const Typed = net("Typed", { x: shape(4, 4, 2), k: 3 }, ({ x, k }, { conv, concat, crop, dense, lstm, max, relu, upsample }) => {
  const y: Flow = relu(x).row("y", conv(k, 3, { pad: [[1, 1], [1, 1]] }), relu());
  const tied = dense(4);
  const z: Flow = max(y, 0).row(tied, dense(k, { tie: tied }), upsample(2, "bilinear"), crop(4), concat(y, crop(x), { axis: -1 }));
  return y.row(concat(z)).row(lstm(k, { bidirectional: true }));
});

// @ts-expect-error filters is a number
layers.conv("96", [11, 11]);
// @ts-expect-error the window is missing
layers.conv(96);
// @ts-expect-error there is no such option
layers.conv(96, 11, { strides: 4 });
// @ts-expect-error there is no such initialiser
layers.dense(10, { init: "hee" });
// @ts-expect-error there is no such way to upsample
layers.upsample(2, "cubic");
// @ts-expect-error there is no such layer
layers.convolution(6, 5);
// @ts-expect-error a layer is no tensor
const noTensor: Tensor = layers.relu();
// @ts-expect-error a tensor has no rows
layers.relu(tensor([1])).row();

// The functions that differentiate and compile.
const f = (w: Tensor, x: Tensor): Tensor => sum(mul(w, x));
const pair: [Tensor, Tensor] = grad(f)(tensor([1]), tensor([2]));
const list: Tensor[] = grad((...all: Tensor[]) => sum(all[0] as Tensor))(tensor([1]));
const single: Tensor = grad((x: Tensor) => sum(x))(tensor([1]));
const [loss, slope] = valueAndGrad((x: Tensor) => sum(mul(x, x)))(tensor([1]));
const losses: readonly Tensor[] = [loss, slope];
const graph: Graph = trace((x) => mul(x, 2), [{ shape: [2], dtype: "f32" }]);
const fast = compile((x: Tensor) => [sum(x), mul(x, 2)]);
const results: readonly Tensor[] = fast(tensor([1]));
checkGradients(f, [tensor([1]), tensor([2])], { tolerance: 1e-6 });

// @ts-expect-error f takes two tensors
grad(f)(tensor([1]));
// @ts-expect-error a gradient is taken of a tensor
grad((x: Tensor) => x.shape);
// @ts-expect-error a compiled function takes tensors
fast(1);
// @ts-expect-error and as many as its body
fast(tensor([1]), tensor([2]));

export { convolution, byName, half, probabilities, root, Typed, noTensor, pair, list, single, losses, graph, results };
export { age, similar, variant, noOutput, oneOfTwo, twice, none };
export { tap, short, repeated, known, count, outputs, value, inner, wrong, wrongToo, number };
`;

/** The emitted modules of the programs, what they import from the notebook, and the checks above. */
function writeModules(): string[] {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const { file, source } of programs()) {
    const { typescript } = compileCell(source, { registry, module: true });
    // What trains, shows, loads and saves belongs to a cell, which may await at its top.
    const path = join(folder, file.replace(".lamella", ".ts"));
    writeFileSync(path, `${typescript}\nexport {};\n`);
    files.push(path);
  }
  const path = join(folder, "checks.ts");
  writeFileSync(path, checks);
  return [...files, path];
}

describe.skipIf(!existsSync(declarations))("emitted modules and the types of their nets", () => {
  const files = writeModules();

  test("under TypeScript 7, strict", () => {
    const config = {
      compilerOptions: {
        target: "es2022",
        module: "esnext",
        moduleResolution: "bundler",
        strict: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        skipLibCheck: true,
        types: ["node"],
        typeRoots: [join(root, "node_modules", "@types")],
        paths: { lamella: [declarations] },
      },
      files,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", join(folder, "tsconfig.json")],
      { encoding: "utf8" },
    );
    expect(stdout).toBe("");
  });

  test("under tslab's compiler", () => {
    const require = createRequire(join(root, "node_modules", "tslab", "package.json"));
    const ts = require("@tslab/typescript-for-tslab") as {
      createProgram(files: string[], options: object): object;
      getPreEmitDiagnostics(program: object): { messageText: unknown; file?: { fileName: string }; start?: number }[];
      flattenDiagnosticMessageText(text: unknown, newLine: string): string;
    };
    const program = ts.createProgram(files, {
      target: 9,
      module: 99,
      moduleResolution: 2,
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
      lib: ["lib.es2022.d.ts"],
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
      baseUrl: folder,
      paths: { lamella: [declarations] },
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((one) => `${one.file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`);
    expect(problems).toEqual([]);
  });
});
