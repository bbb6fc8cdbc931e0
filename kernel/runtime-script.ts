/**
 * The script that the build makes of `runtime.ts` and all it imports. Everyone gets the same one, with the same state: the session, and
 * whoever imports the package (`dist/kernel/lamella.js` only hands its names on).
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { requireCompiled } from "./compiled-script.js";
import { packageRoot } from "./package-root.js";
import type * as Runtime from "./runtime.js";

const folder = join(packageRoot, "dist", "kernel", "runtime");

/** Its name has a hash of its text, so that nothing compiled of another version is taken for it. */
export function runtimePath(): string {
  const [name] = readdirSync(folder);
  if (name === undefined) throw new Error(`${folder} is empty: run \`npm run build\``);
  return join(folder, name);
}

export function requireRuntime(): typeof Runtime {
  return requireCompiled(runtimePath(), { isAscii: true }) as typeof Runtime;
}
