import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KernelClient, sleep } from "../kernel/client.js";
import { command, jupyterHome, openBrowser, root, runProgram, writeNotebook, type JupyterHome } from "./jupyter.js";

interface Output {
  readonly output_type: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly text?: string | string[];
  readonly data?: Record<string, string | string[]>;
}

let home: JupyterHome;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lamella clients ü-"));
  home = await jupyterHome();
});

afterAll(() => {
  home?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const outputsOf = (path: string): Output[][] =>
  (JSON.parse(readFileSync(path, "utf8")) as { cells: { outputs: Output[] }[] }).cells.map(({ outputs }) => outputs);
const textOf = (output: Output | undefined): string => [output?.text ?? output?.data?.["text/plain"] ?? ""].flat().join("");

/** The processes below a process, as Linux lists them. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (command) state parent …": the command may hold spaces and parentheses.
      const [, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      parents.set(Number(name), Number(parent));
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found.slice(1);
}

/** Whether a process runs; one that has ended but that its parent has not asked about does not. */
function runs(pid: number): boolean {
  try {
    return !/^\S+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function stillRunning(pids: readonly number[], seconds: number): Promise<number[]> {
  const deadline = Date.now() + seconds * 1_000;
  while (pids.some(runs) && Date.now() < deadline) await sleep(100);
  return pids.filter(runs);
}

describe("nbconvert", () => {
  const convert = (notebook: string, ...more: string[]): Promise<{ code: number | null; output: string }> =>
    runProgram("/usr/bin/jupyter", ["nbconvert", "--to", "notebook", "--execute", notebook, "--inplace", ...more], { env: home.env });

  it("--allow-errors runs every cell behind one that fails", async () => {
    const cells = [
      "1 + 1",
      "throw new RangeError('first')",
      "2 + 2",
      "let wrong: number = 'text'",
      "net Bad(x: 4) { denze 8 }",
      "process.exit(3)",
      "3 + 3",
    ];
    const notebook = writeNotebook(join(folder, "errors.ipynb"), cells);
    const { code, output } = await convert(notebook, "--allow-errors");
    expect(code, output).toBe(0);
    const outputs = outputsOf(notebook);
    const values = outputs.map((of) => {
      const error = of.find(({ output_type }) => output_type === "error");
      return error === undefined ? textOf(of.find(({ output_type }) => output_type === "execute_result")) : `${error.ename}`;
    });
    expect(values).toEqual([
      "2",
      "RangeError",
      "4",
      expect.stringMatching(/Error/),
      expect.stringMatching(/Error/),
      expect.any(String),
      "6",
    ]);
    expect(outputs[4]?.at(-1)?.evalue).toMatch(/denze/);
    expect(outputs[5]?.at(-1)?.output_type).toBe("error");
  });

  it("without it, stops at the failing cell and exits 1", async () => {
    const notebook = writeNotebook(join(folder, "stops.ipynb"), ["1 + 1", "throw new RangeError('as wished')", "2 + 2"]);
    const { code, output } = await convert(notebook);
    expect(code).toBe(1);
    expect(output).toMatch(/RangeError: as wished/);
  });

  it("exports the TypeScript of a notebook as a script", async () => {
    const notebook = writeNotebook(join(folder, "script.ipynb"), ["const answer: number = 42;", "console.log(answer)"]);
    // Executed and saved, the notebook knows its language's file extension.
    expect((await convert(notebook)).code).toBe(0);
    const { code, output } = await runProgram("/usr/bin/jupyter", ["nbconvert", "--to", "script", notebook], { env: home.env });
    expect(code, output).toBe(0);
    expect(readFileSync(join(folder, "script.ts"), "utf8")).toContain("const answer: number = 42;");
  });

  it("runs a kernel that lies under a path with spaces and letters beyond ASCII", async () => {
    const place = join(folder, "Größe mit Lücke 层");
    mkdirSync(place);
    cpSync(join(root, "dist"), join(place, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(place, "package.json"));
    symlinkSync(join(root, "node_modules"), join(place, "node_modules"), "dir");
    const main = join(place, "dist", "kernel", "cli", "main.js");
    const installed = await runProgram(process.execPath, [main, "install", "--user", "--name", "elsewhere"], { env: home.env });
    expect(installed.code, installed.output).toBe(0);
    const cells = [
      "import { readFileSync } from 'node:fs';\nreadFileSync('grüße.txt', 'utf8')",
      "net N(x: 4) { dense 8 | relu | dense 2 | softmax }\nshow N",
      "net Two(x: 2) { dense 8 | relu | dense 2 | softmax }\ntrain Two on spirals { loss crossentropy; epochs 1; batch 32 }",
      "import { double } from './ört lich';\ndouble(21)",
    ];
    writeFileSync(join(place, "grüße.txt"), "Grüße");
    writeFileSync(join(place, "ört lich.ts"), "export const double = (x: number): number => 2 * x;\n");
    const notebook = writeNotebook(join(place, "Übung 1.ipynb"), cells, { kernel: "elsewhere" });
    const { code, output } = await convert(notebook);
    expect(code, output).toBe(0);
    const outputs = outputsOf(notebook);
    expect(textOf(outputs[0]?.at(-1))).toBe("'Grüße'");
    expect(textOf(outputs[1]?.at(-1))).toMatch(/dense/);
    expect(textOf(outputs[3]?.at(-1))).toBe("42");
  });
});

describe("processes", () => {
  it("a kernel restarted 20 times leaves none behind", async () => {
    const script = join(folder, "restarts.py");
    writeFileSync(
      script,
      `import json
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="lamella")
pids = []
for round in range(20):
    seen = []
    def hook(message):
        if message["msg_type"] == "execute_result":
            seen.append(message["content"]["data"]["text/plain"])
    client.execute_interactive("[process.pid, process.ppid]", timeout=60, output_hook=hook)
    pids.append(json.loads(seen[0]))
    # Every other restart finds a cell running.
    if round % 2:
        client.execute("while (true) {}")
    manager.restart_kernel(now=round % 4 == 3)
    client.wait_for_ready(timeout=60)
client.stop_channels()
manager.shutdown_kernel()
print("PIDS", json.dumps(pids))
`,
    );
    const { code, output } = await runProgram("/usr/bin/python3", [script], { env: home.env });
    expect(code, output).toBe(0);
    const pids = JSON.parse(/PIDS (.*)/.exec(output)?.[1] ?? "") as number[][];
    expect(new Set(pids.flat()).size).toBe(40);
    expect(await stillRunning(pids.flat(), 5)).toEqual([]);
  });

  it.each(["1 + 1", "while (true) {}", "await new Promise(() => {})"])(
    "the session ends within 5 s when its kernel process is killed while it runs %s",
    async (code) => {
      const client = await KernelClient.start();
      const started = await client.begin(`console.log("started");\n${code}`);
      await client.receive("iopub", ({ header, parent }) => header.msg_type === "stream" && parent.msg_id === started.id);
      const children = descendants(client.process.pid as number);
      expect(children.length).toBeGreaterThan(0);
      client.process.kill("SIGKILL");
      expect(await stillRunning(children, 5)).toEqual([]);
      await client.stop();
    },
  );

  it("kernel and session end within 5 s when the program that started the kernel is killed", async () => {
    const script = join(folder, "parent.py");
    writeFileSync(
      script,
      `import time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="lamella")
client.execute("console.log('started'); while (true) {}")
while True:
    message = client.get_iopub_msg(timeout=60)
    if message["msg_type"] == "stream":
        break
print("STARTED", flush=True)
time.sleep(600)
`,
    );
    const parent = spawn("/usr/bin/python3", [script], { env: { ...process.env, ...home.env }, stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      parent.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("STARTED") && resolve());
      parent.once("exit", () => reject(new Error("the program ended early")));
    });
    const below = descendants(parent.pid as number);
    expect(below.length).toBeGreaterThanOrEqual(2);
    parent.removeAllListeners("exit");
    parent.kill("SIGKILL");
    expect(await stillRunning(below, 5)).toEqual([]);
  });

  it("several kernels at once keep their variables and answers apart", async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(() => KernelClient.start()));
    try {
      await Promise.all(clients.map((client, index) => client.execute(`let own = ${index}`)));
      const looping = await clients[0]!.begin("while (true) {}");
      const values = await Promise.all(
        clients.slice(1).map(async (client) => {
          const { outputs } = await client.execute("own * 10");
          return (outputs.at(-1)?.content["data"] as Record<string, string> | undefined)?.["text/plain"];
        }),
      );
      expect(values).toEqual(["10", "20", "30"]);
      await clients[0]!.request("interrupt_request", {}, "control");
      expect((await looping.done).reply["status"]).toBe("error");
      expect((await clients[0]!.execute("own")).reply["status"]).toBe("ok");
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
    }
  });
});

describe("text that is not markup", () => {
  const attack = `<script>window.attacked=1</script><img src=x onerror="window.attacked=1">`;
  const quoted = JSON.stringify(attack);

  it("stays text in the page that nbconvert writes and in that of lamella run", async () => {
    const cells = [
      `console.log(${quoted})`,
      quoted,
      `({ [${quoted}]: [${quoted}] })`,
      `throw new Error(${quoted})`,
      `class E extends Error { override name = ${quoted} }\nthrow new E("named")`,
      `let wrong: number = ${quoted}`,
      `net Bad(x: 4) { dense 8, init=${quoted} }`,
      `train Nothing on ${quoted} { loss crossentropy }`,
      `import "${attack.replaceAll('"', "'")}"`,
      `process.stderr.write(${quoted})`,
      `new Map([[${quoted}, ${quoted}]])`,
      `tensor([[1, 2], [3, 4]]).reshape([${quoted}])`,
      `net Small(x: 4) { dense 3 | softmax }\nshow Small, title=${quoted}`,
    ];
    const notebook = writeNotebook(join(folder, "markup.ipynb"), cells);
    const args = ["nbconvert", "--to", "html", "--execute", "--allow-errors", notebook];
    const converted = await runProgram("/usr/bin/jupyter", args, { env: home.env });
    expect(converted.code, converted.output).toBe(0);
    const run = await runProgram(process.execPath, [command, "run", "--allow-errors", notebook, "--output", join(folder, "markup")]);
    expect(run.output).toMatch(/markup/);

    const browser = await openBrowser();
    try {
      for (const file of [join(folder, "markup.html"), join(folder, "markup", "markup.html")]) {
        expect(existsSync(file), file).toBe(true);
        const page: Page = await browser.newPage();
        await page.goto(`file://${encodeURI(file)}`);
        await page.waitForTimeout(500);
        expect(await page.evaluate("window.attacked"), file).toBeUndefined();
        // It is all there to be read.
        const shown = String(await page.evaluate("document.body.innerText"));
        expect(shown.split("<script>window.attacked=1</script>").length - 1, file).toBeGreaterThanOrEqual(cells.length + 5);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});
