import type { Storage } from "./storage.js";

interface Access {
  readonly storage: Storage;
  /** The thread that does it alone, or null. */
  readonly owner: number | null;
}

/** What was read and written since the last barrier, as storages that know where they are. */
export class Accesses {
  #reads: Access[] = [];
  #writes: Access[] = [];

  clear(): void {
    this.#reads = [];
    this.#writes = [];
  }

  add(reads: readonly Storage[], writes: readonly Storage[], owner: number | null): void {
    for (const storage of reads) this.#reads.push({ storage, owner });
    for (const storage of writes) this.#writes.push({ storage, owner });
  }

  /** Whether one thread could touch what another is still at. Calls of one thread follow each other anyway. */
  conflicts(reads: readonly Storage[], writes: readonly Storage[], owner: number | null): boolean {
    const meets = (before: Access, now: Storage): boolean => (owner === null || before.owner !== owner) && overlap(before.storage, now);
    return (
      this.#writes.some(
        (written) => reads.some((storage) => meets(written, storage)) || writes.some((storage) => meets(written, storage)),
      ) || this.#reads.some((read) => writes.some((storage) => meets(read, storage)))
    );
  }
}

function overlap(a: Storage, b: Storage): boolean {
  return a.fixed === b.fixed && a.address < b.address + b.bytes && b.address < a.address + a.bytes;
}
