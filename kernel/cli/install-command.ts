import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { LamellaError } from "../../std/errors.js";
import { hasCompiled } from "../compiled-script.js";
import { compiledFile } from "../package-root.js";
import type { Place } from "../install/index.js";
import { installKernelspec, uninstallKernelspec } from "../install/index.js";

const options = {
  user: { type: "boolean" },
  prefix: { type: "string" },
  "sys-prefix": { type: "boolean" },
  name: { type: "string" },
  "allow-shell": { type: "boolean" },
} as const;

export async function installCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options });
  const folder = installKernelspec({
    place: placeOf(values),
    name: values.name ?? "lamella",
    allowShell: values["allow-shell"] ?? false,
  });
  // The build has done it for its own Node; a package from npm may meet any.
  if (!hasCompiled()) spawnSync(process.execPath, [compiledFile("kernel/compile-ahead")], { stdio: "ignore" });
  console.log(`Lamella is known to Jupyter: ${folder}`);
  console.log("Start `jupyter lab` or `jupyter notebook` and choose the kernel Lamella.");
  return 0;
}

export async function uninstallCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options });
  const name = values.name ?? "lamella";
  const folder = uninstallKernelspec(placeOf(values), name);
  console.log(folder === undefined ? `There is no kernel "${name}" of Lamella there; nothing was removed.` : `Removed ${folder}`);
  return folder === undefined ? 1 : 0;
}

function placeOf(values: { user?: boolean; prefix?: string; "sys-prefix"?: boolean }): Place {
  const given = [values.user === true, values.prefix !== undefined, values["sys-prefix"] === true].filter(Boolean).length;
  if (given > 1) throw new LamellaError("give one of --user, --prefix and --sys-prefix");
  if (values.prefix !== undefined) return { kind: "prefix", prefix: resolve(values.prefix) };
  return values["sys-prefix"] === true ? { kind: "sys-prefix" } : { kind: "user" };
}
