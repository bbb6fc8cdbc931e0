import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { LamellaError } from "../../errors.js";
import type { BlasAccess } from "../threads/protocol.js";

export interface FoundBlas {
  readonly name: string;
  /** As it was loaded: a file name that the system's loader resolves, or the path given. */
  readonly path: string;
  readonly access: BlasAccess;
  /** Why it is slower than it could be, or "". */
  readonly loss: string;
}

interface Library {
  func(declaration: string): (...values: unknown[]) => unknown;
}
interface Koffi {
  load(path: string): Library;
}

/** Names by which the system's loader finds a BLAS with the C interface, best first. */
const candidates: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    "libmkl_rt.so.2",
    "libmkl_rt.so",
    "libopenblas.so.0",
    "libopenblas.so",
    "libopenblasp.so.0",
    "libblis.so.4",
    "libblis.so.3",
    "libblis.so",
  ],
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  win32: ["mkl_rt.2.dll", "libopenblas.dll", "openblas.dll"],
};

/** How each library is told to use one thread per call: the engine's own threads share the work. */
const oneThread: readonly { readonly name: string; readonly declaration: string }[] = [
  { name: "OpenBLAS", declaration: "void openblas_set_num_threads(int)" },
  { name: "MKL", declaration: "void MKL_Set_Num_Threads(int)" },
  { name: "BLIS", declaration: "void bli_thread_set_num_threads(int64)" },
];

/** What OpenBLAS' kernels for processors with AVX-512 multiply where it lies (`sgemm_small_kernel_permit` for SkylakeX). */
const smallOfOpenBlas = { product: 1e6, transposedResult: 1200 } as const;

/** Whether a library is an OpenBLAS with those kernels in use. */
function multipliesUnpacked(library: Library): boolean {
  try {
    return /^(SkylakeX|Cooperlake|SapphireRapids)$/i.test(String(library.func("const char* openblas_get_corename()")()));
  } catch {
    return false;
  }
}

/**
 * Looks for a system BLAS.
 * @param choice `"auto"`, `"system"`, `"off"`, or the path of a library.
 * @throws LamellaError when a library was named and cannot be used.
 */
export function findBlas(choice: string): FoundBlas | null {
  if (choice === "off") return null;
  const require = createRequire(import.meta.url);
  const named = !["auto", "system", ""].includes(choice);
  let koffiPath: string;
  let koffi: Koffi;
  try {
    koffiPath = require.resolve("koffi");
    koffi = require(koffiPath) as Koffi;
  } catch (error) {
    if (named)
      throw new LamellaError(`LAMELLA_BLAS names ${choice}, but the package koffi, which calls it, does not load here: ${String(error)}`);
    return null;
  }
  const loss = chooseOpenBlasKernels();
  // Accelerate reads this when it is first called.
  if (process.platform === "darwin") process.env["VECLIB_MAXIMUM_THREADS"] ??= "1";
  for (const path of named ? [choice] : (candidates[process.platform] ?? [])) {
    try {
      const library = koffi.load(path);
      library.func("void cblas_sgemm(int, int, int, int, int, int, float, int64, int, int64, int, float, int64, int)");
      const name = settle(library, path);
      return {
        name,
        path,
        access: { koffi: koffiPath, library: path, unpacked: multipliesUnpacked(library) ? smallOfOpenBlas : null },
        loss: name === "OpenBLAS" ? loss : "",
      };
    } catch (error) {
      if (named)
        throw new LamellaError(
          `LAMELLA_BLAS names ${choice}, which cannot be used as a BLAS (it must offer cblas_sgemm): ${error instanceof Error ? error.message : String(error)}`,
        );
    }
  }
  return null;
}

/** Values of OPENBLAS_CORETYPE for processors without AVX-512 that such a processor can run as well. */
const narrowKernels = ["prescott", "core2", "nehalem", "sandybridge", "haswell", "zen"];

/** Sets one thread per call; gives the library's name. */
function settle(library: Library, path: string): string {
  for (const { name, declaration } of oneThread) {
    try {
      library.func(declaration)(1);
      return name;
    } catch {
      // Not this library.
    }
  }
  return path.includes("Accelerate") ? "Accelerate" : "BLAS";
}

/**
 * OpenBLAS of the years before Zen 4 takes an AMD processor with AVX-512 for a Haswell and runs at half its speed. Its
 * documented variable corrects that; a choice of the user's stands.
 * @returns what that choice costs, or "".
 */
function chooseOpenBlasKernels(): string {
  if (process.platform !== "linux" || process.arch !== "x64") return "";
  try {
    const information = readFileSync("/proc/cpuinfo", "utf8");
    const flags = /^flags\s*:(.*)$/m.exec(information)?.[1]?.split(" ") ?? [];
    const wide = ["avx512f", "avx512dq", "avx512bw", "avx512vl"].every((flag) => flags.includes(flag));
    if (!wide) return "";
    const chosen = process.env["OPENBLAS_CORETYPE"];
    if (chosen === undefined) {
      if (information.includes("AuthenticAMD")) process.env["OPENBLAS_CORETYPE"] = "SkylakeX";
    } else if (narrowKernels.includes(chosen.toLowerCase()))
      return `OPENBLAS_CORETYPE=${chosen} holds OpenBLAS to kernels without AVX-512, which this processor has: large products take twice as long`;
  } catch {
    // Nothing is known of the processor: OpenBLAS decides alone.
  }
  return "";
}
