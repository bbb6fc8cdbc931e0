// Builds dist/: the WebAssembly kernels, the grammar, the TypeScript, and the files tsc leaves alone.
// Plain Node on every platform, no shell: `npm ci` on a new machine needs nothing else.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";

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

/** What is started or imported from outside: the package, the command line, each process and thread of the kernel. */
const entryPoints = [
  "kernel/cli/main",
  "kernel/cells/compiler-thread",
  "kernel/compile-ahead",
  "kernel/session/child/main",
  "kernel/session/child/helper",
  "kernel/session/child/typescript-loader",
];

const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** Packages of many small modules that every session needs. */
const inBundles = ["ohm-js", "fflate"];
const external = Object.keys(dependencies).filter((name) => !inBundles.includes(name));

/**
 * Puts the modules behind each entry point into one file and a few shared ones, in the place of what tsc wrote: Node spends more time
 * on finding and reading hundreds of small modules than on running them. Nothing is renamed or shortened.
 */
async function bundle() {
  const began = performance.now();
  const dist = join(root, "dist");
  const shared = "kernel/bundled";
  rmSync(join(dist, shared), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: entryPoints.map((path) => join(dist, `${path}.js`)),
    outbase: dist,
    outdir: dist,
    allowOverwrite: true,
    chunkNames: `${shared}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external,
    logLevel: "warning",
  });
  console.log(`build: bundles (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

/** Writes the script of `kernel/runtime-script.ts`, and makes the package's own module hand on what is in it. */
async function bundleRuntime() {
  const began = performance.now();
  const kernel = join(root, "dist", "kernel");
  const folder = join(kernel, "runtime");
  for (const stale of [folder, join(root, "dist", "compiled")]) rmSync(stale, { recursive: true, force: true });
  const options = { absWorkingDir: root, bundle: true, platform: "node", target: "node20", external, logLevel: "warning" };
  const { outputFiles } = await build({
    ...options,
    write: false,
    entryPoints: [join(kernel, "runtime.js")],
    outdir: folder,
    entryNames: "[name]-[hash]",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    // Without the comments, which have other characters than those of ASCII.
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "moduleUrl" },
  });
  mkdirSync(folder, { recursive: true });
  // esbuild leaves regular expressions as they are.
  const escaped = (text) => text.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  for (const { path, text } of outputFiles) writeFileSync(path, escaped(text));
  const path = join(kernel, "lamella.js");
  const { metafile } = await build({ ...options, entryPoints: [path], write: false, outdir: kernel, format: "esm", metafile: true });
  const names = Object.values(metafile.outputs).flatMap(({ exports }) => exports);
  const lines = [
    'import { requireRuntime } from "./runtime-script.js";',
    `export const { ${names.join(", ")} } = requireRuntime().lamella;`,
  ];
  writeFileSync(path, lines.join("\n") + "\n");
  console.log(`build: runtime (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

/** Writes what `kernel/compiled-script.ts` reads instead of the nine megabytes of tslab's TypeScript. */
function shortenTypeScript() {
  const began = performance.now();
  const require = createRequire(createRequire(import.meta.url).resolve("tslab/package.json"));
  const { version } = require("@tslab/typescript-for-tslab/package.json");
  const text = readFileSync(require.resolve("@tslab/typescript-for-tslab"), "utf8");
  const { code } = transformSync(text, { minify: true, charset: "ascii", legalComments: "none", target: "node20", platform: "node" });
  const folder = join(root, "dist", "kernel", "shortened");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const notice =
    `/* TypeScript (Copyright Microsoft Corporation, Apache License 2.0) as patched in @tslab/typescript-for-tslab ${version}, ` +
    "shortened; that package has it whole, with its license. */\n";
  writeFileSync(join(folder, `${version}-typescript.js`), notice + code);
  console.log(`build: shortened TypeScript (${((performance.now() - began) / 1000).toFixed(1)} s)`);
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
step("declarations of cells", "dist/kernel/declarations/prepare.js");
await bundle();
await bundleRuntime();
shortenTypeScript();
step("compiled TypeScript", "dist/kernel/compile-ahead.js");
const command = join(root, "dist", "kernel", "cli", "main.js");
if (existsSync(command)) chmodSync(command, 0o755);
