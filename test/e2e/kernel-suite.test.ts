import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jupyterHome, root, runProgram, type JupyterHome } from "./jupyter.js";

let home: JupyterHome;

beforeAll(async () => {
  home = await jupyterHome();
});

afterAll(() => home?.dispose());

it("passes the Jupyter project's kernel suite, skipping nothing but the pager", async () => {
  const { code, output } = await runProgram("/usr/bin/python3", [join(root, "test", "e2e", "kernel_test.py"), "-v"], { env: home.env });
  expect(code, output).toBe(0);
  expect(output).toMatch(/Ran \d\d tests/);
  const skipped = [...output.matchAll(/^(test_\w+) .*skipped/gm)].map((match) => match[1]);
  expect(skipped.filter((name) => name !== "test_pager")).toEqual([]);
});

it("parses, checks and answers 60 s of damaged programs without an exception of its own", async () => {
  const { code, output } = await runProgram(process.execPath, [join(root, "test", "e2e", "fuzz-grammar.mjs")]);
  expect(code, output).toBe(0);
});
