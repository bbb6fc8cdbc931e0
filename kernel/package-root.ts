import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds our package.json, from the sources as well as from `dist`. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(from: string): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("Lamella's package.json was not found above " + fileURLToPath(import.meta.url));
  return findPackageRoot(parent);
}

/** A compiled file of ours, by its path in the sources without extension ("kernel/session/child/main"). */
export function compiledFile(path: string): string {
  return join(packageRoot, "dist", ...path.split("/")) + ".js";
}
