import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CellCompiler } from "../../kernel/cells/cell-compiler.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-types-"));
let compiler: CellCompiler;
beforeAll(async () => {
  compiler = await CellCompiler.create(folder);
  run("const x = tensor([[1, 2], [3, 4]]);");
  run("net Small(x: 4) {\n  h: dense 3\n  dense 2\n}\n");
  run("net Attending(x: 5x8) {\n  a: attention heads=2\n  flatten | dense 3\n}\n");
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The error's message, or undefined. */
function run(source: string): string | undefined {
  const cell = compiler.compile({ source, title: "cell 1", allowShell: false, expression: false });
  return cell.kind === "failed" ? cell.error.message : undefined;
}

describe("the types of the library in a cell", () => {
  it.each([
    ["x.shape", undefined],
    ["x.nope", "Property 'nope' does not exist on type 'Tensor'."],
    ["const a: number = x;", "Type 'Tensor' is not assignable to type 'number'."],
    ["matmul(x, 'two')", "not assignable to parameter of type 'Tensor'"],
    ["const t: Tensor = await input('?');", "Type 'string' is not assignable to type 'Tensor'."],
    ["fit(1)", "Expected"],
    ["isFinite(x).shape", undefined],
    ["class Mine extends LamellaError {}", undefined],
    ["import { gzipSync } from 'node:zlib'; const packed: number = gzipSync('x');", "is not assignable to type 'number'"],
    ["const { connect } = await import('http2'); const session: string = connect('http://x');", "'ClientHttp2Session' is not assignable"],
    [
      "type Inspected = import('inspector').Session; let inspected: Inspected; inspected!.nope",
      "Property 'nope' does not exist on type 'Session'",
    ],
    ["import { cpus } from 'node:nothing'", "Cannot find module 'node:nothing'"],
    ["import { tensor as again } from 'lamella'; const same: typeof x = again([1]);", undefined],
    ["import { tensor as again } from 'lamella'; again(1, 2, 3)", "Expected 1-2 arguments, but got 3."],
    ["const n: number = Small;", "is not assignable to type 'number'"],
    ["Small.tap('h', 1)", "Argument of type 'number' is not assignable to parameter of type 'Tensor'."],
    ["layers.conv(6, [5, 5], { pad: 'same' }).rowText", undefined],
    ["const y: Tensor = layers.softmax(x);", undefined],
    ["layers.conv(6, [5, 5], { pading: 2 })", "'{ pading: number; }' is not assignable to parameter of type 'ConvOptions'."],
    ["const looks: Tensor = Attending.a.attention.value(x);", undefined],
    ["Attending.taps.a.attention.name.toUpperCase()", undefined],
    ["Attending.a.atention", "Property 'atention' does not exist"],
    ["layers.conv(6)", "`conv` needs filters and size, but one value arrived; by name: `conv({ filters: …, size: … })`"],
    ["layers.conv({ filters: 6 })", "`conv` needs size, which is not given; by name: `conv({ size: … })`"],
    ["layers.conv(6, { stride: 2 })", "`conv` needs size, which is not given"],
    ["layers.conv({})", "`conv` needs filters and size, which are not given"],
    ["layers.dense('ten')", "Argument of type 'string' is not assignable to parameter of type 'number'."],
    ["layers.convolution(6)", "Property 'convolution' does not exist"],
    ["const slope: Tensor = grad((w: Tensor) => sum(square(w)))(x);", undefined],
    ["const [loss, slopes] = valueAndGrad((a: Tensor, b: Tensor) => sum(mul(a, b)))(x, x); slopes[0]?.shape", undefined],
    ["grad((a: Tensor) => sum(a))(x, x)", "Expected 1 arguments, but got 2."],
    ["compile((a: Tensor) => a.mul(2))(x).shape", undefined],
    ["trace((a) => a.mul(2), [x]).nodes.length", undefined],
    ["checkGradients((a) => sum(a), [x]);", undefined],
    ["Small.taps.h.nope", "Property 'nope' does not exist"],
  ])("%s", (source, message) => {
    if (message === undefined) expect(run(source)).toBeUndefined();
    else expect(run(source)).toContain(message);
  });

  it("a cell's own name goes before the library's, and a restart of the session gives that back", () => {
    expect(run("let tokens = 3; tokens.toFixed()")).toBeUndefined();
    expect(run("tokens.toFixed()")).toBeUndefined();
    compiler.reset();
    expect(run("tokens.toFixed()")).toContain("'toFixed' does not exist");
  });

  it("hovering a layer gives what it does, and its options what they mean", () => {
    expect(compiler.inspect({ source: "layers.conv(6, 5)", offset: 9 })?.data["text/plain"]).toContain("each filter slides over the flow");
    expect(compiler.inspect({ source: "layers.conv(6, 5, { stride: 2 })", offset: 21 })?.data["text/plain"]).toContain(
      "How far the window moves each time.",
    );
  });

  it("hovering gives the library's documentation", () => {
    expect(compiler.inspect({ source: "tensor", offset: 3 })?.data["text/plain"]).toContain("A tensor from nested lists.");
  });
});

it("process.getBuiltinModule gives the types of any module", () => {
  expect(run("const cores: string = process.getBuiltinModule('node:os').cpus().length")).toContain("Type 'number' is not assignable");
  expect(run("process.getBuiltinModule('zlib').gzipSync('x').length; tensor([1]).shape")).toBeUndefined();
});
