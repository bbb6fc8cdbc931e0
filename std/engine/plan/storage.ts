import type { Address } from "../lowering/contract.js";
import { padded } from "../memory/heap.js";

/** A block of memory that tensors of a plan live in: in the plan's workspace, or at a fixed place (variables, constants). */
export class Storage {
  readonly bytes: number;
  /** Where it is: an absolute address when `fixed`, else an offset into the workspace, set by `layOut`. */
  address: number;
  readonly fixed: boolean;
  /** The first and last position in the order of units at which the block is in use. */
  first = Infinity;
  last = -1;

  constructor(bytes: number, fixedAddress: number | null = null) {
    this.bytes = padded(bytes);
    this.fixed = fixedAddress !== null;
    this.address = fixedAddress ?? -1;
  }

  use(position: number): void {
    this.first = Math.min(this.first, position);
    this.last = Math.max(this.last, position);
  }
}

/** A place in a storage; it gets its number when storages have theirs. */
export class PlanAddress implements Address {
  constructor(
    readonly storage: Storage,
    readonly offset = 0,
  ) {}

  plus(bytes: number): PlanAddress {
    return new PlanAddress(this.storage, this.offset + bytes);
  }

  get value(): number {
    return this.storage.address + this.offset;
  }
}

/**
 * Gives every workspace storage its offset: the largest first, each into the smallest gap left by those that are in use at
 * the same time. Never worse than a few per cent above the greatest sum of simultaneous needs on real networks.
 * @returns the bytes of the workspace.
 */
export function layOut(storages: readonly Storage[]): number {
  const bySize = [...storages].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const placed: Storage[] = [];
  let end = 0;
  for (const storage of bySize) {
    const rivals = placed.filter((other) => other.first <= storage.last && other.last >= storage.first);
    let address = 0;
    let best = -1;
    let bestGap = Infinity;
    for (const rival of rivals) {
      const gap = rival.address - address;
      if (gap >= storage.bytes && gap < bestGap) {
        best = address;
        bestGap = gap;
      }
      address = Math.max(address, rival.address + rival.bytes);
    }
    storage.address = best >= 0 ? best : address;
    end = Math.max(end, storage.address + storage.bytes);
    // Kept sorted by address, so that gaps are seen in one pass.
    let at = placed.length;
    while (at > 0 && (placed[at - 1] as Storage).address > storage.address) at--;
    placed.splice(at, 0, storage);
  }
  return end;
}
