import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { engineInfo } from "../../std/engine/index.js";
import { isOurs, kernelsFolder } from "../install/index.js";
import { version } from "./version.js";

/** Says what Lamella finds on this machine and what is missing. Always gives 0: nothing it names is needed. */
export async function doctorCommand(): Promise<number> {
  const rows: (readonly [string, string])[] = [
    ["Lamella", version()],
    ["Node", `${process.version} on ${process.platform} ${process.arch}`],
    ["Processor", `${availableParallelism()} threads, ${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`],
    ["Engine", engine()],
    ["Jupyter", jupyter()],
    ["Kernelspec", kernelspecs()],
  ];
  for (const [what, found] of rows) console.log(`${what.padEnd(12)}${found}`);
  return 0;
}

function engine(): string {
  try {
    return Object.entries(engineInfo())
      .map(([name, value]) => (typeof value === "object" ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`))
      .join(", ");
  } catch (error) {
    return `could not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function jupyter(): string {
  try {
    const text = execFileSync("jupyter", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const found = text.split("\n").filter((line) => line.includes(":") && !line.includes("not installed"));
    return found.map((line) => line.replace(/\s*:\s*/, " ").trim()).join(", ");
  } catch {
    return "not found; `pip install jupyterlab` brings it, `lamella run NOTEBOOK.ipynb` does without";
  }
}

function kernelspecs(): string {
  const folder = kernelsFolder({ kind: "user" });
  const ours = existsSync(folder) ? readdirSync(folder).filter((name) => isOurs(join(folder, name))) : [];
  return ours.length === 0 ? "not installed for this user; `lamella install` does so" : ours.map((name) => join(folder, name)).join(", ");
}
