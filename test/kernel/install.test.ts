import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "./client.js";

const folder = mkdtempSync(join(tmpdir(), "lamella install ü-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lamella = (...args: string[]): string =>
  execFileSync(process.execPath, [command, ...args], { encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: join(folder, "data") } });

describe("the command line", () => {
  it("installs a kernelspec with logos, and removes it", () => {
    expect(lamella("install", "--prefix", folder, "--name", "lamella-lab", "--allow-shell")).toContain("Lamella is known to Jupyter");
    const spec = join(folder, "share", "jupyter", "kernels", "lamella-lab");
    expect(JSON.parse(readFileSync(join(spec, "kernel.json"), "utf8"))).toEqual({
      argv: [process.execPath, command, "kernel", "--allow-shell", "{connection_file}"],
      display_name: "Lamella (lamella-lab)",
      language: "typescript",
      interrupt_mode: "message",
      metadata: { debugger: false },
    });
    for (const size of [32, 64]) {
      const { width, data } = PNG.sync.read(readFileSync(join(spec, `logo-${size}x${size}.png`)));
      expect(width).toBe(size);
      // The corner is transparent, the middle is not.
      expect([data[3], data[4 * (size / 2) * (size + 1) + 3]]).toEqual([0, 255]);
    }
    expect(readFileSync(join(spec, "logo-svg.svg"), "utf8")).toMatch(/^<svg xmlns/);
    expect(lamella("uninstall", "--prefix", folder, "--name", "lamella-lab")).toContain("Removed");
    expect(existsSync(spec)).toBe(false);
  });

  it("installs for the user where Jupyter looks", () => {
    lamella("install");
    expect(existsSync(join(folder, "data", "kernels", "lamella", "kernel.json"))).toBe(true);
    expect(lamella("doctor")).toContain(join(folder, "data", "kernels", "lamella"));
  });

  it("checks, emits and lays out files in the layer language", () => {
    const file = join(folder, "nets.lamella");
    writeFileSync(file, "net Small(x: 4) {\n  dense 3 | relu -> 3\n  dense 2\n}\n");
    expect(lamella("check", file)).toContain("no mistakes");
    expect(lamella("emit", file)).toContain('lamella.net("Small"');
    expect(lamella("fmt", file)).toContain("net Small(x: 4) {");
    writeFileSync(file, "net Small(x: 4) {\n  dense 3 -> 4\n}\n");
    const { status, stderr } = spawnSync(process.execPath, [command, "check", file], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("line 2, column 14: this row gives 3, not 4");
  });

  it("says what is wrong with a command", () => {
    const wrong = (...args: string[]): string => {
      const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
      expect(status).toBe(2);
      return stderr;
    };
    expect(wrong("instal")).toContain('there is no command "instal"');
    expect(wrong("install", "--user", "--prefix", "/x")).toContain("give one of --user, --prefix and --sys-prefix");
    expect(wrong("install", "--name", "../evil")).toContain("a kernel's name has letters");
    expect(wrong("kernel")).toContain("the kernel needs the connection file");
    expect(wrong("check")).toContain("which file?");
    for (const name of ["check", "emit", "fmt"])
      expect(wrong(name, "nothere.lamella")).toBe(`lamella ${name}: nothere.lamella: there is no such file\n`);
    expect(wrong("check", folder)).toBe(`lamella check: ${folder}: this is a folder\n`);
  });
});
