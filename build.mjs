// Builds dist/: the WebAssembly kernels, the grammar, the TypeScript, and the files tsc leaves alone.
// Plain Node on every platform, no shell: `npm ci` on a new machine needs nothing else.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

function step(name, script, args = []) {
  const began = performance.now();
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error) throw error;
  if (status !== 0) {
    console.error(`build: ${name} failed`);
    process.exit(status ?? 1);
  }
  console.log(`build: ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

/** Every file under `folder` that is not TypeScript source: worker scripts, logos, networks in the layer language. */
function* assets(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "assembly") yield* assets(path);
    } else if (/\.(mjs|js|lamella|png|svg|json|css|ohm)$/.test(entry.name)) yield path;
  }
}

step("WebAssembly kernels", "std/engine/assembly/build.mjs");
step("TypeScript", "node_modules/typescript/bin/tsc", ["-p", "tsconfig.json"]);
for (const part of ["std", "dsl", "kernel"]) {
  for (const path of assets(join(root, part))) {
    const target = join(root, "dist", relative(root, path));
    if (existsSync(target) && statSync(target).mtimeMs >= statSync(path).mtimeMs) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}
const command = join(root, "dist", "kernel", "cli", "main.js");
if (existsSync(command)) chmodSync(command, 0o755);
