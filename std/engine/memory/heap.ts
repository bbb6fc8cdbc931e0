/** Addresses are multiples of this: a cache line, so that threads do not share one and SIMD loads are aligned. */
export const alignment = 64;

export function padded(bytes: number): number {
  return Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
}

interface Block {
  address: number;
  bytes: number;
}

/**
 * Who owns which bytes of the engine's memory: best fit over a sorted list of free blocks, neighbours joined when freed.
 * Holds variables, constants and the plans' workspaces; blocks are few and live long.
 */
export class Heap {
  readonly #free: Block[] = [];
  #end: number;

  /**
   * @param start the first usable address.
   * @param limit the first address that can never be used.
   */
  constructor(
    readonly start: number,
    readonly limit: number,
  ) {
    this.#end = start;
  }

  /** The end of what was ever handed out; memory must reach at least here. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that one block could have at most. */
  get largest(): number {
    const last = this.#free.at(-1);
    const tail = this.limit - this.#end + (last !== undefined && last.address + last.bytes === this.#end ? last.bytes : 0);
    return this.#free.reduce((most, block) => Math.max(most, block.bytes), tail);
  }

  /** Bytes handed out and not given back. */
  get used(): number {
    return this.#end - this.start - this.#free.reduce((sum, block) => sum + block.bytes, 0);
  }

  /** The address of a new block, or null when nothing that large is left. */
  allocate(wanted: number): number | null {
    const bytes = padded(wanted);
    let best = -1;
    for (const [index, block] of this.#free.entries()) {
      if (block.bytes >= bytes && (best < 0 || block.bytes < (this.#free[best] as Block).bytes)) best = index;
    }
    if (best >= 0) {
      const block = this.#free[best] as Block;
      const address = block.address;
      if (block.bytes === bytes) this.#free.splice(best, 1);
      else {
        block.address += bytes;
        block.bytes -= bytes;
      }
      return address;
    }
    const last = this.#free.at(-1);
    const extends_ = last !== undefined && last.address + last.bytes === this.#end;
    const address = extends_ ? last.address : this.#end;
    if (address + bytes > this.limit) return null;
    if (extends_) this.#free.pop();
    this.#end = address + bytes;
    return address;
  }

  free(address: number, wanted: number): void {
    const bytes = padded(wanted);
    let at = this.#free.findIndex((block) => block.address > address);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { address, bytes });
    this.#join(at);
    if (at > 0) this.#join(at - 1);
  }

  #join(at: number): void {
    const block = this.#free[at];
    const next = this.#free[at + 1];
    if (block === undefined || next === undefined || block.address + block.bytes !== next.address) return;
    block.bytes += next.bytes;
    this.#free.splice(at + 1, 1);
  }
}
