import { createRequire } from "node:module";
import process from "node:process";
import type { NativeAccess } from "../threads/protocol.js";
import { codeOf, nameOf, type Routine } from "./routines.js";
import { featuresCode } from "./features-code.js";
import { productCode } from "./product-code.js";
import { flag, mostColumns, mostDepth, nativeScratchBytes, recordNumbers, tileOf } from "./product-record.js";

export interface NativeProducts {
  /** "AVX-512" or "AVX2". */
  readonly name: string;
  readonly access: NativeAccess;
  /** Where a routine's code is: written when it is first wanted. */
  readonly routine: (routine: Routine) => number;
}

interface Koffi {
  load(path: null): { func(declaration: string): (...values: unknown[]) => number };
  proto(name: null, result: string, parameters: readonly string[]): object;
  call(address: number, type: object): number;
}

const protection = { read: 1, write: 2, execute: 4 } as const;
const mapping = { private: 2, anonymous: 0x20 } as const;
const page = 4096;

/** The addresses of code that was written already: it stays where it is until the process ends. */
const written = new Map<string, number>();

/**
 * Writes the machine code of products into memory of the process: first as data, then, no longer writable, to be executed.
 * @param choice `"auto"`, `"avx2"` (not even where there is AVX-512), or `"off"`.
 * @returns null on other systems than Linux, on other processors than x86-64 with AVX2 and FMA, and where the system refuses.
 */
export function nativeProducts(choice: "auto" | "avx2" | "off"): NativeProducts | null {
  if (choice === "off" || process.platform !== "linux" || process.arch !== "x64") return null;
  try {
    const require = createRequire(import.meta.url);
    const path = require.resolve("koffi");
    const koffi = require(path) as Koffi;
    const system = koffi.load(null);
    const map = system.func("int64 mmap(int64, int64, int, int, int, int64)");
    const copy = system.func("int64 memcpy(int64, const void*, int64)");
    const protect = system.func("int mprotect(int64, int64, int)");
    const place = (name: string, write: () => Uint8Array): number => {
      const known = written.get(name);
      if (known !== undefined) return known;
      const code = write();
      const bytes = Math.ceil(code.length / page) * page;
      const address = Number(map(0, bytes, protection.read | protection.write, mapping.private | mapping.anonymous, -1, 0));
      if (address === -1) throw new Error("no memory for machine code");
      copy(address, code, code.length);
      if (protect(address, bytes, protection.read | protection.execute) !== 0) throw new Error("the system lets no code be written");
      written.set(name, address);
      return address;
    };
    const features = koffi.call(place("features", featuresCode), koffi.proto(null, "int", []));
    if (features === 0) return null;
    const wide = features === 2 && choice === "auto";
    const tile = tileOf(wide ? 64 : 32);
    const name = wide ? "AVX-512" : "AVX2";
    return {
      name,
      routine: (routine) => place(`${name} ${nameOf(routine)}`, () => codeOf(tile.vectorBytes, routine)),
      access: {
        koffi: path,
        code: place(name, () => productCode(tile)),
        rows: tile.rows,
        columns: tile.columns,
        depth: mostDepth,
        width: mostColumns,
        scratchBytes: nativeScratchBytes(tile),
        recordNumbers,
        flags: flag,
      },
    };
  } catch {
    return null;
  }
}
