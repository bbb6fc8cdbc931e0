import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CellCompiler } from "../../kernel/cells/cell-compiler.js";
import { inspectionHtml } from "../../kernel/cells/inspection-html.js";
import type { CompletionMatch } from "../../kernel/cells/messages.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-editing-"));
let compiler: CellCompiler;
beforeAll(async () => {
  compiler = await CellCompiler.create(folder);
  compile("/** Twice as much, see {@link Math.abs}. */\nfunction double(n: number): number { return 2 * n; }\nconst word = '😀';");
  compile("import { readFileSync } from 'node:fs'; class Mine {\n  /** Its own. */\n  own = 1; }");
  compile("net Small(x: 4) {\n  h: dense 3\n  dense 2\n}\n");
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(source: string): void {
  expect(compiler.compile({ source, title: "cell 1", allowShell: false, expression: false }).kind).toBe("script");
}

/** `|` is where the cursor stands. */
function complete(marked: string): { replaced: string; matches: readonly CompletionMatch[] } {
  const offset = marked.indexOf("|");
  const source = marked.slice(0, offset) + marked.slice(offset + 1);
  const { start, end, matches } = compiler.complete({ source, offset });
  return { replaced: source.slice(start, end), matches };
}

describe("completion", () => {
  it.each([
    [
      "doub|",
      "doub",
      { text: "double", type: "function", signature: "(n: number): number", documentation: "Twice as much, see Math.abs." },
    ],
    ["word.toUpperC|", "toUpperC", { type: "method", signature: "(): string" }],
    ["'😀😀';\r\n// 雪\r\nMath.max|", "max", { text: "max", type: "method", signature: "(...values: number[]): number" }],
    ["new Mine().o|", "o", { text: "own", type: "property", signature: "number", documentation: "Its own." }],
    ["readFileS|", "readFileS", { text: "readFileSync", type: "function" }],
    ["tensorV|", "tensorV", { text: "tensorView", type: "function", signature: "(value: Tensor, options?: ViewOptions): MimeBundle" }],
    ["const s = '😀';\r\nnet|", "net", {}],
    ["%%la|", "%%la", { text: "%%layers", type: "magic" }],
    ["let x = 1;\n  %ti|", "%ti", { text: "%time", type: "magic", signature: "EXPRESSION" }],
    ["// 😀\r\nnet N(x: 28x28x1) {\r\n  // 😀😀\r\n  conv 3, 5x5, pa|\r\n}", "pa", { text: "pad=", type: "option" }],
    ["net N(x: 4) {\r\n  '😀' den|", "den", {}],
    ["%%layers\r\n// 😀\r\nnet N(x: 4) { den|", "den", { text: "dense", type: "layer" }],
  ])("%j", (marked, replaced, first) => {
    const found = complete(marked);
    expect(found.replaced).toBe(replaced);
    if (Object.keys(first).length > 0) expect(found.matches[0]).toMatchObject(first);
  });

  it.each([
    ["net N(x: 28x28x1) {\n  con|\n}", "conv", /^conv: A convolution[^]*- filters integer, required[^]*conv 96, 11x11/],
    ["net N(x: 28x28x1) {\n  conv 6, 5x5, init=he|\n}", "he", /^he \(initialiser\): /],
    ["train Small on digits {\n  opti|\n}", "optimizer", /^optimizer: /],
    ["train Small on digits {\n  optimizer ada|\n}", "adam", /^adam \(optimizer\): /],
  ])("of the layer language is documented: %j", (marked, name, documentation) => {
    expect(complete(marked).matches.find(({ text }) => text === name)?.documentation).toMatch(documentation);
  });

  it("documentation stands in files that the compiler was given without it", () => {
    expect(complete("readFileS|").matches[0]?.documentation).toContain("Returns the contents of the `path`.");
    expect(complete("Math.cosh|").matches[0]?.documentation).toContain("Returns the hyperbolic cosine of a number.");
    expect(complete("tensorV|").matches[0]?.documentation).toContain("A tensor as what it most likely is");
  });

  it("a net's own members come before what every function has", () => {
    const names = complete("Small.|").matches.map(({ text }) => text);
    expect(names).toContain("predict");
    expect(names).toContain("bind");
    for (const common of ["apply", "bind", "call"]) expect(names.indexOf(common)).toBeGreaterThan(names.indexOf("predict"));
  });

  it("a net shows what it is for, not what it is built with", () => {
    const names = complete("Small.|").matches.map(({ text }) => text);
    const shown = ["h", "initialize", "parameterCount", "parameters", "predict", "rows", "taps", "typescript", "with"];
    expect(names).toEqual(expect.arrayContaining(shown));
    for (const hidden of ["built", "called", "entryAt", "inputValues", "outputValues", "rowText", "uses", "valueOfTap", "variableAt"])
      expect(names).not.toContain(hidden);
  });

  it("no file of this machine stands in a signature", () => {
    for (const { signature } of complete("Small.|").matches) expect(signature).not.toContain("import(");
  });
});

describe("inspection", () => {
  it.each([
    ["double|(3)", "function double(n: number): number\n\nTwice as much, see Math.abs."],
    ["'😀😀';\r\nJSON.par|se", "Converts a JavaScript Object Notation (JSON) string into an object."],
    ["readFileSync|", "function readFileSync(path: PathOrFileDescriptor"],
    ["'😀';\r\ntens|or", "function tensor(values: NestedNumbers | TypedArray"],
    ["// 😀\r\nnet N(x: 28x28x1) {\r\n  con|v 3, 5x5\r\n}", "A convolution: each filter slides over the flow"],
  ])("%j", (marked, text) => {
    const offset = marked.indexOf("|");
    const found = compiler.inspect({ source: marked.slice(0, offset) + marked.slice(offset + 1), offset });
    expect(found?.data["text/plain"]).toContain(text);
    expect(found?.data["text/plain"]).not.toMatch(/\(alias\)|\{@link|import\(/);
  });

  it("a doc comment's tags are a list", () => {
    expect(
      inspectionHtml(
        "f<T>(x: T): T",
        "Gives <x>.\nAnd more.\n\nLast.\n@template T any\n@param x - what\ncomes\n@throws {Error} never\n@returns it",
      ),
    ).toBe(
      "<pre>f&lt;T&gt;(x: T): T</pre><p>Gives &lt;x&gt;.\nAnd more.</p><p>Last.</p><ul><li>template <code>T</code> any</li>" +
        "<li><code>x</code> what\ncomes</li><li>throws <code>{Error}</code> never</li><li>returns it</li></ul>",
    );
    expect(inspectionHtml("f", "@deprecated\n@example\n```ts\nf(1)\n```\n@throws when it rains")).toBe(
      "<pre>f</pre><ul><li>deprecated</li><li>example<pre>f(1)</pre></li><li>throws when it rains</li></ul>",
    );
    const found = compiler.inspect({ source: "'abc'.charAt", offset: 10 });
    expect(found?.data["text/html"]).toMatch(/<\/p><ul><li><code>pos<\/code> The zero-based index/);
  });

  it("plain text has no markup of Markdown's: Notebook 6 shows it as it is", () => {
    const found = compiler.inspect({ source: "net N(x: 28x28x1) {\n  conv 3, 5x5\n}", offset: 24 });
    expect(found?.data["text/plain"]).toMatch(/^conv: A convolution/);
    expect(found?.data["text/plain"]).not.toMatch(/\*\*|`/);
    expect(found?.data["text/markdown"]).toContain("**conv**");
  });
});
