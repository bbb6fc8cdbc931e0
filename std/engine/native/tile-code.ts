import { condition, Label, register, type Assembler, type Place, type Register, type VectorBytes } from "./assembler.js";
import { imageNetwork, resultsNetwork, tapsNetwork, type Network } from "./transform-network.js";
import type { TransformRoutine } from "./transforms.js";

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/** On the stack: a tile between the two passes, another, and masks of rows, each on lines of a cache of its own; and numbers. */
export const tileBytes = 36 * 64;
export const masksAt = 2 * tileBytes;
export const frame = masksAt + 6 * 32 + 320;
const most = 6;

/** Which kind of vectors a tile is made of: whole ones, whole ones at an image's edge, or the last channels. */
export interface Variant {
  /** Rows and columns of what is read may lie outside the image. */
  readonly edges: boolean;
  /** Channels are fewer than a vector has. */
  readonly tail: boolean;
  readonly residual?: boolean;
}

/**
 * All routines do the same: of a grid of vectors they transform each column, keep what becomes of it on the stack, and then
 * transform each row of that. Registers while a tile is made:
 *   what is read: rdi, its rows rsi (three: r8) bytes apart, the fifth at r9; its columns r10 bytes apart.
 *   what is written: rdx, its columns rbx (three: rcx) bytes apart, the fifth at r11 (where there is one); its rows r12 bytes apart.
 *   r13, r14: columns and rows that lie inside the image, as numbers or as bits.
 *   r15: constants. rbp: what else is known.
 */
export class TileWriter {
  readonly constants = new Label();
  readonly constantValues: number[] = [0, -Infinity];
  readonly masks = new Label();
  readonly #slots = new Map<string, number>();
  readonly network: Network;
  /** Rows and columns that are read and written. */
  readonly read: number;
  readonly written: number;
  /** Extent of a tile of results. */
  readonly result: number;

  constructor(
    readonly code: Assembler,
    readonly routine: TransformRoutine,
  ) {
    const { kind, side, kernel } = routine;
    const result = side + 1 - kernel;
    const [read, written, network] = {
      winogradImage: () => [side, side, imageNetwork(side)] as const,
      winogradGradient: () => [result, side, tapsNetwork(side, result)] as const,
      winogradResult: () => [side, result, resultsNetwork(side, result)] as const,
      winogradKernel: () => [kernel, side, tapsNetwork(side, kernel)] as const,
      winogradKernelGradient: () => [side, kernel, resultsNetwork(side, kernel)] as const,
    }[kind]();
    this.result = result;
    this.read = read;
    this.written = written;
    this.network = network;
  }

  get wide(): boolean {
    return this.code.vectorBytes === 64;
  }

  get bytes(): VectorBytes {
    return this.code.vectorBytes;
  }

  /** Registers of vectors: for the values of a network, and for what stays. */
  get registers(): { readonly values: readonly number[]; readonly bias: number; readonly floor: number; readonly mask: number } {
    const values = Array.from({ length: this.wide ? 18 : 11 }, (_, index) => index);
    return this.wide ? { values, bias: 18, floor: 19, mask: 0 } : { values, bias: 14, floor: 15, mask: 15 };
  }

  /** Registers of the first constants; others are read from memory. */
  get constantRegisters(): readonly number[] {
    return Array.from({ length: this.wide ? 12 : 3 }, (_, index) => (this.wide ? 20 : 11) + index);
  }

  constant(value: number): number | Place {
    let at = this.constantValues.indexOf(value);
    if (at < 0) at = this.constantValues.push(value) - 1;
    return this.constantRegisters[at - 2] ?? { base: r15, offset: at * this.bytes };
  }

  /** Where a number of 64 bits is kept. */
  slot(name: string): Place {
    let slot = this.#slots.get(name);
    if (slot === undefined) this.#slots.set(name, (slot = this.#slots.size + 1));
    if (slot > 40) throw new Error("a transform keeps too many numbers");
    return { base: rbp, offset: -8 * slot };
  }

  load(to: Register, name: string): void {
    this.code.load(to, this.slot(name));
  }

  store(name: string, from: Register): void {
    this.code.store(this.slot(name), from);
  }

  /** Leaves the sum in rax. */
  addTo(name: string, amount: number): void {
    this.load(rax, name);
    this.code.addNumber(rax, amount);
    this.store(name, rax);
  }

  /** Bytes from row to row and from column to column of what is read. */
  setRead(row: Register, column: Register): void {
    const { code } = this;
    code.move(rsi, row);
    code.addressOf(r8, { base: row, index: row, scale: 2 });
    code.move(r10, column);
  }

  /** Such bytes of what is written. */
  setWritten(row: Register, column: Register): void {
    const { code } = this;
    code.move(r12, row);
    code.move(rbx, column);
    code.addressOf(rcx, { base: column, index: column, scale: 2 });
  }

  /** With the first numbers at rdi and rdx. */
  setCorners(): void {
    const { code } = this;
    if (this.read > 4) code.addressOf(r9, { base: rdi, index: rsi, scale: 4 });
    if (this.written > 4) code.addressOf(r11, { base: rdx, index: rbx, scale: 4 });
  }

  /** Makes one vector of each number of a tile. Changes rax, rdi, r9, rdx and r11. */
  tile({ edges, tail, residual = false }: Variant): void {
    const { code } = this;
    const result = this.routine.kind === "winogradResult";
    const { values, mask } = this.registers;
    const constant = (value: number): number | Place => this.constant(value);
    const between = (row: number, column: number): Place => ({ base: rsp, offset: (row * most + column) * this.bytes });
    const outside: { readonly label: Label; readonly after: Label; readonly column: number }[] = [];
    for (let column = 0; column < this.read; column++) {
      const after = new Label();
      if (column < this.result) this.#prefetchRead();
      if (edges) {
        const label = new Label();
        outside.push({ label, after, column });
        code.testNumber(r13, 1 << column);
        code.jumpIf(condition.equal, label);
      }
      this.network.assemble(code, {
        registers: values,
        constant,
        load: (row, vector) => {
          const place = gridPlace(rdi, rsi, r8, r9, row);
          if (this.wide && edges) code.vector("load", vector, 0, place, 1 + row);
          else if (this.wide && tail) code.vector("load", vector, 0, place, tailMask);
          else if (edges) {
            code.vector("load", mask, 0, { base: rsp, offset: masksAt + 32 * row });
            code.vector("maskedLoad", vector, mask, place);
          } else code.vector("load", vector, 0, place);
        },
        store: (row, vector) => code.vector("store", vector, 0, between(row, column)),
      });
      code.place(after);
      if (column + 1 === this.read) break;
      code.add(rdi, r10);
      if (this.read > 4) code.add(r9, r10);
    }
    const done = new Label();
    if (result) code.addressOf(r11, { base: rdx, index: r12, scale: this.result as 2 | 4 });
    for (let row = 0; row < this.written; row++) {
      const rowDone = new Label();
      if (result && row > 0) {
        code.compareNumber(r14, row);
        code.jumpIf(condition.notGreater, done);
      }
      if (residual) {
        this.load(rax, "residual");
        code.addressOf(rdi, { base: rdx, index: rax });
        code.addressOf(r9, { base: r11, index: rax });
      }
      this.network.assemble(code, {
        registers: values,
        constant,
        load: (column, vector) => code.vector("load", vector, 0, between(row, column)),
        store: (column, vector) => {
          if (result) {
            if (column > 0) {
              code.compareNumber(r13, column);
              code.jumpIf(condition.notGreater, rowDone);
            }
            // The tile below, which memory brings meanwhile.
            code.prefetch(gridPlace(r11, rbx, rcx, r11, column), true);
            if (residual) code.prefetch(gridPlace(r9, rbx, rcx, r9, column), false);
            this.#finish(vector, residual ? gridPlace(rdi, rbx, rcx, r11, column) : null, tail);
          }
          code.vector("store", vector, 0, gridPlace(rdx, rbx, rcx, r11, column), this.wide && tail ? tailMask : 0);
        },
      });
      code.place(rowDone);
      if (row + 1 === this.written) break;
      code.add(rdx, r12);
      if (this.written > 4 || result) code.add(r11, r12);
    }
    code.place(done);
    if (outside.length === 0) return;
    const over = new Label();
    code.jump(over);
    for (const { label, after, column } of outside) {
      code.place(label);
      code.vector("clear", 0, 0, 0);
      for (let row = 0; row < this.written; row++) code.vector("store", 0, 0, between(row, column));
      code.jump(after);
    }
    code.place(over);
  }

  /** Asks for what the tile below reads first, which memory brings meanwhile: windows are too far from sequential for a processor to guess. */
  #prefetchRead(): void {
    const { code, routine } = this;
    if (routine.kind !== "winogradImage" && routine.kind !== "winogradGradient") return;
    if (this.read === 6) code.addressOf(rax, { base: r9, index: rsi, scale: 2 });
    else code.addressOf(rax, { base: rdi, index: rsi, scale: this.read as 2 | 4 });
    for (let row = 0; row < this.result; row++) code.prefetch(gridPlace(rax, rsi, r8, rax, row), false);
  }

  #finish(vector: number, residual: Place | null, tail: boolean): void {
    const { code } = this;
    const { values, bias, floor } = this.registers;
    code.vector("add", vector, vector, bias);
    if (residual !== null) {
      // No value of a row is in the last register when its results are made.
      const spare = values.at(-1) as number;
      code.vector("load", spare, 0, residual, this.wide && tail ? tailMask : 0);
      code.vector("add", vector, vector, spare);
    }
    // With the value last, one that is no number stays so.
    code.vector("maximum", vector, floor, vector);
  }
}

/** The mask register of the last channels. */
export const tailMask = 7;

/** The numbers up to 6 of a row: a base, with once and three times the distance in registers, and the place of the fifth. */
function gridPlace(base: Register, once: Register, thrice: Register, fifth: Register, index: number): Place {
  if (index >= 4) return index === 4 ? { base: fifth } : { base: fifth, index: once, scale: 1 };
  if (index === 0) return { base };
  return index === 3 ? { base, index: thrice, scale: 1 } : { base, index: once, scale: index as 1 | 2 };
}

export function bitsOf(value: number): number {
  return new Int32Array(new Float32Array([value]).buffer)[0] as number;
}
