import { describe, expect, test } from "vitest";
import { formatNotebook, parseNotebook } from "../../kernel/run/index.js";
import { parseParameter, undeclared, withParameters } from "../../kernel/run/parameters.js";

const code = (source: string | string[], parts: object = {}): object => ({
  cell_type: "code",
  metadata: {},
  execution_count: null,
  outputs: [],
  source,
  ...parts,
});
const file = (cells: object[], parts: object = {}): string =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells, ...parts });

test("read and written again, a notebook keeps everything", () => {
  const text = file(
    [
      {
        cell_type: "markdown",
        id: "intro",
        metadata: {},
        source: ["# Title\n", "![a](attachment:a.png)"],
        attachments: { "a.png": { "image/png": "aGk=" } },
      },
      code("1 + 1", {
        id: "sum",
        metadata: { tags: ["x"], collapsed: false },
        execution_count: 3,
        outputs: [
          { output_type: "stream", name: "stdout", text: ["a\n", "b"] },
          {
            output_type: "execute_result",
            execution_count: 3,
            metadata: {},
            data: { "text/plain": ["2"], "application/json": { a: [1, 2] }, "image/png": "aGk=" },
          },
          { output_type: "error", ename: "TypeError", evalue: "no", traceback: ["TypeError: no"] },
        ],
      }),
      { cell_type: "raw", id: "raw", metadata: { format: "text/latex" }, source: "\\x" },
    ],
    { metadata: { kernelspec: { name: "lamella", display_name: "Lamella" } } },
  );
  const written = formatNotebook(parseNotebook(text, "a.ipynb"));
  expect(formatNotebook(parseNotebook(written, "a.ipynb"))).toBe(written);
  const cells = (JSON.parse(written) as { cells: Record<string, unknown>[] }).cells;
  expect(cells[0]).toEqual({
    cell_type: "markdown",
    id: "intro",
    metadata: {},
    source: ["# Title\n", "![a](attachment:a.png)"],
    attachments: { "a.png": { "image/png": "aGk=" } },
  });
  expect(cells[1]).toEqual({
    cell_type: "code",
    id: "sum",
    metadata: { tags: ["x"], collapsed: false },
    source: ["1 + 1"],
    execution_count: 3,
    outputs: [
      { output_type: "stream", name: "stdout", text: ["a\n", "b"] },
      {
        output_type: "execute_result",
        execution_count: 3,
        metadata: {},
        data: { "text/plain": ["2"], "application/json": { a: [1, 2] }, "image/png": "aGk=" },
      },
      { output_type: "error", ename: "TypeError", evalue: "no", traceback: ["TypeError: no"] },
    ],
  });
  expect(written.startsWith('{\n "cells": [\n  {\n   "attachments"')).toBe(true);
  expect(written.endsWith("}\n")).toBe(true);
});

test("cells of formats before 4.5 get ids from their place", () => {
  const notebook = parseNotebook(file([code("1"), { ...code("2"), id: "cell-3" }, code("3"), code("4")], { nbformat_minor: 2 }), "a.ipynb");
  expect(notebook.cells.map(({ id }) => id)).toEqual(["cell-1", "cell-3", "cell-7", "cell-4"]);
  expect(JSON.parse(formatNotebook(notebook))).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
});

describe("files that are no notebooks", () => {
  test.each([
    ["", "a.ipynb is no notebook that can be run: the file is empty"],
    ["{", /^a\.ipynb is no notebook that can be run: it is not JSON \(/],
    ["[]", "a.ipynb is no notebook that can be run: a notebook is a JSON object"],
    ["{}", "a.ipynb is no notebook that can be run: it has no `nbformat`"],
    [
      file([], { nbformat: 3 }),
      "a.ipynb is no notebook that can be run: it is of format 3, and format 4 is read here; `jupyter nbconvert --to notebook --nbformat 4 a.ipynb` converts it",
    ],
    [file([], { cells: {} }), "a.ipynb is no notebook that can be run: `cells` is not a list"],
    [
      file([{ ...code("1"), cell_type: "heading" }]),
      'a.ipynb is no notebook that can be run: cell 1 has the cell_type "heading", which is none of code, markdown and raw',
    ],
    [
      file([code("1"), { ...code("1"), source: 1 }]),
      "a.ipynb is no notebook that can be run: the source of cell 2 is neither a text nor a list of texts",
    ],
    [
      file([{ ...code("1"), id: "a b" }]),
      'a.ipynb is no notebook that can be run: the id of cell 1 is "a b"; ids are 1 to 64 letters, digits, - and _',
    ],
    [
      file([
        { ...code("1"), id: "a" },
        { ...code("1"), id: "a" },
      ]),
      'a.ipynb is no notebook that can be run: the id of cell 2, "a", is that of an earlier cell too',
    ],
  ])("%s", (text, message) => {
    expect(() => parseNotebook(text, "a.ipynb")).toThrow(message);
  });
});

describe("parameters", () => {
  test.each([
    ["lr=0.1", { name: "lr", value: 0.1 }],
    ["name=abc", { name: "name", value: "abc" }],
    ['text="1"', { name: "text", value: "1" }],
    ["hidden=[128, 64]", { name: "hidden", value: [128, 64] }],
    ["on=true", { name: "on", value: true }],
    ["path=a=b", { name: "path", value: "a=b" }],
    ["empty=", { name: "empty", value: "" }],
  ])("-p %s", (text, expected) => {
    expect(parseParameter(text)).toEqual(expected);
  });

  test.each([
    ["lr", '-p takes name=value, for example -p lr=0.1, but "lr" arrived'],
    ["1x=2", '-p 1x=2: "1x" is not a name a variable can have'],
    ["a;b=2", '-p a;b=2: "a;b" is not a name a variable can have'],
  ])("-p %s is refused", (text, message) => {
    expect(() => parseParameter(text)).toThrow(message);
  });

  const tagged = file([code("intro"), code("let lr = 0.01\nconst width = 64", { metadata: { tags: ["parameters"] } }), code("rest")]);

  test("a cell is put in after the tagged one, and replaces an earlier one", () => {
    const parameters = [parseParameter("lr=0.1"), parseParameter("name=it's")];
    const once = withParameters(parseNotebook(tagged, "a.ipynb"), parameters);
    expect(once.cells.map(({ id }) => id)).toEqual(["cell-1", "cell-2", "injected-parameters", "cell-3"]);
    expect(once.cells[2]?.source).toBe(`// Parameters\nlet lr = 0.1;\nlet name = "it's";`);
    expect(once.cells[2]?.metadata).toEqual({ tags: ["injected-parameters"] });
    expect(withParameters(once, parameters)).toEqual(once);
  });

  test("what JSON and TypeScript read differently is written for TypeScript", () => {
    const parameter = parseParameter('odd={"__proto__":[1,"two\u2028lines"],"b":null}');
    const { cells } = withParameters(parseNotebook(file([code("1")]), "a.ipynb"), [parameter]);
    expect(cells[0]?.source).toBe('// Parameters\nlet odd = {["__proto__"]:[1,"two\\u2028lines"],"b":null};');
  });

  test("without a tagged cell it stands first", () => {
    expect(withParameters(parseNotebook(file([code("1")]), "a.ipynb"), [parseParameter("a=1")]).cells[0]?.id).toBe("injected-parameters");
  });

  test("a name the tagged cell does not declare is told", () => {
    const together = code("let a = 1, b: number[] = [2]", { metadata: { tags: ["parameters"] } });
    expect(undeclared(parseNotebook(file([together]), "a.ipynb"), ["a=1", "b=2", "c=3"].map(parseParameter))).toEqual(["c"]);
    expect(undeclared(parseNotebook(tagged, "a.ipynb"), ["lr=1", "width=2", "rl=1"].map(parseParameter))).toEqual(["rl"]);
  });
});
