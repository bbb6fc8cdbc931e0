import { readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { LamellaError } from "../errors.js";

/** How plans are run. Results depend on the number of threads (by rounding), on nothing else of this. */
export interface EngineSettings {
  /** Threads that share a plan. Default: the physical cores, at most 8; `LAMELLA_THREADS`. */
  readonly threads?: number;
  /**
   * `"auto"` looks for a system BLAS where the engine has no machine code for this processor, `"system"` in any case, `"off"` does without,
   * anything else is the path of one. Default: `LAMELLA_BLAS`, else `"auto"`.
   */
  readonly blas?: string;
  /**
   * `"auto"` uses machine code of the engine's own where the processor has AVX2 or AVX-512 (for all that no BLAS was asked to do), `"avx2"`
   * does without AVX-512, `"off"` without any. Default: `LAMELLA_NATIVE`, else `"auto"`.
   */
  readonly native?: "auto" | "avx2" | "off";
  /** `"none"` runs everything in the portable executor, `"plain"` does without relaxed SIMD. Default: `LAMELLA_SIMD`, else the best there is. */
  readonly simd?: "auto" | "plain" | "none";
}

/** Settings with everything decided. */
export interface ResolvedSettings {
  readonly threads: number;
  readonly blas: string;
  readonly native: "auto" | "avx2" | "off";
  readonly simd: "auto" | "plain" | "none";
}

export const mostThreads = 64;

/** @throws LamellaError for a number of threads or a SIMD level that does not exist. */
export function resolveSettings(settings: EngineSettings): ResolvedSettings {
  const asked = settings.threads ?? numberFrom("LAMELLA_THREADS");
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1 || asked > mostThreads)) {
    throw new LamellaError(
      `the engine was asked to use ${asked} threads; a whole number from 1 to ${mostThreads} is needed (LAMELLA_THREADS or configureEngine)`,
    );
  }
  const simd = settings.simd ?? process.env["LAMELLA_SIMD"] ?? "auto";
  if (simd !== "auto" && simd !== "plain" && simd !== "none")
    throw new LamellaError(`LAMELLA_SIMD is "${simd}"; it may be auto, plain or none`);
  const native = settings.native ?? process.env["LAMELLA_NATIVE"] ?? "auto";
  if (native !== "auto" && native !== "avx2" && native !== "off")
    throw new LamellaError(`LAMELLA_NATIVE is "${native}"; it may be auto, avx2 or off`);
  const blas = settings.blas ?? process.env["LAMELLA_BLAS"] ?? "auto";
  return { threads: asked ?? Math.min(physicalCores(), 8), blas, native, simd };
}

function numberFrom(variable: string): number | undefined {
  const text = process.env[variable];
  return text === undefined || text === "" ? undefined : Number(text);
}

/** Cores without their second hardware threads, which add nothing to floating-point work; what the process may use, where that is less. */
export function physicalCores(): number {
  const available = os.availableParallelism();
  if (process.platform !== "linux") return process.arch === "x64" && available >= 4 ? Math.ceil(available / 2) : available;
  try {
    const cores = new Set<string>();
    let socket = "0";
    for (const line of readFileSync("/proc/cpuinfo", "utf8").split("\n")) {
      const [key, value] = line.split(":").map((part) => part.trim());
      if (key === "physical id") socket = value ?? "0";
      if (key === "core id") cores.add(`${socket}/${value}`);
    }
    return cores.size > 0 ? Math.min(available, cores.size) : available;
  } catch {
    return available;
  }
}
