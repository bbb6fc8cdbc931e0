import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
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

/** Writes a notebook of these code cells, not yet run, and gives its path; `tags` are each cell's. */
export function writeNotebook(
  path: string,
  cells: readonly string[],
  { kernel = "lamella", tags }: { readonly kernel?: string; readonly tags?: readonly string[] } = {},
): string {
  const notebook = {
    cells: cells.map((source, index) => ({
      cell_type: "code",
      id: `cell-${index + 1}`,
      execution_count: null,
      metadata: tags === undefined ? {} : { tags },
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

export interface JupyterServer {
  readonly url: string;
  stop(): Promise<void>;
}

interface ServerOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** A browser needs no token, a program that sends no cookies does. */
  readonly token?: string;
}

/** Notebook 6 on loopback, serving `folder`. */
export function notebookServer(home: JupyterHome, folder: string, options: ServerOptions = {}): Promise<JupyterServer> {
  return startServer("/usr/bin/jupyter", ["notebook", `--notebook-dir=${folder}`], "NotebookApp", home, options);
}

/** JupyterLab on loopback, serving `folder`; its application is `window.jupyterapp` in the page. Nothing is asked of the network. */
export function labServer(home: JupyterHome, folder: string, options: ServerOptions = {}): Promise<JupyterServer> {
  const args = [
    `--ServerApp.root_dir=${folder}`,
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
  ];
  // Nobody is there to say whether they want news.
  const settings = join(home.folder, "config", "lab", "user-settings", "@jupyterlab", "apputils-extension");
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "notification.jupyterlab-settings"), JSON.stringify({ fetchNews: "false", checkForUpdates: false }));
  return startServer(labProgram(), args, "ServerApp", home, options);
}

/** The `jupyter-lab` that LAMELLA_JUPYTERLAB names, else the one on the PATH. */
function labProgram(): string {
  const named = process.env["LAMELLA_JUPYTERLAB"];
  const file = process.platform === "win32" ? "jupyter-lab.exe" : "jupyter-lab";
  const found = (process.env["PATH"] ?? "").split(delimiter).map((place) => join(place, file));
  const program = (named === undefined ? found : [named]).find((place) => existsSync(place));
  if (program !== undefined) return program;
  throw new Error(
    named === undefined
      ? "JupyterLab is missing: `pip install jupyterlab`, then put `jupyter-lab` on the PATH or name it in LAMELLA_JUPYTERLAB"
      : `LAMELLA_JUPYTERLAB names ${named}, which does not exist`,
  );
}

async function startServer(
  program: string,
  ownArgs: readonly string[],
  application: string,
  home: JupyterHome,
  { env = {}, token = "" }: ServerOptions,
): Promise<JupyterServer> {
  const port = await freePort();
  const args = [
    ...ownArgs,
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    `--port=${port}`,
    `--${application}.token=${token}`,
    `--${application}.password=`,
  ];
  const server: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...home.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  server.on("error", (error) => (log += error.message));
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    const up = await fetch(`${url}/api`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) break;
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start:\n${log}`);
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
export async function openNotebook(browser: Browser, server: JupyterServer, name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
  await page.goto(`${server.url}/notebooks/${encodeURIComponent(name)}`);
  await page.waitForFunction("window.Jupyter?.notebook?.kernel?.is_connected?.() === true && Jupyter.notebook._fully_loaded", null, {
    timeout: 60_000,
  });
  return page;
}

/** A notebook opened in JupyterLab without a work space of before, waited for until its kernel is idle. */
export async function openInLab(browser: Browser, server: JupyterServer, name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
  await page.goto(`${server.url}/doc/tree/${encodeURIComponent(name)}?reset`);
  await page.waitForFunction(
    `window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 0 &&
      jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === "idle"`,
    null,
    { timeout: 60_000 },
  );
  return page;
}

/** A picture of the page where LAMELLA_SCREENSHOTS names a folder; for people, nothing compares it. */
export async function picture(page: Page, name: string): Promise<void> {
  const place = process.env["LAMELLA_SCREENSHOTS"];
  if (place !== undefined) await page.screenshot({ path: join(place, `${name}.png`), fullPage: true });
}
