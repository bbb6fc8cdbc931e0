import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  jupyterHome,
  notebookServer,
  openBrowser,
  openNotebook,
  picture,
  writeNotebook,
  type JupyterHome,
  type JupyterServer,
} from "./jupyter.js";
import { cells, expectShown, hostile, pictured, type Output } from "./ui-cells.js";

let home: JupyterHome;
let server: JupyterServer;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lamella-ui-"));
  writeNotebook(join(folder, "ui.ipynb"), cells);
  home = await jupyterHome();
  server = await notebookServer(home, folder);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  home?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function runAll(page: Page): Promise<void> {
  await page.evaluate("Jupyter.notebook.execute_all_cells()");
  await idle(page);
}

/** Every code cell has its number, and none runs. */
async function idle(page: Page): Promise<void> {
  await page.waitForFunction(
    `Jupyter.notebook.get_cells().every((cell) => typeof cell.input_prompt_number === "number" && !cell.element.hasClass("running"))`,
    null,
    { timeout: 90_000 },
  );
}

const outputs = (page: Page): Promise<Output[][]> =>
  page.evaluate(
    "Jupyter.notebook.get_cells().map((cell) => (cell.output_area ? cell.output_area.outputs.map((one) => one.toJSON ? one.toJSON() : one) : []))",
  );

/** Puts text into a new cell at the end, the cursor where "‸" stands, and gives the cell's number. */
async function typeInto(page: Page, text: string): Promise<number> {
  const before = text.slice(0, text.indexOf("‸"));
  const line = before.split("\n").length - 1;
  const column = before.length - before.lastIndexOf("\n") - 1;
  return page.evaluate(`(() => {
    const index = Jupyter.notebook.ncells();
    const cell = Jupyter.notebook.insert_cell_below("code", index - 1);
    cell.set_text(${JSON.stringify(text.replace("‸", ""))});
    Jupyter.notebook.select(index);
    Jupyter.notebook.edit_mode();
    cell.focus_editor();
    cell.code_mirror.setCursor(${line}, ${column});
    return index;
  })()`);
}

async function completions(page: Page, text: string): Promise<string[]> {
  const index = await typeInto(page, text);
  await page.keyboard.press("Tab");
  await page.locator(".completions option").first().waitFor({ timeout: 20_000 });
  const names = await page.locator(".completions option").allInnerTexts();
  await picture(page, `completion-${text.length}`);
  await page.keyboard.press("Escape");
  await page.evaluate(`Jupyter.notebook.delete_cell(${index})`);
  return names.map((name) => name.trim());
}

async function tooltip(page: Page, text: string): Promise<string> {
  const index = await typeInto(page, text);
  await page.evaluate(`document.querySelector("#tooltip .tooltiptext").replaceChildren()`);
  await page.keyboard.press("Shift+Tab");
  const shown = page.locator("#tooltip .tooltiptext");
  await shown.waitFor({ timeout: 20_000 });
  await page.waitForFunction(`document.querySelector("#tooltip .tooltiptext").innerText.trim() !== ""`, null, { timeout: 20_000 });
  const said = await shown.innerText();
  // It fades in.
  await page.waitForTimeout(500);
  await picture(page, `tooltip-${text.length}`);
  await page.keyboard.press("Escape");
  await page.evaluate(`Jupyter.notebook.delete_cell(${index})`);
  return said;
}

describe("Notebook 6 in a browser", () => {
  let page: Page;

  beforeAll(async () => {
    page = await openNotebook(browser, server, "ui.ipynb");
    await runAll(page);
  });

  it("runs all cells: values, a network, a tensor, printed text", async () => {
    await picture(page, "run-all");
    expectShown(await outputs(page));
    expect(await page.locator(".cell").nth(2).locator(".output table").innerText()).toMatch(/conv 4, 5x5 \| relu\s+24x24x4\s+104/);
    expect(await page.locator(".cell").nth(3).locator(".output table tr").count()).toBe(8);
    expect(await page.locator(".cell").nth(pictured).locator(".output img, .output svg").first().isVisible()).toBe(true);
    // The cell of a net is not marked as an error by the highlighter, and reads as code.
    expect(await page.locator(".cell").nth(1).locator(".cm-error").count()).toBe(0);
  });

  it("completes layers and options inside a net, members inside TypeScript", async () => {
    expect(await completions(page, "net Next(x: 8x8x1) {\n  con‸\n}")).toContain("conv");
    const options = await completions(page, "net Next(x: 8x8x1) {\n  conv 4, 3x3, s‸\n}");
    expect(options.some((name) => name.startsWith("stride"))).toBe(true);
    const members = await completions(page, "words.ma‸");
    expect(members).toContain("map");
    expect(await completions(page, "Small.‸")).toEqual(expect.arrayContaining(["taps"]));
  });

  it("explains a layer and a TypeScript name", async () => {
    expect(await tooltip(page, "net Next(x: 8x8x1) {\n  con‸v 4, 3x3\n}")).toMatch(/stride/);
    expect(await tooltip(page, "answ‸er")).toMatch(/number/);
    expect(await tooltip(page, "words.ma‸p")).toMatch(/callbackfn/);
  });

  it("interrupts a loop with the button of the tool bar; later cells run", async () => {
    const index = await typeInto(page, "console.log('started'); while (true) {}‸");
    await page.evaluate(`Jupyter.notebook.get_cell(${index}).execute()`);
    await page.waitForFunction(`Jupyter.notebook.get_cell(${index}).output_area.outputs.length > 0`, null, { timeout: 30_000 });
    await page.locator("#notebook-container").press("Escape");
    await page.locator('button[data-jupyter-action="jupyter-notebook:interrupt-kernel"]').click();
    await idle(page);
    expect(await page.locator(".cell").nth(index).locator(".output_error").innerText()).toMatch(/KeyboardInterrupt/);
    await picture(page, "interrupted");
    await page.evaluate(`Jupyter.notebook.get_cell(${index}).set_text("answer + 1")`);
    await page.evaluate(`Jupyter.notebook.get_cell(${index}).execute()`);
    await page.waitForFunction(`JSON.stringify(Jupyter.notebook.get_cell(${index}).output_area.outputs).includes("43")`, null, {
      timeout: 30_000,
    });
    await page.evaluate(`Jupyter.notebook.delete_cell(${index})`);
  });

  it("restarts: variables are gone, and the notebook runs again", async () => {
    const index = await typeInto(page, "typeof answer‸");
    await page.evaluate("new Promise((resolve) => Jupyter.notebook.kernel.restart(resolve))");
    await page.waitForFunction("Jupyter.notebook.kernel.is_connected()", null, { timeout: 30_000 });
    await page.evaluate(`Jupyter.notebook.get_cell(${index}).execute()`);
    await page.waitForFunction(`Jupyter.notebook.get_cell(${index}).output_area.outputs.length > 0`, null, { timeout: 60_000 });
    expect(JSON.stringify((await outputs(page))[index])).toMatch(/undefined|Cannot find name 'answer'/);
    await page.evaluate(`Jupyter.notebook.delete_cell(${index})`);
    await page.evaluate("Jupyter.notebook.clear_all_output()");
    await runAll(page);
    expect((await outputs(page))[0]?.[0]?.data?.["text/plain"]).toBe("42");
  });

  it("shows the curves after a reload, trusted or not", async () => {
    await page.evaluate("Jupyter.notebook.save_notebook()");
    await page.waitForFunction("Jupyter.notebook.dirty === false", null, { timeout: 30_000 });
    await page.close();
    page = await openNotebook(browser, server, "ui.ipynb");
    await expectPictures(page, true);
    await picture(page, "reloaded");
    await page.close();

    // As from another computer: no signature of this one, so that no script runs and SVG is dropped.
    writeFileSync(join(folder, "foreign.ipynb"), readFileSync(join(folder, "ui.ipynb"), "utf8").replace("printed 42", "printed there"));
    page = await openNotebook(browser, server, "foreign.ipynb");
    expect(await page.evaluate("Jupyter.notebook.trusted")).toBe(false);
    await expectPictures(page, false);
    await picture(page, "untrusted");
    await page.close();
  });

  it("runs no script that stands in a string, a label, a name or an error, trusted or not, running or reloaded", async () => {
    writeNotebook(join(folder, "hostile.ipynb"), hostile, { tags: ["raises-exception"] });
    page = await openNotebook(browser, server, "hostile.ipynb");
    // A cell that fails stops Notebook's "run all": each by itself.
    for (let index = 0; index < hostile.length; index += 1) {
      await page.evaluate(`Jupyter.notebook.get_cell(${index}).execute(false)`);
    }
    await idle(page);
    await page.waitForTimeout(500);
    const shown = await outputs(page);
    expect(shown.map((one) => one.length > 0)).toEqual(hostile.map(() => true));
    const seen = String(await page.evaluate(`[...document.querySelectorAll(".output")].map((one) => one.innerText).join("\\n")`));
    expect(seen.split("<script>window.attacked=1</script>").length - 1).toBeGreaterThanOrEqual(hostile.length);
    expect(await page.evaluate("[window.attacked, window.written]")).toEqual([undefined, 1]);
    await picture(page, "hostile");
    await page.evaluate("Jupyter.notebook.save_notebook()");
    await page.waitForFunction("Jupyter.notebook.dirty === false", null, { timeout: 30_000 });
    await page.close();
    writeFileSync(join(folder, "hostile-foreign.ipynb"), readFileSync(join(folder, "hostile.ipynb"), "utf8").replace("named", "other"));
    for (const name of ["hostile.ipynb", "hostile-foreign.ipynb"]) {
      page = await openNotebook(browser, server, name);
      await page.waitForTimeout(500);
      expect(await page.evaluate("window.attacked"), name).toBeUndefined();
      await page.close();
    }
  });
});

/** The network's table and the curves are seen: as the live figure where scripts run, else as a picture that has loaded. */
async function expectPictures(page: Page, trusted: boolean): Promise<void> {
  expect(await page.locator(".cell").nth(2).locator(".output table").innerText()).toMatch(/24x24x4/);
  const output = page.locator(".cell").nth(pictured).locator(".output");
  const seen = output.locator(trusted ? ".main-svg:visible" : "img:visible").first();
  await seen.waitFor({ timeout: 20_000 });
  await seen.scrollIntoViewIfNeeded();
  const hasLoaded = (one: unknown): boolean => (one as { naturalWidth: number }).naturalWidth > 0;
  if (!trusted) expect(await seen.evaluate(hasLoaded)).toBe(true);
}
