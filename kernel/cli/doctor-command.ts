import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { engineInfo } from "../../std/engine/index.js";
import { isOurs, kernelsFolder } from "../install/index.js";
import { version } from "./version.js";

/** Says what Lamella finds on this machine and what more would bring. Always gives 0: nothing it names is needed. */
export async function doctorCommand(): Promise<number> {
  const rows: (readonly [string, string])[] = [
    ["Lamella", version()],
    ["Node", `${process.version} on ${process.platform} ${process.arch}`],
    ["Processor", `${availableParallelism()} threads, ${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`],
    ...engine(),
    ["GPU", "not used: the engine computes on the processor"],
    ["Data", data()],
    ["Jupyter", jupyter()],
    ["Kernelspec", kernelspecs()],
  ];
  for (const [what, found] of rows) console.log(`${what.padEnd(12)}${found}`);
  return 0;
}

/** What computes, a line for each part, and a line for each thing that is missing with what it costs. */
function engine(): (readonly [string, string])[] {
  try {
    const { threads, simd, native, blas, losses } = engineInfo();
    const vectors = {
      relaxed: "WebAssembly SIMD with fused multiply-add",
      plain: "WebAssembly SIMD without fused multiply-add",
      none: "none: everything runs in plain JavaScript, many times slower",
    };
    return [
      ["Threads", `${threads} that compute`],
      ["SIMD", vectors[simd]],
      ["Products", products(native, blas)],
      ...losses.map((loss) => ["", `! ${loss}`] as const),
    ];
  } catch (error) {
    return [["Engine", `could not start: ${error instanceof Error ? error.message : String(error)}`]];
  }
}

/** What multiplies large matrices. */
function products(native: string | null, blas: ReturnType<typeof engineInfo>["blas"]): string {
  const library = blas === null ? "" : `${blas.name}${blas.path === undefined ? "" : ` (${blas.path})`}`;
  if (native !== null && blas !== null) return `${library}; what is no plain product is ${native}, by machine code of Lamella's own`;
  if (native !== null) return `${native}, by machine code of Lamella's own (LAMELLA_NATIVE=off does without, LAMELLA_BLAS names a library)`;
  if (blas !== null) return library;
  return "WebAssembly: neither machine code of Lamella's own nor a system BLAS";
}

function data(): string {
  const folder = process.env["LAMELLA_DATA"];
  return folder === undefined || folder === ""
    ? "LAMELLA_DATA is not set; data sets are downloaded into a cache, or the embedded ones serve"
    : `LAMELLA_DATA is ${folder}${existsSync(folder) ? "" : ", which does not exist"}`;
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
  const ours = kernelsFolders().flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).flatMap((name) => (isOurs(join(folder, name)) ? join(folder, name) : [])) : [],
  );
  return ours.length === 0 ? "not installed where Jupyter looks; `lamella install` does so" : ours.join(", ");
}

/** Every folder in which Jupyter looks for kernels; without Jupyter, this user's. */
function kernelsFolders(): readonly string[] {
  try {
    const { data } = JSON.parse(
      execFileSync("jupyter", ["--paths", "--json"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    ) as {
      data: readonly string[];
    };
    return data.map((folder) => join(folder, "kernels"));
  } catch {
    return [kernelsFolder({ kind: "user" })];
  }
}
