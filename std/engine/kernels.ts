import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Signature } from "./wasm/encoder.js";
import { exportedSignatures } from "./wasm/signatures.js";

/** The kernels' module, and what it exports. */
export interface Kernels {
  readonly simd: "relaxed" | "plain";
  readonly module: WebAssembly.Module;
  readonly signatures: ReadonlyMap<string, Signature>;
}

/** `(module (func (param v128 v128 v128) (result v128) local.get 0 1 2 f32x4.relaxed_madd))` */
const relaxedProbe = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
); // prettier-ignore

/** `(module (memory 1 1 shared) (func (result v128) i32.const 0 v128.load))`: SIMD and shared memory. */
const plainProbe = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 10, 1, 8, 0, 65, 0, 253, 0, 4, 0, 11,
); // prettier-ignore

/** What this JavaScript engine can run. */
export function simdSupport(): "relaxed" | "plain" | "none" {
  if (typeof SharedArrayBuffer === "undefined" || typeof WebAssembly === "undefined") return "none";
  if (!WebAssembly.validate(plainProbe)) return "none";
  if (WebAssembly.validate(relaxedProbe)) return "relaxed";
  // V8 11.3 of Node 20 has relaxed SIMD complete, one version before it was switched on by default.
  if (process.versions.v8.startsWith("11.")) {
    setFlagsFromString("--experimental-wasm-relaxed-simd");
    if (WebAssembly.validate(relaxedProbe)) return "relaxed";
  }
  return "plain";
}

/**
 * Loads the built kernels; null when they are not there (`npm run build` makes them) or cannot run.
 * They lie in `dist/kernels` of the package, whether this file runs from `std/` or from `dist/std/`.
 */
export function loadKernels(wanted: "auto" | "plain" | "none"): Kernels | null {
  const support = wanted === "none" ? "none" : simdSupport();
  if (support === "none") return null;
  const order = support === "relaxed" && wanted === "auto" ? (["relaxed", "plain"] as const) : (["plain"] as const);
  const here = path.dirname(fileURLToPath(import.meta.url));
  for (const simd of order) {
    const name = simd === "relaxed" ? "lamella.relaxed.wasm" : "lamella.simd.wasm";
    for (const folder of [path.resolve(here, "../../kernels"), path.resolve(here, "../../dist/kernels")]) {
      let binary: Uint8Array;
      try {
        binary = readFileSync(path.join(folder, name));
      } catch {
        continue;
      }
      return { simd, module: new WebAssembly.Module(binary), signatures: exportedSignatures(binary) };
    }
  }
  return null;
}
