import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatSource } from "../../dsl/format.js";
import { parseCell } from "../../dsl/parse.js";

const programs = ["./programs/", "../../std/zoo/networks/"].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url)).map((file) => ({
    file,
    source: readFileSync(new URL(folder + file, import.meta.url), "utf8"),
  })),
);

/** The tree without its places: what the cell means. */
function meaning(source: string): unknown {
  const { cell, diagnostics } = parseCell(source);
  expect(diagnostics).toEqual([]);
  return JSON.parse(JSON.stringify(cell, (key, value: unknown) => (key === "span" ? undefined : value)));
}

function comments(source: string): string[] {
  return [...source.matchAll(/\/\/.*$/gm)].map(([text]) => text.trimEnd());
}

describe.each(programs)("$file", ({ source }) => {
  const formatted = formatSource(source);

  test("means the same", () => expect(meaning(formatted)).toEqual(meaning(source)));
  test("is formatted once and for all", () => expect(formatSource(formatted)).toBe(formatted));
  test("keeps its comments", () => expect(comments(formatted)).toEqual(comments(source)));
});

describe("the form", () => {
  test.each([
    {
      name: "bars, claims and comments in columns",
      given:
        "net A(image:28x28x1){\nc1:conv 6,5x5,pad=2|tanh->28x28x6// first\ns2: avgpool 2x2 -> 14x14x6 // second\n  flatten\nf5: dense 120|tanh\n}",
      wanted: [
        "net A(image: 28x28x1) {",
        "  c1: conv 6, 5x5, pad=2 | tanh   -> 28x28x6   // first",
        "  s2: avgpool 2x2                 -> 14x14x6   // second",
        "  flatten",
        "  f5: dense 120          | tanh",
        "}",
        "",
      ].join("\n"),
    },
    {
      name: "keys of train in a column",
      given: "train A on mnist {\n loss crossentropy\n optimizer sgd( lr = 0.1 )\n batch    64\n}",
      wanted: "train A on mnist {\n  loss      crossentropy\n  optimizer sgd(lr=0.1)\n  batch     64\n}\n",
    },
    {
      name: "operators",
      given: "let a=2*c+1\nlet b = [1,2 ,3]\nlet c = x[ 0 ]",
      wanted: "let a = 2*c + 1\nlet b = [1, 2, 3]\nlet c = x[0]\n",
    },
    { name: "what cannot be read stays", given: "net A(  {", wanted: "net A(  {" },
  ])("$name", ({ given, wanted }) => expect(formatSource(given)).toBe(wanted));
});
