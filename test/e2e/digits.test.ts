import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  command,
  dataFolder,
  jupyterHome,
  notebookServer,
  openBrowser,
  openNotebook,
  root,
  runProgram,
  type JupyterHome,
} from "./jupyter.js";

interface Output {
  readonly output_type: string;
  readonly ename?: string;
  readonly text?: string | string[];
  readonly data?: { readonly "text/plain"?: string | string[] };
}
interface Notebook {
  readonly cells: readonly { readonly cell_type: string; readonly source: string | string[]; readonly outputs?: readonly Output[] }[];
}

const notebook = join(root, "notebooks", "01-digits.ipynb");
const read = (path: string): Notebook => JSON.parse(readFileSync(path, "utf8")) as Notebook;
const outputsOf = (executed: Notebook): readonly Output[] => executed.cells.flatMap((cell) => cell.outputs ?? []);
const plainText = (executed: Notebook): string =>
  outputsOf(executed)
    .map((output) => [output.text ?? output.data?.["text/plain"] ?? ""].flat().join(""))
    .join("\n");

const weightsOf = (executed: Notebook): string | undefined => /weights ([0-9a-f]{16})/.exec(plainText(executed))?.[1];

let home: JupyterHome;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  for (const needed of [command, join(dataFolder, "mnist")]) {
    if (!existsSync(needed)) throw new Error(`${needed} is missing: build first, and keep the shared data beside the project`);
  }
  folder = mkdtempSync(join(tmpdir(), "lamella-notebooks-"));
  home = await jupyterHome();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  home?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe("the first notebook", () => {
  it("learns real MNIST under lamella run: 97.5 % on the held-out 2,000, and the same file twice", async () => {
    const results: string[] = [];
    for (const run of ["a", "b"]) {
      const finished = await runProgram(process.execPath, [command, "run", notebook, "--output", join(folder, run)], {
        env: { LAMELLA_DATA: dataFolder },
      });
      expect(finished.code, finished.output).toBe(0);
      results.push(readFileSync(join(folder, run, "01-digits.ipynb"), "utf8"));
    }
    expect(results[0]).toBe(results[1]);
    const text = plainText(JSON.parse(results[0] as string) as Notebook);
    const accuracy = /test accuracy\s+([\d.]+)\s*%/.exec(text)?.[1];
    expect(Number(accuracy), text).toBeGreaterThanOrEqual(97.5);
    expect(weightsOf(JSON.parse(results[0] as string) as Notebook)).toBeDefined();
  });

  it("runs on the embedded digits without a data folder, and says so", async () => {
    const env = { LAMELLA_DATA: "", LAMELLA_CACHE: join(folder, "no-cache"), LAMELLA_OFFLINE: "1" };
    const finished = await runProgram(process.execPath, [command, "run", notebook, "--output", join(folder, "embedded")], { env });
    expect(finished.code, finished.output).toBe(0);
    expect(plainText(read(join(folder, "embedded", "01-digits.ipynb")))).toMatch(/embedded|generated/);
  });

  it("runs through a real Jupyter: nbconvert --execute exits 0", async () => {
    const args = [
      "nbconvert",
      "--to",
      "notebook",
      "--execute",
      notebook,
      "--output-dir",
      folder,
      "--output",
      "converted.ipynb",
      "--ExecutePreprocessor.timeout=240",
    ];
    const finished = await runProgram("/usr/bin/jupyter", args, { env: { ...home.env, LAMELLA_DATA: dataFolder } });
    expect(finished.code, finished.output).toBe(0);
    const executed = read(join(folder, "converted.ipynb"));
    expect(outputsOf(executed).filter((output) => output.output_type === "error")).toEqual([]);
    // The same bits in Jupyter and under lamella run.
    expect(weightsOf(executed)).toBe(weightsOf(read(join(folder, "a", "01-digits.ipynb"))));
  });
});

describe("in Notebook in a browser", () => {
  it("moves the curve while training runs, and an interrupt keeps the weights", async () => {
    copyFileSync(notebook, join(folder, "01-digits.ipynb"));
    const server = await notebookServer(home, folder, { env: { LAMELLA_DATA: dataFolder } });
    try {
      const page = await openNotebook(browser, server, "01-digits.ipynb");
      const trainCell = read(notebook).cells.findIndex((cell) => [cell.source].flat().join("").trimStart().startsWith("train "));
      expect(trainCell).toBeGreaterThan(0);
      // Train long enough to be seen and interrupted.
      await page.evaluate(
        `(() => { const cell = Jupyter.notebook.get_cell(${trainCell}); cell.set_text(cell.get_text().replace(/epochs\\s+\\d+/, "epochs 200")); })()`,
      );
      for (let index = 0; index <= trainCell; index++) await page.evaluate(`Jupyter.notebook.get_cell(${index}).execute()`);
      const output = page.locator(".cell").nth(trainCell).locator(".output");
      await output.locator("img, svg").first().waitFor({ timeout: 60_000 });
      await output.scrollIntoViewIfNeeded();
      await page.waitForTimeout(1_000);
      const first = await output.screenshot();
      await page.waitForTimeout(3_000);
      const second = await output.screenshot();
      expect(first.equals(second)).toBe(false);

      await page.evaluate("Jupyter.notebook.kernel.interrupt()");
      await page.waitForFunction(`Jupyter.notebook.get_cell(${trainCell}).element.hasClass("running") === false`, null, {
        timeout: 20_000,
      });
      await page.evaluate(
        `(() => { const cell = Jupyter.notebook.insert_cell_below("code", ${trainCell}); cell.set_text("\`still here: \${LeNet.weightsHash().length > 0}\`"); cell.execute(); })()`,
      );
      await page.waitForFunction(`Jupyter.notebook.get_cell(${trainCell + 1}).output_area.outputs.length > 0`, null, { timeout: 20_000 });
      const after = await page.evaluate(`JSON.stringify(Jupyter.notebook.get_cell(${trainCell + 1}).output_area.outputs)`);
      expect(after).toContain("still here: true");
      const said = await page.evaluate(`JSON.stringify(Jupyter.notebook.get_cell(${trainCell}).output_area.outputs)`);
      expect(said).toMatch(/interrupted/i);
      await page.close();
    } finally {
      await server.stop();
    }
  });
});
