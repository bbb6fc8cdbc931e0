import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compiledFile } from "../../package-root.js";
import { globalFolders, resolveLocal } from "./local-files.js";

/** `import.meta` of a cell. */
export interface CellMeta {
  readonly url: string;
  readonly dirname: string;
  readonly filename: string;
  resolve(specifier: string): string;
}

export interface CellModules {
  readonly meta: CellMeta;
  readonly require: NodeJS.Require;
  readonly import: (specifier: unknown, names?: readonly string[]) => Promise<Record<string, unknown>>;
}

/** What Node gives to modules only. */
export interface ModuleLoader {
  /** The URL that a specifier leads to from another. */
  resolve(specifier: string, parentUrl: string): string;
  load(url: string): Promise<Record<string, unknown>>;
}

/** Module loading for cells that lie in `directory`: npm packages, local files (TypeScript too), `node:` modules, `lamella`. */
export function cellModules(directory: string, loader: ModuleLoader): CellModules {
  const cell = join(directory, "notebook.mjs");
  const cellUrl = pathToFileURL(cell).href;
  const require = createRequire(cell);
  const resolve = (specifier: string): string => resolveFromCell(specifier, cellUrl, loader);
  return {
    meta: { url: cellUrl, dirname: directory, filename: cell, resolve },
    require,
    async import(specifier, names = []) {
      const url = resolve(String(specifier));
      if (url.endsWith(".json")) {
        const data = JSON.parse(readFileSync(fileURLToPath(url), "utf8")) as Record<string, unknown>;
        return { default: data, ...data };
      }
      if (url.startsWith("file:")) loadTypeScriptFiles();
      return withNames(await loader.load(url), names, String(specifier));
    },
  };
}

let loadsTypeScriptFiles = false;

/** From the first file a cell imports: the hooks are a thread of their own, through which every module after goes. */
function loadTypeScriptFiles(): void {
  if (loadsTypeScriptFiles) return;
  loadsTypeScriptFiles = true;
  register(pathToFileURL(compiledFile("kernel/session/child/typescript-loader")));
}

/** Named imports of a CommonJS module whose names Node could not read off its source are found on its default export. */
function withNames(loaded: Record<string, unknown>, names: readonly string[], specifier: string): Record<string, unknown> {
  const missing = names.filter((name) => !(name in loaded));
  if (missing.length === 0) return loaded;
  const whole = loaded["default"];
  const found: Record<string, unknown> = {};
  for (const name of names) {
    if (name in loaded) found[name] = loaded[name];
    else if (isObject(whole) && name in whole) found[name] = whole[name];
    else if (name === "default" && Object.keys(loaded).length > 0) found[name] = loaded;
    else
      throw new SyntaxError(
        `"${specifier}" has no export named "${name}"; it has ${Object.keys(loaded).slice(0, 20).join(", ") || "none"}`,
      );
  }
  return found;
}

function resolveFromCell(specifier: string, cellUrl: string, loader: ModuleLoader): string {
  if (specifier === "lamella") return pathToFileURL(compiledFile("kernel/lamella")).href;
  const local = resolveLocal(specifier, cellUrl);
  if (local !== undefined) return local;
  try {
    return loader.resolve(specifier, cellUrl);
  } catch (error) {
    for (const folder of globalFolders()) {
      try {
        return loader.resolve(specifier, pathToFileURL(join(dirname(folder), "notebook.mjs")).href);
      } catch {
        // The next folder may have it; if none has, the first error says so.
      }
    }
    const code = (error as { code?: string }).code;
    if (code !== "ERR_MODULE_NOT_FOUND") throw error;
    // Without the folder's path: it would stand in the saved notebook.
    throw new Error(`there is no module "${specifier}" here; run \`npm install ${specifier}\` in the notebook's folder`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null;
}
