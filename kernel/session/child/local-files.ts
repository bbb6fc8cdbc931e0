import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * A relative specifier (`./model`, `./model.ts`, `./model.js` for a model.ts) as the URL of a local file. TypeScript files get a
 * version in the URL that grows when the file or one it imports is edited, so that running the import again loads the new code.
 */
export function resolveLocal(specifier: string, parentUrl: string): string | undefined {
  if (!/^\.{1,2}(\/|$)|^\/|^file:/.test(specifier) && !/^[a-z]:[\\/]/i.test(specifier)) return undefined;
  const parent = dirname(fileURLToPath(parentUrl));
  const wanted = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(parent, specifier);
  const path = findFile(wanted);
  if (path === undefined) return undefined;
  const url = pathToFileURL(path).href;
  return isTypeScript(path) ? `${url}?version=${newestEdit(path, new Set())}` : url;
}

export function isTypeScript(path: string): boolean {
  return /\.[mc]?tsx?$/.test(path) && !path.includes("node_modules");
}

function findFile(path: string): string | undefined {
  const stem = path.replace(/\.[mc]?js$/, "");
  const candidates = [
    path,
    stem + ".ts",
    stem + ".tsx",
    stem + ".mts",
    path + ".js",
    path + ".mjs",
    path + ".cjs",
    path + ".json",
    join(path, "index.ts"),
    join(path, "index.js"),
  ];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}

/** The latest modification time, in ms, of a file and of the local TypeScript files it imports. */
function newestEdit(path: string, seen: Set<string>): number {
  if (seen.has(path)) return 0;
  seen.add(path);
  let newest = Math.round(statSync(path).mtimeMs);
  for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)) {
    const imported = findFile(resolve(dirname(path), specifier));
    if (imported !== undefined && isTypeScript(imported)) newest = Math.max(newest, newestEdit(imported, seen));
  }
  return newest;
}

/** `node_modules` folders of packages installed with `npm install --global`, and those of NODE_PATH. */
export function globalFolders(): string[] {
  const beside = dirname(process.execPath);
  const listed = (process.env["NODE_PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...listed, join(beside, "..", "lib", "node_modules"), join(beside, "node_modules")].filter((folder) => existsSync(folder));
}
