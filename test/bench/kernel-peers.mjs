import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Cells that declare something new, and a beginning that has completions, in each language. */
const typescript = { declare: (n) => `let v${n} = ${n} * 2;`, member: "Math.co" };
const python = { declare: (n) => `v${n} = ${n} * 2`, member: "str.jo" };

const onPath = (program) =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync);

/**
 * Deno's program is taken from `LAMELLA_BENCH_DENO` (the program, or the folder in which `npm install --ignore-scripts deno` was
 * run), else from the path.
 */
function denoProgram() {
  const given = process.env.LAMELLA_BENCH_DENO;
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  if (given === undefined) return onPath(name);
  const packages = join(given, "node_modules", "@deno");
  if (!existsSync(packages)) return existsSync(given) ? given : undefined;
  return readdirSync(packages)
    .map((folder) => join(packages, folder, name))
    .find(existsSync);
}

function pythonProgram() {
  const program = process.env.PYTHON ?? (existsSync("/usr/bin/python3") ? "/usr/bin/python3" : onPath("python3"));
  if (program === undefined) return undefined;
  try {
    const version = execFileSync(program, ["-c", "import ipykernel; print(ipykernel.__version__)"], { encoding: "utf8", stdio: "pipe" });
    return { program, version: version.trim() };
  } catch {
    return undefined;
  }
}

const versionOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;

/** Lamella and the kernels beside it: how each is started, or why it is not there. */
export function kernels() {
  const tslab = join(root, "node_modules", "tslab");
  const deno = denoProgram();
  const ipython = pythonProgram();
  return [
    {
      name: "lamella",
      argv: [process.execPath, join(root, "dist", "kernel", "cli", "main.js"), "kernel", "{connection_file}"],
      ...typescript,
    },
    existsSync(tslab)
      ? {
          name: `tslab ${versionOf(tslab)}`,
          argv: [process.execPath, join(tslab, "bin", "tslab"), "kernel", "--config-path", "{connection_file}"],
          ...typescript,
        }
      : { name: "tslab", missing: "not installed: npm ci" },
    deno === undefined
      ? { name: "deno", missing: "not found: npm install --ignore-scripts deno elsewhere, and name that folder in LAMELLA_BENCH_DENO" }
      : {
          name: `deno ${/\d+\.\d+\.\d+/.exec(execFileSync(deno, ["--version"], { encoding: "utf8" }))?.[0]}`,
          argv: [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
          ...typescript,
        },
    ipython === undefined
      ? { name: "ipykernel", missing: "not found: Debian's python3-ipykernel, or another Python named in PYTHON" }
      : {
          name: `ipykernel ${ipython.version}`,
          argv: [ipython.program, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
          ...python,
        },
  ];
}
