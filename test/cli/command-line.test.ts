import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const command = join(import.meta.dirname, "../../dist/kernel/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "lamella-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lamella(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, ...environment } });
}

describe("every command says what it takes", () => {
  it.each([
    ["install", "--sys-prefix"],
    ["uninstall", "--sys-prefix"],
    ["run", "--parameter"],
    ["check", "--json"],
    ["emit", "FILE.lamella"],
    ["fmt", "--write"],
    ["doctor", "lamella doctor: says"],
    ["bench", "lamella bench: times"],
    ["kernel", "CONNECTION_FILE"],
  ])("lamella %s --help", (name, says) => {
    const { status, stdout, stderr } = lamella([name, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.startsWith(`lamella ${name}`)).toBe(true);
    expect(stdout).toContain(says);
    expect(lamella(["--help"]).stdout).toContain(`\n  ${name} `);
  });
});

it("folders that the environment names are seen from where the command is given, not from the notebook's folder", () => {
  mkdirSync(join(folder, "notebooks"));
  const source = "console.log(JSON.stringify([process.cwd(), process.env.LAMELLA_DATA, process.env.LAMELLA_CACHE]))";
  const cells = [{ cell_type: "code", id: "a", metadata: {}, source, outputs: [], execution_count: null }];
  writeFileSync(join(folder, "notebooks", "where.ipynb"), JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  const environment = { LAMELLA_DATA: "sets", LAMELLA_CACHE: "kept" };
  const { status, stderr } = lamella(["run", join("notebooks", "where.ipynb"), "--no-html", "--output", "out"], environment);
  expect(status, stderr).toBe(0);
  const ran = JSON.parse(readFileSync(join(folder, "out", "where.ipynb"), "utf8")) as {
    cells: { outputs: { text: string | string[] }[] }[];
  };
  const [here = "", data, cache] = JSON.parse([ran.cells[0]?.outputs[0]?.text].flat().join("")) as string[];
  const base = here.replace(/.notebooks$/, "");
  expect(here).not.toBe(base);
  expect([data, cache]).toEqual([join(base, "sets"), join(base, "kept")]);
});
