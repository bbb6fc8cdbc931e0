// Builds the WebAssembly kernels twice, with plain and with relaxed SIMD, into dist/kernels. Does nothing when the sources are unchanged.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const folder = path.dirname(fileURLToPath(import.meta.url));
const output = path.resolve(folder, "../../../dist/kernels");
const sources = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const hash = createHash("sha256");
for (const name of [...sources, "build.mjs"]) hash.update(name).update(readFileSync(path.join(folder, name)));
hash.update(asc.version);
const digest = hash.digest("hex");

const stamp = path.join(output, "sources.sha256");
const builds = { "lamella.simd.wasm": [], "lamella.relaxed.wasm": ["--enable", "relaxed-simd"] };
const upToDate =
  existsSync(stamp) && readFileSync(stamp, "utf8") === digest && Object.keys(builds).every((name) => existsSync(path.join(output, name)));

if (!upToDate) {
  mkdirSync(output, { recursive: true });
  for (const [name, features] of Object.entries(builds)) {
    const { error, stderr } = await asc.main(
      [
        path.relative(process.cwd(), path.join(folder, "index.ts")),
        "--outFile",
        path.relative(process.cwd(), path.join(output, name)),
        "--runtime",
        "stub",
        "--importMemory",
        "--sharedMemory",
        "--initialMemory",
        "1",
        "--maximumMemory",
        "65536",
        "--enable",
        "threads",
        "--enable",
        "simd",
        ...features,
        "--optimizeLevel",
        "3",
        "--shrinkLevel",
        "0",
        "--noAssert",
      ],
      { stdout: process.stdout },
    );
    if (error !== null) {
      process.stderr.write(`${stderr.toString()}\n${name}: ${error.message}\n`);
      process.exit(1);
    }
  }
  writeFileSync(stamp, digest);
}
