import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession, type NotebookSession } from "../../kernel/session/index.js";

const folder = mkdtempSync(join(tmpdir(), "lamella-tracebacks-"));
let session: NotebookSession;
beforeAll(async () => {
  session = createSession({ directory: folder });
  const source =
    "async function inner(n: number) {\n  await new Promise((r) => setTimeout(r, 5));\n  throw new Error('deep ' + n);\n}\n" +
    "async function outer() {\n  await inner(3);\n}";
  await session.execute(source, { cellNumber: 1, onOutput: () => {} });
}, 60_000);
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

async function traceback(code: string): Promise<readonly string[]> {
  const result = await session.execute(code, { cellNumber: 2, onOutput: () => {} });
  return result.status === "ok" ? ["it ran"] : result.error.traceback;
}

describe("tracebacks", () => {
  it("lead through the async functions of earlier cells to the cell that awaits them", async () => {
    expect(await traceback("const first = 1;\nawait outer()")).toEqual([
      "Error: deep 3",
      "  at inner (Cell 1, line 3, column 9)",
      "      throw new Error('deep ' + n);",
      "            ^",
      "  at Cell 1, line 6, column 3",
      "      await inner(3);",
      "      ^",
      "  at Cell 2, line 2, column 1",
      "    await outer()",
      "    ^",
    ]);
  });

  it("say where an error of the system was awaited, which has no place of its own", async () => {
    expect(await traceback("import { readFile } from 'node:fs/promises';\nawait readFile('not there')")).toEqual([
      "Error: ENOENT: no such file or directory, open 'not there'",
      "  at Cell 2, line 2, column 1",
      "    await readFile('not there')",
      "    ^",
    ]);
  });

  it("show the errors that one gathers, and causes, each once", async () => {
    const lines = await traceback(
      "const one = new TypeError('one', { cause: 'why' });\nthrow new AggregateError([one, 'two'], 'several', { cause: one })",
    );
    expect(lines.filter((line) => !line.startsWith(" "))).toEqual([
      "AggregateError: several",
      "error 1 of 2: TypeError: one",
      "caused by Thrown: why",
      "error 2 of 2: Thrown: two",
    ]);
    expect(await traceback("const circle: any = new Error('round'); circle.cause = circle; throw circle")).toHaveLength(4);
  });

  it.each([
    ["throw 'text'", "Thrown: text"],
    ["throw { code: 3 }", "Thrown: { code: 3 }"],
    ["throw null", "Thrown: null"],
    ["throw undefined", "Thrown: undefined"],
    ["throw 42n", "Thrown: 42n"],
    ["const round: any = {}; round.self = round; throw round", "Thrown: <ref *1> { self: [Circular *1] }"],
    ["class Silent extends Error { get message(): string { throw 1; } }\nthrow new Silent()", "Error: (its message cannot be read)"],
    [
      "throw new Proxy({}, { getPrototypeOf() { throw new Error('trap'); } })",
      "Thrown: something was thrown that throws when it is looked at: trap",
    ],
  ])("%s", async (code, first) => {
    expect((await traceback(code))[0]).toBe(first);
  });

  it("a cell that ends too early is pointed at where it ends, and is told of its syntax only", async () => {
    expect(await traceback("function f( {\n")).toEqual([
      "Cell 2, line 1, column 14: ':' expected. (TS1005)",
      "    function f( {",
      "                 ^",
      "Cell 2, line 1, column 14: '}' expected. (TS1005)",
      "    function f( {",
      "                 ^",
    ]);
  });

  it("a magic that is not there is told with those that are", async () => {
    expect(await traceback("let a = 1;\n  %pip install x")).toEqual([
      "Cell 2, line 2: there is no line magic `%pip`; there are %time, %env, %help; npm packages are installed with `npm install` beside the notebook",
      "      %pip install x",
      "      ^",
    ]);
    expect((await traceback("!ls"))[0]).toContain("`lamella install --allow-shell`");
  });
});
