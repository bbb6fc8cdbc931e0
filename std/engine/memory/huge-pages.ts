import { createRequire } from "node:module";
import process from "node:process";

interface Koffi {
  load(path: null): { func(declaration: string): (address: Uint8Array, bytes: number, advice: number) => number };
}

/** Linux' MADV_HUGEPAGE. */
const wantsHugePages = 14;
export const hugePageBytes = 0x200000;

/**
 * Asks Linux for pages of 2 MiB from `begin` on, where the memory is used by whole mebibytes anyway: a network's first step
 * touches hundreds of them, and a page of 4 KiB at a time that takes longer than the step's own work. A hint: without koffi,
 * which calls the system, and elsewhere all stays as it is.
 * @param end the first address after the memory as it may grow
 */
export function askForHugePages(memory: WebAssembly.Memory, begin: number, end: number): void {
  if (process.platform !== "linux") return;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    koffi.load(null).func("int madvise(void*, size_t, int)")(new Uint8Array(memory.buffer, begin), end - begin, wantsHugePages);
  } catch {
    // There is no koffi here, or no such call.
  }
}
