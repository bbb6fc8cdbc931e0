import { currentEngine } from "../../std/engine/engine.js";
import { executor, type EngineSettings } from "../../std/engine/index.js";

/** Every way in which large products are made: by machine code, with and without AVX-512, by a BLAS where there is one, in WebAssembly. */
export const ways: readonly (Required<Pick<EngineSettings, "blas" | "native">> & { readonly way: string })[] = [
  { way: "machine code", native: "auto", blas: "off" },
  { way: "machine code without AVX-512", native: "avx2", blas: "off" },
  { way: "BLAS", native: "off", blas: "auto" },
  { way: "BLAS and machine code", native: "auto", blas: "system" },
  { way: "WebAssembly", native: "off", blas: "off" },
];

/** Whether large products go to vectors wider than those of WebAssembly, with the settings there are. */
export function hasWideProducts(): boolean {
  executor();
  const multipliers = currentEngine()?.multipliers;
  return (multipliers?.native ?? multipliers?.blas ?? null) !== null;
}
