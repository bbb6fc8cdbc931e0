import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KernelClient } from "../kernel/client.js";
import { root } from "./jupyter.js";

// papermill itself is not in Debian; what its translator calls needs Python alone.

/** Evaluates an expression of Python in the module that papermill's translator calls; `given` is what it calls `given`. */
function python(expression: string, given: unknown): unknown {
  const script = [
    "import json, sys",
    "from lamella_parameters import *",
    "given = json.load(sys.stdin)",
    `print(json.dumps(${expression}))`,
  ].join("\n");
  const ran = spawnSync("/usr/bin/python3", ["-B", "-c", script], {
    input: JSON.stringify(given),
    env: { ...process.env, PYTHONPATH: join(root, "kernel", "papermill"), PYTHONIOENCODING: "utf-8" },
    encoding: "utf8",
  });
  expect(ran.stderr).toBe("");
  return JSON.parse(ran.stdout);
}

describe("the literal of a parameter", () => {
  let client: KernelClient;
  beforeAll(async () => void (client = await KernelClient.start()));
  afterAll(() => client?.stop());

  const values: readonly unknown[] = [
    0.1,
    -7,
    1e-20,
    1e30,
    9007199254740991,
    true,
    false,
    null,
    "",
    "it's",
    "q\"'`${1}` </script><!-- \\ \\n // */",
    "two\nlines\r\twith tabs, \u2028 and \u0000",
    "ü 层 😀",
    [],
    [1, [2, [null, [true, "x"]]]],
    {},
    { a: { "b c": [{ "k'\"`": 1 }] }, 1: "one", "": 0, constructor: 2 },
  ];

  it.each(values)("%j arrives in a cell as it is", async (value) => {
    const { stdout, reply } = await client.execute(
      `let given = ${String(python("literal(given)", value))};\nconsole.log(JSON.stringify(given))`,
    );
    expect(reply).toMatchObject({ status: "ok" });
    expect(JSON.parse(stdout)).toEqual(value);
  });

  it("numbers that JSON does not have arrive as numbers", async () => {
    const literal = python("literal([float('nan'), float('inf'), -float('inf'), -0.0, {'in': float('nan')}])", null);
    const { stdout } = await client.execute(`console.log(${String(literal)})`);
    expect(stdout).toBe("[ NaN, Infinity, -Infinity, -0, { in: NaN } ]\n");
  });

  it("a key named __proto__ is a key", async () => {
    const literal = python("literal({'__proto__': {'x': 1}})", null);
    const { stdout } = await client.execute(
      `let odd = ${String(literal)};\nconsole.log(Object.keys(odd), Object.getPrototypeOf(odd) === Object.prototype)`,
    );
    expect(stdout).toBe("[ '__proto__' ] true\n");
  });

  it("keeps the types", async () => {
    const { reply } = await client.execute(
      `let rate = ${String(python("literal(given)", 0.5))};\nlet units = ${String(python("literal(given)", [8, 16]))};\n` +
        `const typed: { rate: number; units: number[] } = { rate, units }; typed.rate.toFixed(2)`,
    );
    expect(reply).toMatchObject({ status: "ok" });
  });
});

describe("what a cell of parameters declares", () => {
  const declared = (source: string): unknown => python("[list(found) for found in declarations(given)]", source);

  it.each([
    [
      "two on a line",
      "let lr = 0.1; let units = [8];",
      [
        ["lr", "", "0.1", ""],
        ["units", "", "[8]", ""],
      ],
    ],
    [
      "one keyword for two",
      "let a = 1, b = 2 // both",
      [
        ["a", "", "1", ""],
        ["b", "", "2", "both"],
      ],
    ],
    ["types", "const units: number[] = [8]; // how wide", [["units", "number[]", "[8]", "how wide"]]],
    ["a comma in a type", "let m: Map<string, number> = new Map()", [["m", "Map<string, number>", "new Map()", ""]]],
    ["objects", "var e: { a: number; b: 1 } = { a: 1, b: 1 }", [["e", "{ a: number; b: 1 }", "{ a: 1, b: 1 }", ""]]],
    [
      "several lines",
      "let u = [\n  1, // one\n  2,\n]\nlet v = `a;\nb`",
      [
        ["u", "", "[\n  1, // one\n  2,\n]", ""],
        ["v", "", "`a;\nb`", ""],
      ],
    ],
    ["texts that look like code", "let t = 'it\\'s; let x = 3'; /* let z = 1 */", [["t", "", "'it\\'s; let x = 3'", ""]]],
    ["nothing inside of functions", "function f() { let inner = 1; }\nlet ok = x >= 3", [["ok", "", "x >= 3", ""]]],
    ["no patterns, nothing without a value", "let [x, y] = [1, 2];\nlet later: number;\nx == 1", []],
  ])("%s", (_, source, expected) => {
    expect(declared(source)).toEqual(expected);
  });

  it("says which names a variable can have", () => {
    expect(python("[is_name(one) for one in given]", ["lr", "$x", "größe", "learning-rate", "2x", ""])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
