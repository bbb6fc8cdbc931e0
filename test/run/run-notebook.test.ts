import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatNotebook, parseNotebook, runCommand, runNotebook, type Notebook } from "../../kernel/run/index.js";
import { VmSession } from "./vm-session.js";

function notebookOf(...cells: (string | { source: string; tags?: string[]; type?: "markdown" })[]): Notebook {
  const list = cells.map((cell) => (typeof cell === "string" ? { source: cell } : cell));
  return {
    metadata: {},
    cells: list.map((cell, index) => ({
      type: ("type" in cell ? cell.type : undefined) ?? "code",
      id: `c${index}`,
      source: cell.source,
      metadata: "tags" in cell && cell.tags !== undefined ? { tags: cell.tags } : {},
      outputs: [{ kind: "stream", name: "stdout", text: "from an earlier run" }],
      executionCount: 9,
    })),
  };
}

async function run(notebook: Notebook, options: Partial<Parameters<typeof runNotebook>[1]> = {}) {
  const session = new VmSession();
  const result = await runNotebook(notebook, { directory: ".", openSession: () => session, ...options });
  expect(session.closed).toBe(true);
  return {
    ...result,
    session,
    outputs: result.notebook.cells.map((cell) => cell.outputs),
    counts: result.notebook.cells.map((cell) => cell.executionCount),
  };
}

const text = (data: unknown): string => (data as Record<string, string>)["text/plain"] as string;

describe("outputs are what a front end would hold at the end", () => {
  test("streams of one name are merged, in order", async () => {
    const { outputs } = await run(notebookOf("print('a'); print('b'); warn('c'); print('d')"));
    expect(outputs[0]).toEqual([
      { kind: "stream", name: "stdout", text: "a\nb\n" },
      { kind: "stream", name: "stderr", text: "c\n" },
      { kind: "stream", name: "stdout", text: "d\n" },
    ]);
  });

  test("a display is replaced by its updates, in whichever cell it stands", async () => {
    const { outputs } = await run(
      notebookOf(
        "display('0 %', 'bar'); display('other')",
        "display('50 %', 'bar', true); display('100 %', 'bar', true)",
        "display('x', 'unknown', true)",
      ),
    );
    expect(outputs[0]?.map((output) => output.kind === "display" && text(output.data))).toEqual(["100 %", "other"]);
    expect(outputs[1]).toEqual([]);
    expect(outputs[2]).toEqual([]);
  });

  test("cleared outputs are gone, and do not come back", async () => {
    const { outputs } = await run(
      notebookOf(
        "print('a'); clear(true); print('b')",
        "display('x', 'x'); clear(false)",
        "display('y', 'x', true)",
        "print('kept'); clear(true)",
      ),
    );
    expect(outputs[0]).toEqual([{ kind: "stream", name: "stdout", text: "b\n" }]);
    expect(outputs[1]).toEqual([]);
    expect(outputs[3]).toEqual([{ kind: "stream", name: "stdout", text: "kept\n" }]);
  });

  test("results are numbered with their cell; progress is not written", async () => {
    const { outputs, counts } = await run(notebookOf({ source: "# text", type: "markdown" }, "1", " \n", "progress('epoch 1/3'); 2"));
    expect(counts).toEqual([9, 1, null, 2]);
    expect(outputs[3]).toEqual([{ kind: "result", data: { "text/plain": "2" }, metadata: {}, executionCount: 2 }]);
  });
});

describe("a cell that fails", () => {
  test("ends the run, and what did not run shows nothing of an earlier one", async () => {
    const { outputs, counts, failures, notRun } = await run(notebookOf("1", "throw new TypeError('no')", "3"));
    expect(failures).toEqual([{ cell: 2, error: { name: "TypeError", message: "no", traceback: ["TypeError: no"] } }]);
    expect(notRun).toBe(1);
    expect(outputs[1]).toEqual([{ kind: "error", name: "TypeError", value: "no", traceback: ["TypeError: no"] }]);
    expect(outputs[2]).toEqual([]);
    expect(counts).toEqual([1, 2, null]);
  });

  test("does not end it with allowErrors", async () => {
    const { failures, notRun, counts } = await run(notebookOf("throw new Error('1')", "2", "throw new Error('3')"), { allowErrors: true });
    expect(failures.map(({ cell }) => cell)).toEqual([1, 3]);
    expect([notRun, counts]).toEqual([0, [1, 2, 3]]);
  });

  test("may be expected to", async () => {
    const { failures, counts } = await run(notebookOf({ source: "throw new Error('shown')", tags: ["raises-exception"] }, "2"));
    expect([failures, counts]).toEqual([[], [1, 2]]);
  });

  test("a skipped cell keeps what it had", async () => {
    const { outputs, session } = await run(notebookOf({ source: "1", tags: ["skip-execution"] }, "2"));
    expect(session.executed).toEqual(["2"]);
    expect(outputs[0]).toHaveLength(1);
  });
});

test("a cell that runs too long is interrupted and says so", async () => {
  const { failures, outputs } = await run(notebookOf("forever()", "2"), { timeout: 0.05 });
  expect(failures[0]?.error.message).toBe("the cell ran longer than 0.05 s; --timeout gives it more");
  expect(outputs[0]?.map(({ kind }) => kind)).toEqual(["error"]);
  expect(outputs[0]?.[0]).toMatchObject({ name: "CellTimeout" });
});

test("Ctrl-C ends the running cell and writes what there is", async () => {
  const controller = new AbortController();
  const { aborted, notRun, counts } = await run(notebookOf("1", "forever()", "3"), {
    signal: controller.signal,
    onCellStart: (cell) => {
      if (cell.source === "forever()") setTimeout(() => controller.abort(), 10);
    },
  });
  expect([aborted, notRun, counts]).toEqual([true, 1, [1, 2, null]]);
});

describe("the command", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lamella run "));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function command(...args: string[]) {
    let out = "";
    let err = "";
    const code = await runCommand([...args, "--output", join(folder, "output")], {
      out: { write: (part) => (out += part) },
      err: { write: (part) => (err += part) },
      openSession: () => new VmSession(),
    });
    return { code, out, err };
  }

  test("writes the executed notebook and the page, the same at every run", async () => {
    const path = join(folder, "hello.ipynb");
    writeFileSync(path, formatNotebook(notebookOf({ source: "# Hello", type: "markdown" }, "print('hi'); 1 + 1")));
    const first = await command(path);
    expect(first.code).toBe(0);
    expect(
      first.out
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*[\\/]/, "")),
    ).toEqual(["hello.ipynb", "hello.html"]);
    expect(first.err).toMatch(/^\[1\/1\] print\('hi'\); 1 \+ 1 {2}0\.\d s\nThe executed notebook, and a page that any browser opens:\n$/);
    const read = (name: string): string => readFileSync(join(folder, "output", name), "utf8");
    const [notebook, page] = [read("hello.ipynb"), read("hello.html")];
    expect(notebook).not.toContain(folder);
    expect(parseNotebook(notebook, "x").cells[1]?.outputs).toHaveLength(2);
    expect(page).toContain("<title>Hello</title>");
    await command(path);
    expect([read("hello.ipynb"), read("hello.html")]).toEqual([notebook, page]);
  });

  test("a failing cell is shown, and the files are written all the same", async () => {
    const path = join(folder, "broken.ipynb");
    writeFileSync(path, formatNotebook(notebookOf("1", "throw new TypeError('no')", "3")));
    const { code, err, out } = await command(path, "--no-html");
    expect(code).toBe(1);
    expect(err).toContain("TypeError: no\n1 cell failed, 1 not run\n");
    expect(out).toMatch(/broken\.ipynb\n$/);
    expect(out).not.toContain(".html");
    expect((await command(path, "--allow-errors")).code).toBe(1);
  });

  test("parameters", async () => {
    const path = join(folder, "p.ipynb");
    writeFileSync(path, formatNotebook(notebookOf({ source: "let lr = 0.01", tags: ["parameters"] }, "1")));
    const { code, err } = await command(path, "-p", "lr=0.5", "-p", "rl=1");
    expect(code).toBe(0);
    expect(err).toContain("-p rl: the cell tagged `parameters` declares no rl; it is set all the same\n");
    expect(readFileSync(join(folder, "output", "p.ipynb"), "utf8")).toContain('"let lr = 0.5;\\n"');
  });

  test.each([
    [[], "which notebook? Give the path of an .ipynb file"],
    [["missing.ipynb"], "there is no file missing.ipynb"],
    [["a.ipynb", "--timeout", "soon"], '--timeout takes seconds, but "soon" arrived'],
    [["a.ipynb", "-p", "lr"], '-p takes name=value, for example -p lr=0.1, but "lr" arrived'],
    [["a.ipynb", "--fast"], "Unknown option '--fast'"],
  ])("%j is refused", async (args, message) => {
    const { code, err } = await command(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test("a folder that cannot be made is told before anything runs", async () => {
    writeFileSync(join(folder, "x.ipynb"), formatNotebook(notebookOf("1")));
    let err = "";
    const code = await runCommand([join(folder, "x.ipynb"), "--output", join(folder, "x.ipynb", "y")], {
      out: { write: () => 0 },
      err: { write: (part) => (err += part) },
      openSession: () => expect.unreachable("nothing may run"),
    });
    expect([code, err]).toEqual([2, expect.stringMatching(/^E(?:NOTDIR|EXIST|NOENT): /)]);
  });

  test("a notebook is never written over by its own run", async () => {
    writeFileSync(join(folder, "x.ipynb"), formatNotebook(notebookOf("1")));
    const { code, err } = await command(join(folder, "x.ipynb"), "--output", folder).then(async () => {
      let text = "";
      const result = await runCommand([join(folder, "x.ipynb"), "--output", folder], {
        out: { write: () => 0 },
        err: { write: (part) => (text += part) },
        openSession: () => new VmSession(),
      });
      return { code: result, err: text };
    });
    expect(code).toBe(2);
    expect(err).toMatch(/x\.ipynb would be written over by its own run; give another folder with --output\n$/);
  });
});
