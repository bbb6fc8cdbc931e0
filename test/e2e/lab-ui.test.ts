import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faintTexts } from "./contrast.js";
import { jupyterHome, labServer, openBrowser, openInLab, picture, writeNotebook, type JupyterHome, type JupyterServer } from "./jupyter.js";
import { cells, expectShown, hostile, pictured, type Output } from "./ui-cells.js";

let home: JupyterHome;
let server: JupyterServer;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lamella-lab-"));
  writeNotebook(join(folder, "ui.ipynb"), cells);
  home = await jupyterHome();
  server = await labServer(home, folder);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  home?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const panel = "jupyterapp.shell.currentWidget";
const widgets = `${panel}.content.widgets`;
const kernel = `${panel}.sessionContext.session.kernel`;

const command = (page: Page, name: string, options: object = {}): Promise<unknown> =>
  page.evaluate(`jupyterapp.commands.execute(${JSON.stringify(name)}, ${JSON.stringify(options)}).then(() => undefined)`);

/** Every code cell has its number, and none runs. */
async function idle(page: Page): Promise<void> {
  await page.waitForFunction(
    `${kernel}.status === "idle" &&
      ${widgets}.every(({ model }) => model.type !== "code" || (model.executionCount !== null && model.executionState === "idle"))`,
    null,
    { timeout: 90_000 },
  );
}

async function runAll(page: Page): Promise<void> {
  await command(page, "notebook:run-all-cells");
  await idle(page);
}

const outputs = (page: Page): Promise<Output[][]> => page.evaluate(`${widgets}.map(({ model }) => model.outputs?.toJSON() ?? [])`);

const source = (page: Page, index: number): Promise<string> => page.evaluate(`${widgets}[${index}].model.sharedModel.getSource()`);

/** A cell's element, scrolled to: JupyterLab draws no cell that is far out of sight. */
async function cell(page: Page, index: number): Promise<ReturnType<Page["locator"]>> {
  await page.evaluate(`${panel}.content.scrollToItem(${index}).then(() => undefined)`);
  return page.locator(`.jp-Cell[data-windowed-list-index="${index}"]`);
}

/** Puts text into a new cell at the end, the cursor where "‸" stands, and gives the cell's number. */
async function typeInto(page: Page, text: string): Promise<number> {
  const before = text.slice(0, text.indexOf("‸"));
  const line = before.split("\n").length - 1;
  const column = before.length - before.lastIndexOf("\n") - 1;
  const index = Number(await page.evaluate(`${panel}.content.activeCellIndex = ${widgets}.length - 1`));
  await command(page, "notebook:insert-cell-below");
  await cell(page, index + 1);
  await command(page, "notebook:enter-edit-mode");
  await page.evaluate(`(() => {
    const { model, editor } = ${widgets}[${index + 1}];
    model.sharedModel.setSource(${JSON.stringify(text.replace("‸", ""))});
    editor.focus();
    editor.setCursorPosition({ line: ${line}, column: ${column} });
  })()`);
  return index + 1;
}

async function drop(page: Page, index: number): Promise<void> {
  await page.evaluate(`${panel}.content.activeCellIndex = ${index}`);
  await command(page, "notebook:enter-command-mode");
  await command(page, "notebook:delete-cell");
}

/** Opens the list of completions, leaves it open, and gives its names. */
async function openCompletions(page: Page): Promise<string[]> {
  await page.keyboard.press("Tab");
  const names = page.locator(".jp-Completer:visible .jp-Completer-match");
  await names.first().waitFor({ timeout: 20_000 });
  return (await names.allInnerTexts()).map((name) => name.trim());
}

async function completions(page: Page, text: string, name: string): Promise<string[]> {
  const index = await typeInto(page, text);
  const names = await openCompletions(page);
  // The panel with what is said of the first one.
  await page.waitForTimeout(300);
  await picture(page, name);
  await page.keyboard.press("Escape");
  await drop(page, index);
  return names;
}

async function tooltip(page: Page, text: string, name: string): Promise<string> {
  const index = await typeInto(page, text);
  await page.keyboard.press("Shift+Tab");
  const shown = page.locator(".jp-Tooltip:visible");
  await shown.waitFor({ timeout: 20_000 });
  const said = await shown.innerText();
  await page.waitForTimeout(300);
  await picture(page, name);
  await page.keyboard.press("Escape");
  await drop(page, index);
  return said;
}

/** Starts a cell at the end and waits for its first output. */
async function start(page: Page, code: string): Promise<number> {
  const index = await typeInto(page, `${code}‸`);
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(`${widgets}[${index}].model.outputs.length > 0`, null, { timeout: 30_000 });
  return index;
}

const interrupt = (page: Page): Promise<void> => page.locator('[data-jp-item-name="interrupt"] jp-button').click();

/** Runs a cell at the end to its end, and gives its first output. */
async function value(page: Page, code: string): Promise<string | undefined> {
  const index = await start(page, code);
  await idle(page);
  const [first] = (await outputs(page))[index] ?? [];
  await drop(page, index);
  return first?.data?.["text/plain"];
}

async function save(page: Page): Promise<void> {
  await command(page, "docmanager:save");
  await page.waitForFunction(`${panel}.model.dirty === false`, null, { timeout: 30_000 });
}

describe("JupyterLab in a browser", () => {
  let page: Page;

  beforeAll(async () => {
    page = await openInLab(browser, server, "ui.ipynb");
    await runAll(page);
  });

  it("runs all cells: values, a network, a tensor, printed text", async () => {
    await picture(page, "lab-run-all");
    expectShown(await outputs(page));
    expect(await (await cell(page, 2)).locator(".jp-OutputArea table").innerText()).toMatch(/conv 4, 5x5 \| relu\s+24x24x4\s+104/);
    expect(await (await cell(page, 3)).locator(".jp-OutputArea table tr").count()).toBe(8);
    await expectPictures(page, true);
  });

  it("completes layers and options inside a net, members inside TypeScript", async () => {
    expect(await completions(page, "net Next(x: 8x8x1) {\n  con‸\n}", "lab-completion-layer")).toContain("conv");
    const options = await completions(page, "net Next(x: 8x8x1) {\n  conv 4, 3x3, s‸\n}", "lab-completion-option");
    expect(options.some((name) => name.startsWith("stride"))).toBe(true);
    expect(await completions(page, "words.‸", "lab-completion-member")).toEqual(expect.arrayContaining(["map"]));
    expect(await completions(page, "Small.‸", "lab-completion-network")).toEqual(expect.arrayContaining(["taps"]));
  });

  it.each([
    ["TypeScript", 'const smile = "😀😀"; words.ma‸ // 😀', 'const smile = "😀😀"; words.map // 😀'],
    ["the layer language", "// 😀😀\nnet Next(x: 8x8x1) {\n  con‸ // 😀\n}", "// 😀😀\nnet Next(x: 8x8x1) {\n  concat // 😀\n}"],
  ])("puts a completion in its place behind characters of two units, in %s", async (_, text, expected) => {
    const index = await typeInto(page, text);
    await openCompletions(page);
    await page.keyboard.press("Enter");
    await page.waitForFunction(`${widgets}[${index}].model.sharedModel.getSource() !== ${JSON.stringify(text.replace("‸", ""))}`);
    expect(await source(page, index)).toBe(expected);
    await drop(page, index);
  });

  it("explains a layer and a TypeScript name", async () => {
    expect(await tooltip(page, "net Next(x: 8x8x1) {\n  con‸v 4, 3x3\n}", "lab-tooltip-layer")).toMatch(/stride/);
    expect(await tooltip(page, "answ‸er", "lab-tooltip-value")).toMatch(/number/);
    expect(await tooltip(page, 'const smile = "😀"; words.ma‸p', "lab-tooltip-member")).toMatch(/\ncallbackfn A function/);
  });

  it("completes and explains while a cell runs, interrupts it with the button; variables stay", async () => {
    const index = await start(page, "console.log('started'); while (true) {}");
    expect(await page.evaluate(`${kernel}.status`)).toBe("busy");
    expect(await completions(page, "words.‸", "lab-completion-busy")).toContain("map");
    expect(await tooltip(page, "answ‸er", "lab-tooltip-busy")).toMatch(/number/);
    expect(await page.evaluate(`${kernel}.status`)).toBe("busy");
    await interrupt(page);
    await idle(page);
    await cell(page, index);
    await picture(page, "lab-interrupted");
    expect((await outputs(page))[index]?.at(-1)).toMatchObject({ output_type: "error", ename: "KeyboardInterrupt" });
    await drop(page, index);
    expect(await value(page, "answer + 1")).toBe("43");
  });

  it("interrupts a training run: its curves and the weights reached stay", async () => {
    const index = await start(page, `train Two on spirals { loss crossentropy; epochs 100000; batch 32; seed 1 }`);
    await page.waitForTimeout(1_500);
    await picture(page, "lab-training");
    await interrupt(page);
    await idle(page);
    await cell(page, index);
    await picture(page, "lab-training-interrupted");
    expect(JSON.stringify((await outputs(page))[index])).toMatch(/interrupted/i);
    await drop(page, index);
    expect(await value(page, "answer + 1")).toBe("43");
  });

  it("can be read on a white and on a dark ground", async () => {
    const index = await start(page, "console.warn('warned'); throw new Error('as wished')");
    await idle(page);
    for (const theme of ["JupyterLab Light", "JupyterLab Dark"]) {
      await command(page, "apputils:change-theme", { theme });
      await page.waitForFunction(`document.body.dataset.jpThemeLight === "${theme.endsWith("Light")}"`);
      await page.waitForTimeout(500);
      await picture(page, theme.replace("JupyterLab ", "lab-"));
      expect(await faintTexts(page, ".jp-OutputArea-output", 4), theme).toEqual([]);
    }
    await drop(page, index);
    await completions(page, "net Next(x: 8x8x1) {\n  con‸\n}", "lab-dark-completion");
    await tooltip(page, "net Next(x: 8x8x1) {\n  con‸v 4, 3x3\n}", "lab-dark-tooltip");
    await command(page, "apputils:change-theme", { theme: "JupyterLab Light" });
  });

  it("restarts with the button: variables are gone, and the notebook runs again", async () => {
    await page.locator('[data-jp-item-name="restart"] jp-button').click();
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    await page.locator(".jp-Dialog").waitFor({ state: "detached" });
    expect(await value(page, "typeof (globalThis as any).answer")).toBe("'undefined'");
    await command(page, "notebook:clear-all-cell-outputs");
    await runAll(page);
    expectShown(await outputs(page));
  });

  it("shows the curves after a reload, trusted or not", async () => {
    await save(page);
    await page.close();
    page = await openInLab(browser, server, "ui.ipynb");
    await expectPictures(page, true);
    await picture(page, "lab-reloaded");
    await page.close();

    // As from another computer: no signature of this one, so that no script runs and SVG is dropped.
    writeFileSync(join(folder, "foreign.ipynb"), readFileSync(join(folder, "ui.ipynb"), "utf8").replace("printed 42", "printed there"));
    page = await openInLab(browser, server, "foreign.ipynb");
    expect(await page.evaluate(`${widgets}.every(({ model }) => model.trusted)`)).toBe(false);
    await expectPictures(page, false);
    await picture(page, "lab-untrusted");
    await page.close();
  });

  it("runs no script that stands in a string, a label, a name or an error, trusted or not, running or reloaded", async () => {
    writeNotebook(join(folder, "hostile.ipynb"), hostile, { tags: ["raises-exception"] });
    page = await openInLab(browser, server, "hostile.ipynb");
    await runAll(page);
    await page.waitForTimeout(500);
    const shown = await outputs(page);
    expect(shown.map((one) => one.length > 0)).toEqual(hostile.map(() => true));
    let seen = "";
    for (let index = 0; index < hostile.length; index += 1) seen += await (await cell(page, index)).locator(".jp-OutputArea").innerText();
    expect(seen.split("<script>window.attacked=1</script>").length - 1).toBeGreaterThanOrEqual(hostile.length);
    expect(await page.evaluate("[window.attacked, window.written]")).toEqual([undefined, 1]);
    await picture(page, "lab-hostile");
    await save(page);
    await page.close();
    writeFileSync(join(folder, "hostile-foreign.ipynb"), readFileSync(join(folder, "hostile.ipynb"), "utf8").replace("named", "other"));
    for (const name of ["hostile.ipynb", "hostile-foreign.ipynb"]) {
      page = await openInLab(browser, server, name);
      for (let index = 0; index < hostile.length; index += 1) await cell(page, index);
      await page.waitForTimeout(500);
      expect(await page.evaluate("window.attacked"), name).toBeUndefined();
      await page.close();
    }
  });
});

/** The network's table and the curves are seen: as the live figure where scripts run, else as a picture that has loaded. */
async function expectPictures(page: Page, trusted: boolean): Promise<void> {
  expect(await (await cell(page, 2)).locator(".jp-OutputArea table").innerText()).toMatch(/24x24x4/);
  const output = (await cell(page, pictured)).locator(".jp-OutputArea");
  const seen = output.locator(trusted ? ".main-svg:visible" : "img:visible").first();
  await seen.waitFor({ timeout: 20_000 });
  const hasLoaded = (one: unknown): boolean => (one as { naturalWidth: number }).naturalWidth > 0;
  if (!trusted) expect(await seen.evaluate(hasLoaded)).toBe(true);
}
