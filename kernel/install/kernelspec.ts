import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { LamellaError } from "../../std/errors.js";
import { plotlyFile } from "../../std/view/plotly.js";
import { compiledFile } from "../package-root.js";
import type { Place } from "./folders.js";
import { kernelsFolder } from "./folders.js";
import { logoPng, logoSvg } from "./logo.js";

export interface InstallOptions {
  readonly place: Place;
  /** The kernelspec's name: "lamella" unless several are wanted side by side. */
  readonly name: string;
  readonly allowShell: boolean;
}

/** Writes the kernelspec and gives its folder. Installing again replaces it. */
export function installKernelspec(options: InstallOptions): string {
  requireName(options.name);
  const folder = join(kernelsFolder(options.place), options.name);
  const specification = {
    argv: [
      process.execPath,
      compiledFile("kernel/cli/main"),
      "kernel",
      ...(options.allowShell ? ["--allow-shell"] : []),
      "{connection_file}",
    ],
    display_name: options.name === "lamella" ? "Lamella" : `Lamella (${options.name})`,
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "kernel.json"), JSON.stringify(specification, null, 2) + "\n");
    writeFileSync(join(folder, "logo-32x32.png"), logoPng(32));
    writeFileSync(join(folder, "logo-64x64.png"), logoPng(64));
    writeFileSync(join(folder, "logo-svg.svg"), logoSvg());
    // The Jupyter server hands the files of this folder out: live figures load the script from there, without any network.
    copyFileSync(createRequire(import.meta.url).resolve("plotly.js-basic-dist-min"), join(folder, plotlyFile));
  } catch (error) {
    throw new LamellaError(`the kernelspec could not be written to ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return folder;
}

/** Removes the kernelspec; gives its folder, or undefined when there was none of ours. */
export function uninstallKernelspec(place: Place, name: string): string | undefined {
  requireName(name);
  const folder = join(kernelsFolder(place), name);
  if (!isOurs(folder)) return undefined;
  rmSync(folder, { recursive: true });
  return folder;
}

/** Whether a kernelspec folder starts a Lamella kernel (of any version). */
export function isOurs(folder: string): boolean {
  const file = join(folder, "kernel.json");
  if (!existsSync(file)) return false;
  try {
    const { argv } = JSON.parse(readFileSync(file, "utf8")) as { argv: readonly string[] };
    return argv[2] === "kernel" && /kernel[\\/]cli[\\/]main\.js$/.test(argv[1] ?? "");
  } catch {
    return false;
  }
}

function requireName(name: string): void {
  if (!/^[a-z0-9._-]+$/i.test(name))
    throw new LamellaError(`a kernel's name has letters, digits, ".", "-" and "_" only, not ${JSON.stringify(name)}`);
}
