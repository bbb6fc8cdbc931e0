/**
 * Large scripts with what V8 has compiled of them: TypeScript is nine megabytes, and compiling what a first cell needs of it is a fifth
 * of the time until that cell is answered; the runtime of a session is one. The build, and `lamella install`, write a file beside the compiled sources for the Node that
 * runs them; V8 refuses one of another version or other flags, and then compiles as always. The build also shortens the text itself,
 * which is read and kept in memory however little of it is compiled.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";
import { packageRoot } from "./package-root.js";

const scripts = new Map<string, Script>();

const folder = join(packageRoot, "dist", "compiled");
const shortened = join(packageRoot, "dist", "kernel", "shortened");
const suffix = `-${process.version}-${process.platform}-${process.arch}.bin`;

function compiledPath(path: string): string {
  return join(folder, basename(path) + suffix);
}

/** Whether something has been compiled for this Node. */
export function hasCompiled(): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(suffix));
}

/** `require(path)` of a CommonJS script that may have been compiled before. `isAscii`: known to be, which is read in half the time. */
export function requireCompiled(path: string, { isAscii = false } = {}): unknown {
  const require = createRequire(path);
  const known = require.cache[path];
  if (known !== undefined) return known.exports;
  const cachedData = readIfThere(compiledPath(path));
  const script = new Script(Module.wrap(textOf(path, isAscii)), { filename: path, ...(cachedData !== undefined && { cachedData }) });
  scripts.set(path, script);
  const module = new Module(path);
  module.filename = path;
  require.cache[path] = module;
  const run = script.runInThisContext() as (...given: unknown[]) => void;
  run.call(module.exports, module.exports, require, module, path, dirname(path));
  module.loaded = true;
  return module.exports;
}

/** Shortened, where the build has done so for the version that is installed. */
function textOf(path: string, isAscii: boolean): string {
  if (isAscii) return readFileSync(path, "latin1");
  const { version } = JSON.parse(readIfThere(join(dirname(path), "..", "package.json"))?.toString() ?? "{}") as { version?: string };
  const short = readIfThere(join(shortened, `${version}-${basename(path)}`))?.toString("latin1");
  return short ?? readFileSync(path, "utf8");
}

/** Writes what V8 has compiled so far of the scripts that were required; where the folder cannot be written, nothing. */
export function keepCompiled(): void {
  for (const [path, script] of scripts) {
    const target = compiledPath(path);
    try {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(`${target}.new`, script.createCachedData());
      renameSync(`${target}.new`, target);
    } catch {
      // It only saves time.
    }
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
