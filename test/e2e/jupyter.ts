import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";

export const root: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const command: string = join(root, "dist", "kernel", "cli", "main.js");

/** The real MNIST files beside the project; the end-to-end tests fail without them rather than skip. */
export const dataFolder: string = process.env["LAMELLA_DATA"] ?? join(root, "..", "shared", "data");

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end; nothing is thrown for a failing exit code, so that a test can look at it. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** Writes a notebook of these code cells, not yet run, and gives its path. */
export function writeNotebook(path: string, cells: readonly string[], kernel = "lamella"): string {
  const notebook = {
    cells: cells.map((source, index) => ({
      cell_type: "code",
      id: `cell-${index + 1}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    })),
    metadata: { kernelspec: { display_name: "Lamella", language: "typescript", name: kernel }, language_info: { name: "typescript" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(path, JSON.stringify(notebook));
  return path;
}

/** A Jupyter of its own: folders in a temporary place, our kernel installed there, nothing of the user's touched. */
export interface JupyterHome {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  dispose(): void;
}

export async function jupyterHome(): Promise<JupyterHome> {
  const folder = mkdtempSync(join(tmpdir(), "lamella e2e ü-"));
  const env: NodeJS.ProcessEnv = {
    HOME: folder,
    JUPYTER_DATA_DIR: join(folder, "data"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    IPYTHONDIR: join(folder, "ipython"),
    LAMELLA_HISTORY: join(folder, "history"),
  };
  for (const part of ["data", "config", "runtime"]) mkdirSync(join(folder, part), { recursive: true });
  const installed = await runProgram(process.execPath, [command, "install", "--user"], { env });
  if (installed.code !== 0) throw new Error(`lamella install failed:\n${installed.output}`);
  return { folder, env, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface NotebookServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Notebook 6 on loopback, serving `folder`. A browser needs no token, a program that sends no cookies does. */
export async function notebookServer(
  home: JupyterHome,
  folder: string,
  { env = {}, token = "" }: { readonly env?: NodeJS.ProcessEnv; readonly token?: string } = {},
): Promise<NotebookServer> {
  const port = await freePort();
  const args = [
    "notebook",
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    `--port=${port}`,
    `--NotebookApp.token=${token}`,
    "--NotebookApp.password=",
  ];
  const server: ChildProcess = spawn("/usr/bin/jupyter", [...args, `--notebook-dir=${folder}`], {
    env: { ...process.env, ...home.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    const up = await fetch(`${url}/api`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) break;
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`the notebook server did not start:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (server.exitCode !== null) return resolve();
      server.on("close", () => resolve());
      server.kill("SIGTERM");
      setTimeout(() => server.kill("SIGKILL"), 10_000).unref();
    });
  return { url, stop };
}

/** Debian's Chromium, headless, with a fresh profile and none of its own network traffic. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error("Chromium is missing: run test/e2e/setup.sh");
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return chromium.launch({ executablePath, headless: true, args });
}

/** A notebook opened in Notebook 6, waited for until its kernel is idle. */
export async function openNotebook(browser: Browser, server: NotebookServer, name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
  await page.goto(`${server.url}/notebooks/${encodeURIComponent(name)}`);
  await page.waitForFunction("window.Jupyter?.notebook?.kernel?.is_connected?.() === true && Jupyter.notebook._fully_loaded", null, {
    timeout: 60_000,
  });
  return page;
}
