import type { Variable } from "../../tensor/graph.js";
import { bytesPerElement, sizeOf, type DType, type TypedArray } from "../../tensor/shape.js";
import { Heap, padded } from "./heap.js";
import { askForHugePages, hugePageBytes } from "./huge-pages.js";

const pageBytes = 65_536;
const maximumPages = 65_536; // 4 GiB, all that 32-bit addresses reach

/** Below this lie the kernels' static data (see `lowering/contract.ts`). */
const heapAddress = 0x80000;
/** Memory that has grown beyond this belongs to large nets: huge pages are asked for there. */
const largeBytes = 0x1000000;
/** Left free at the top, so that a last SIMD read past a buffer stays inside. */
const slackBytes = 0x1000;

/**
 * The engine's one memory: shared with the workers and with the system's BLAS, at most 4 GiB, growing as plans need it.
 * Variables and constants live in it as long as they are referred to; workspaces of plans come and go.
 */
export class EngineMemory {
  readonly memory: WebAssembly.Memory;
  readonly heap: Heap;
  /** Every buffer that views were made of: growing gives another, and the views of the old one stay good. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  #huge = false;
  readonly #variables = new FinalizationRegistry<{ address: number; bytes: number }>(({ address, bytes }) =>
    this.heap.free(address, bytes),
  );

  constructor(maximumBytes: number = maximumPages * pageBytes) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: maximumPages, shared: true });
    this.heap = new Heap(heapAddress, maximumBytes - slackBytes);
  }

  /** The address of a new block, or null when memory is exhausted. */
  allocate(bytes: number): number | null {
    const before = Math.ceil(this.heap.end / hugePageBytes) * hugePageBytes;
    const address = this.heap.allocate(bytes);
    if (address === null) return null;
    const missing = this.heap.end + slackBytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      // Grow by at least an eighth: each growth costs a system call and new views everywhere.
      const generous = Math.min(Math.ceil(this.memory.buffer.byteLength / 8), maximumPages * pageBytes - this.memory.buffer.byteLength);
      try {
        this.memory.grow(Math.ceil(Math.max(missing, generous) / pageBytes));
      } catch {
        try {
          this.memory.grow(Math.ceil(missing / pageBytes));
        } catch {
          this.heap.free(address, bytes);
          return null;
        }
      }
    }
    if (!this.#huge && this.heap.end > largeBytes && before < this.memory.buffer.byteLength) {
      askForHugePages(this.memory, before, maximumPages * pageBytes);
      this.#huge = true;
    }
    return address;
  }

  free(address: number, bytes: number): void {
    this.heap.free(address, bytes);
  }

  /** The numbers at an address, shared: what is written here is what the kernels read. */
  view(dtype: DType, address: number, length: number): TypedArray {
    const { buffer } = this.memory;
    this.#buffers.add(buffer);
    switch (dtype) {
      case "f32":
        return new Float32Array(buffer, address, length);
      case "f64":
        return new Float64Array(buffer, address, length);
      case "i32":
        return new Int32Array(buffer, address, length);
      case "u8":
      case "bool":
        return new Uint8Array(buffer, address, length);
    }
  }

  /** Whether the numbers lie in this memory: their address is then the `byteOffset`. */
  owns(numbers: TypedArray): boolean {
    return this.#buffers.has(numbers.buffer);
  }

  /**
   * The address of a variable's numbers. On first use they move into engine memory (or begin there, where nobody has asked
   * for them yet), and stay until the variable is collected; `storage` becomes a view of them.
   */
  addressOf(variable: Variable): number | null {
    const location = variable.location as { memory: EngineMemory; address: number } | null;
    if (location !== null && location.memory === this) return location.address;
    const length = sizeOf(variable.shape);
    const bytes = padded(length * bytesPerElement[variable.dtype]);
    const { end } = this.heap;
    const address = this.allocate(bytes);
    if (address === null) return null;
    variable.moveTo(this.view(variable.dtype, address, length), { memory: this, address }, address >= end);
    this.#variables.register(variable, { address, bytes });
    return address;
  }
}
