import { Assembler, condition, Label, register, type Place, type Register, type VectorBytes } from "./assembler.js";
import { imageNetwork, resultsNetwork, tapsNetwork, type Network, type Side } from "./transform-network.js";

/**
 * What a routine is told, all of it numbers of 32 bits: which of the tiles, or of the kernels' elements, are to be done, the first and
 * the one after the last; then these. Distances are in bytes; an address (with a star) is a distance from the start of engine memory,
 * and 0 where there is none.
 */
const fields = {
  winogradImage: [
    "image*", "planes*", "plane", "height", "width", "pixel", "tilesHeight", "tilesWidth", "step", "padHeight", "padWidth",
  ],
  winogradGradient: [
    "image*", "planes*", "plane", "height", "width", "pixel", "tilesHeight", "tilesWidth", "step", "padHeight", "padWidth",
  ],
  winogradResult: [
    "planes*", "plane", "image*", "bias*", "residual*", "relu", "height", "width", "pixel", "tilesHeight", "tilesWidth",
  ],
  winogradKernel: ["weights*", "planes*", "plane", "rowStep", "columnStep"],
  winogradKernelGradient: ["planes*", "plane", "parts", "part", "weights*", "matrix"],
} as const; // prettier-ignore

export type TransformKind = keyof typeof fields;

/** A transform of Winograd's algorithm with tiles of `side` x `side` for kernels of `kernel` x `kernel`. */
export interface TransformRoutine {
  readonly kind: TransformKind;
  readonly side: Side;
  readonly kernel: 3 | 5;
}

/** Elements of kernels are dealt out by so many, tiles one by one. */
export const grainOf = ({ kind }: TransformRoutine): number => (kind === "winogradKernel" || kind === "winogradKernelGradient" ? 16 : 1);

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/** On the stack: a tile between the two passes, another, and masks of rows, each on lines of a cache of its own; and numbers. */
const tileBytes = 36 * 64;
const masksAt = 2 * tileBytes;
const frame = masksAt + 6 * 32 + 320;
const most = 6;

/** A routine, to be called as `routine(memory, record, 1, null)` in the C calling convention of System V. */
export function transformCode(vectorBytes: VectorBytes, routine: TransformRoutine): Uint8Array {
  const code = new Assembler(vectorBytes);
  new TransformWriter(code, routine).write();
  return code.finish();
}

/** Which kind of vectors a tile is made of: whole ones, whole ones at an image's edge, or the last channels. */
interface Variant {
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
 *   what is written: rdx, its columns rbx (three: rcx) bytes apart, the fifth at r11; its rows r12 bytes apart.
 *   r13, r14: columns and rows that lie inside the image, as numbers or as bits.
 *   r15: constants. rbp: what else is known.
 */
class TransformWriter {
  readonly #constants = new Label();
  readonly #constantValues: number[] = [0, -Infinity];
  readonly #masks = new Label();
  readonly #slots = new Map<string, number>();
  readonly #network: Network;
  /** Rows and columns that are read and written. */
  readonly #read: number;
  readonly #written: number;
  /** Extent of a tile of results. */
  readonly #result: number;

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
    this.#result = result;
    this.#read = read;
    this.#written = written;
    this.#network = network;
  }

  get #wide(): boolean {
    return this.code.vectorBytes === 64;
  }

  get #bytes(): VectorBytes {
    return this.code.vectorBytes;
  }

  /** Registers of vectors: for the values of a network, and for what stays. */
  get #registers(): { readonly values: readonly number[]; readonly bias: number; readonly floor: number; readonly mask: number } {
    const values = Array.from({ length: this.#wide ? 18 : 11 }, (_, index) => index);
    return this.#wide ? { values, bias: 18, floor: 19, mask: 0 } : { values, bias: 14, floor: 15, mask: 15 };
  }

  /** Registers of the first constants; others are read from memory. */
  get #constantRegisters(): readonly number[] {
    return Array.from({ length: this.#wide ? 12 : 3 }, (_, index) => (this.#wide ? 20 : 11) + index);
  }

  write(): void {
    const { code } = this;
    const saved = [rbx, rbp, r12, r13, r14, r15] as const;
    // Which constants there are is found out by writing the network down once, for nothing.
    this.#network.assemble(new Assembler(this.#bytes), {
      registers: this.#registers.values,
      constant: (value) => this.#constant(value),
      load: () => {},
      store: () => {},
    });
    code.push(...saved);
    code.move(rbp, rsp);
    code.addNumber(rsp, -frame);
    code.alignDown(rsp, 64);
    this.#readRecord();
    code.addressOfLabel(r15, this.#constants);
    for (const [index, register] of this.#constantRegisters.entries()) {
      const at = index + 2;
      if (at < this.#constantValues.length) code.vector("load", register, 0, { base: r15, offset: at * this.#bytes });
    }
    const { kind } = this.routine;
    if (kind === "winogradKernel") this.#kernels();
    else if (kind === "winogradKernelGradient") this.#kernelGradients();
    else this.#tiles();
    code.move(rsp, rbp);
    code.pop(...saved.toReversed());
    code.clearUpper();
    code.return();
    code.place(this.#constants);
    for (const value of this.#constantValues) for (let lane = 0; lane < this.#bytes / 4; lane++) code.number(bitsOf(value));
    code.place(this.#masks);
    for (let lane = 0; lane < 16; lane++) code.number(lane < 8 ? -1 : 0);
  }

  #constant(value: number): number | Place {
    let at = this.#constantValues.indexOf(value);
    if (at < 0) at = this.#constantValues.push(value) - 1;
    return this.#constantRegisters[at - 2] ?? { base: r15, offset: at * this.#bytes };
  }

  /** Where a number of 64 bits is kept. */
  #slot(name: string): Place {
    let slot = this.#slots.get(name);
    if (slot === undefined) this.#slots.set(name, (slot = this.#slots.size + 1));
    if (slot > 40) throw new Error("a transform keeps too many numbers");
    return { base: rbp, offset: -8 * slot };
  }

  #load(to: Register, name: string): void {
    this.code.load(to, this.#slot(name));
  }

  #store(name: string, from: Register): void {
    this.code.store(this.#slot(name), from);
  }

  /** Leaves the sum in rax. */
  #addTo(name: string, amount: number): void {
    this.#load(rax, name);
    this.code.addNumber(rax, amount);
    this.#store(name, rax);
  }

  #readRecord(): void {
    const { code } = this;
    for (const [index, field] of (["tile", "end", ...fields[this.routine.kind]] as const).entries()) {
      const place = { base: rsi, offset: 4 * index };
      const name = field.replace("*", "");
      if (name === field) code.loadSigned(rax, place);
      else {
        const absent = new Label();
        code.loadUnsigned(rax, place);
        code.compareNumber(rax, 0);
        code.jumpIf(condition.equal, absent);
        code.add(rax, rdi);
        code.place(absent);
      }
      this.#store(name, rax);
    }
  }

  /** A grid of vectors that is read: `corner`, bytes from row to row and from column to column. Uses rax. */
  #setRead(row: Register, column: Register): void {
    const { code } = this;
    code.move(rsi, row);
    code.addressOf(r8, { base: row, index: row, scale: 2 });
    code.move(r10, column);
  }

  #setWritten(row: Register, column: Register): void {
    const { code } = this;
    code.move(r12, row);
    code.move(rbx, column);
    code.addressOf(rcx, { base: column, index: column, scale: 2 });
  }

  #setCorners(): void {
    const { code } = this;
    if (this.#read > 4) code.addressOf(r9, { base: rdi, index: rsi, scale: 4 });
    if (this.#written > 4) code.addressOf(r11, { base: rdx, index: rbx, scale: 4 });
  }

  /** Makes one vector of each number of a tile. Changes rax, rdi, r9, rdx and r11. */
  #tile({ edges, tail, residual = false }: Variant): void {
    const { code } = this;
    const result = this.routine.kind === "winogradResult";
    const { values, mask } = this.#registers;
    const constant = (value: number): number | Place => this.#constant(value);
    const between = (row: number, column: number): Place => ({ base: rsp, offset: (row * most + column) * this.#bytes });
    const outside: { readonly label: Label; readonly after: Label; readonly column: number }[] = [];
    for (let column = 0; column < this.#read; column++) {
      const after = new Label();
      if (column < this.#result) this.#prefetchRead();
      if (edges) {
        const label = new Label();
        outside.push({ label, after, column });
        code.testNumber(r13, 1 << column);
        code.jumpIf(condition.equal, label);
      }
      this.#network.assemble(code, {
        registers: values,
        constant,
        load: (row, vector) => {
          const place = gridPlace(rdi, rsi, r8, r9, row);
          if (this.#wide && edges) code.vector("load", vector, 0, place, 1 + row);
          else if (this.#wide && tail) code.vector("load", vector, 0, place, tailMask);
          else if (edges) {
            code.vector("load", mask, 0, { base: rsp, offset: masksAt + 32 * row });
            code.vector("maskedLoad", vector, mask, place);
          } else code.vector("load", vector, 0, place);
        },
        store: (row, vector) => code.vector("store", vector, 0, between(row, column)),
      });
      code.place(after);
      if (column + 1 === this.#read) break;
      code.add(rdi, r10);
      if (this.#read > 4) code.add(r9, r10);
    }
    const done = new Label();
    if (result) code.addressOf(r11, { base: rdx, index: r12, scale: this.#result as 2 | 4 });
    for (let row = 0; row < this.#written; row++) {
      const rowDone = new Label();
      if (result && row > 0) {
        code.compareNumber(r14, row);
        code.jumpIf(condition.notGreater, done);
      }
      if (residual) {
        this.#load(rax, "residual");
        code.addressOf(rdi, { base: rdx, index: rax });
      }
      this.#network.assemble(code, {
        registers: values,
        constant,
        load: (column, vector) => code.vector("load", vector, 0, between(row, column)),
        store: (column, vector) => {
          if (result) {
            if (column > 0) {
              code.compareNumber(r13, column);
              code.jumpIf(condition.notGreater, rowDone);
            }
            code.prefetch(gridPlace(r11, rbx, rcx, r11, column), true);
            this.#finish(vector, residual ? gridPlace(rdi, rbx, rcx, r11, column) : null, tail);
          }
          code.vector("store", vector, 0, gridPlace(rdx, rbx, rcx, r11, column), this.#wide && tail ? tailMask : 0);
        },
      });
      code.place(rowDone);
      if (row + 1 === this.#written) break;
      code.add(rdx, r12);
      if (this.#written > 4 || result) code.add(r11, r12);
    }
    code.place(done);
    if (outside.length === 0) return;
    const over = new Label();
    code.jump(over);
    for (const { label, after, column } of outside) {
      code.place(label);
      code.vector("clear", 0, 0, 0);
      for (let row = 0; row < this.#written; row++) code.vector("store", 0, 0, between(row, column));
      code.jump(after);
    }
    code.place(over);
  }

  /** Asks for what the tile below reads first, which memory brings meanwhile: windows are too far from sequential for a processor to guess. */
  #prefetchRead(): void {
    const { code, routine } = this;
    if (routine.kind !== "winogradImage" && routine.kind !== "winogradGradient") return;
    if (this.#read === 6) code.addressOf(rax, { base: r9, index: rsi, scale: 2 });
    else code.addressOf(rax, { base: rdi, index: rsi, scale: this.#read as 2 | 4 });
    for (let row = 0; row < this.#result; row++) code.prefetch(gridPlace(rax, rsi, r8, rax, row), false);
  }

  #finish(vector: number, residual: Place | null, tail: boolean): void {
    const { code } = this;
    const { values, bias, floor } = this.#registers;
    code.vector("add", vector, vector, bias);
    if (residual !== null) {
      // No value of a row is in the last register when its results are made.
      const spare = values.at(-1) as number;
      code.vector("load", spare, 0, residual, this.#wide && tail ? tailMask : 0);
      code.vector("add", vector, vector, spare);
    }
    // With the value last, one that is no number stays so.
    code.vector("maximum", vector, floor, vector);
  }

  /** Elements of kernels, vector by vector. */
  #elements(each: () => void): void {
    const { code } = this;
    const done = new Label();
    const next = code.here();
    this.#load(rax, "tile");
    code.compare(rax, this.#slot("end"));
    code.jumpIf(condition.notLess, done);
    code.addNumber(rax, this.#bytes / 4);
    this.#store("tile", rax);
    each();
    code.jump(next);
    code.place(done);
  }

  #kernels(): void {
    const { code, routine } = this;
    this.#load(rax, "rowStep");
    this.#load(r9, "columnStep");
    this.#setRead(rax, r9);
    this.#load(rax, "plane");
    this.#product(r9, rax, routine.side);
    this.#setWritten(r9, rax);
    this.#load(rax, "tile");
    for (const name of ["weights", "planes"]) {
      this.#load(r9, name);
      code.addressOf(r9, { base: r9, index: rax, scale: 4 });
      this.#store(name, r9);
    }
    this.#elements(() => {
      this.#load(rdi, "weights");
      this.#load(rdx, "planes");
      this.#setCorners();
      this.#tile({ edges: false, tail: false });
      for (const name of ["weights", "planes"]) this.#addTo(name, this.#bytes);
    });
  }

  #kernelGradients(): void {
    const { code, routine } = this;
    const { side, kernel } = routine;
    this.#load(rax, "matrix");
    this.#product(r9, rax, kernel);
    this.#setWritten(r9, rax);
    this.#load(rax, "tile");
    for (const name of ["weights", "planes"]) {
      this.#load(r9, name);
      code.addressOf(r9, { base: r9, index: rax, scale: 4 });
      this.#store(name, r9);
    }
    this.#elements(() => {
      const [single, summed] = [new Label(), new Label()];
      this.#load(r13, "parts");
      code.addNumber(r13, -1);
      code.jumpIf(condition.equal, single);
      // Parts are added up first: place by place, at rdi.
      this.#load(rdi, "planes");
      this.#load(r10, "plane");
      this.#load(r14, "part");
      code.addressOf(r9, { base: rsp, offset: tileBytes });
      code.moveNumber(r8, side * side);
      const places = code.here();
      code.vector("load", 0, 0, { base: rdi });
      code.move(rsi, rdi);
      code.move(rax, r13);
      const parts = code.here();
      code.add(rsi, r14);
      code.vector("load", 1, 0, { base: rsi });
      code.vector("add", 0, 0, 1);
      code.addNumber(rax, -1);
      code.jumpIf(condition.notEqual, parts);
      code.vector("store", 0, 0, { base: r9 });
      code.addNumber(r9, this.#bytes);
      code.add(rdi, r10);
      code.addNumber(r8, -1);
      code.jumpIf(condition.notEqual, places);
      code.addressOf(rdi, { base: rsp, offset: tileBytes });
      code.moveNumber(rax, this.#bytes);
      code.jump(summed);
      code.place(single);
      this.#load(rdi, "planes");
      this.#load(rax, "plane");
      code.place(summed);
      this.#product(r9, rax, side);
      this.#setRead(r9, rax);
      this.#load(rdx, "weights");
      this.#setCorners();
      this.#tile({ edges: false, tail: false });
      for (const name of ["weights", "planes"]) this.#addTo(name, this.#bytes);
    });
  }

  #product(to: Register, value: Register, factor: number): void {
    this.code.moveNumber(to, factor);
    this.code.multiply(to, value);
  }

  /** Tiles in the order of images, rows and columns; `image` is at the current image, `planes` at the current tile in the first plane. */
  #tiles(): void {
    const { code, routine } = this;
    const result = routine.kind === "winogradResult";
    const pixel = "pixel";
    this.#load(rax, "image");
    this.#store("written", rax);
    this.#load(rax, "tile");
    this.#load(rcx, pixel);
    code.multiply(rcx, rax);
    code.add(rcx, this.#slot("planes"));
    this.#store("planes", rcx);
    for (const [extent, place] of [["tilesWidth", "x"], ["tilesHeight", "y"]] as const) {
      this.#load(rcx, extent);
      code.divide(rcx);
      this.#store(place, rdx);
    } // prettier-ignore
    this.#load(rcx, "width");
    code.multiply(rcx, this.#slot(pixel));
    this.#store("lead", rcx);
    code.multiply(rcx, this.#slot("height"));
    this.#store("imageBytes", rcx);
    code.multiply(rcx, rax);
    code.add(rcx, this.#slot("image"));
    this.#store("image", rcx);
    // The channels that fill no vector.
    this.#load(rax, pixel);
    code.keepBits(rax, this.#bytes - 1);
    this.#store("tail", rax);
    if (this.#wide) this.#setTailMask();
    if (result) this.#prepareEpilogue();

    const [rows, tiles, done] = [new Label(), new Label(), new Label()];
    code.place(rows);
    this.#beginRow();
    code.place(tiles);
    this.#beginTile();
    this.#channels();
    this.#load(rax, pixel);
    code.add(rax, this.#slot("planes"));
    this.#store("planes", rax);
    this.#addTo("tile", 1);
    code.compare(rax, this.#slot("end"));
    code.jumpIf(condition.notLess, done);
    this.#addTo("x", 1);
    code.compare(rax, this.#slot("tilesWidth"));
    code.jumpIf(condition.less, tiles);
    code.moveNumber(rax, 0);
    this.#store("x", rax);
    this.#addTo("y", 1);
    code.compare(rax, this.#slot("tilesHeight"));
    code.jumpIf(condition.less, rows);
    code.moveNumber(rax, 0);
    this.#store("y", rax);
    this.#load(rax, "imageBytes");
    code.add(rax, this.#slot("image"));
    this.#store("image", rax);
    code.jump(rows);
    code.place(done);
  }

  /** Admits the last channels. */
  #setTailMask(): void {
    const { code } = this;
    this.#load(rcx, "tail");
    code.shiftRight(rcx, 2);
    code.moveNumber(rax, 0xffff);
    code.lowestBits(rax, rax, rcx);
    this.#store("tailMask", rax);
    code.setMask(tailMask, rax);
  }

  #prepareEpilogue(): void {
    const { code } = this;
    const { floor } = this.#registers;
    const [without, added, linear] = [new Label(), new Label(), new Label()];
    // Of zeros, where there is no bias, every vector is the same.
    code.moveNumber(rcx, this.#bytes);
    this.#load(rax, "bias");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.notEqual, added);
    code.addressOfLabel(rax, this.#constants);
    code.moveNumber(rcx, 0);
    code.place(added);
    this.#store("bias", rax);
    this.#store("biasStep", rcx);
    this.#load(rax, "residual");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.equal, without);
    code.subtract(rax, this.#slot("written"));
    this.#store("residual", rax);
    code.place(without);
    code.vector("load", floor, 0, { base: r15, offset: this.#bytes });
    this.#load(rax, "relu");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.equal, linear);
    code.vector("clear", floor, floor, floor);
    code.place(linear);
  }

  /** What the tiles of a row have in common: `row`, where it begins, `left`, the first column of the current tile, and which rows there are. */
  #beginRow(): void {
    const { code } = this;
    const result = this.routine.kind === "winogradResult";
    this.#load(r8, "y");
    this.#multiplyByStep(r8);
    if (result) {
      this.#load(rax, "height");
      code.subtract(rax, r8);
      this.#atMost(rax, this.#written);
      this.#store("rows", rax);
    } else {
      code.subtract(r8, this.#slot("padHeight"));
      this.#bitsInside(rax, r8, "height");
      this.#store("rows", rax);
      code.moveNumber(rdi, 0xffff);
      this.#setRowMasks(rdi);
    }
    code.multiply(r8, this.#slot("lead"));
    code.add(r8, this.#slot("image"));
    this.#store("row", r8);
    this.#load(rax, "x");
    this.#multiplyByStep(rax);
    if (!result) code.subtract(rax, this.#slot("padWidth"));
    this.#store("left", rax);
  }

  #multiplyByStep(register: Register): void {
    const { code } = this;
    if (this.routine.kind !== "winogradResult") {
      code.multiply(register, this.#slot("step"));
      return;
    }
    code.moveNumber(r9, this.#written);
    code.multiply(register, r9);
  }

  /** Uses rcx. */
  #atMost(register: Register, limit: number): void {
    const { code } = this;
    code.moveNumber(rcx, limit);
    code.compare(register, rcx);
    code.moveIf(condition.greater, register, rcx);
  }

  /** A bit for each of the rows or columns from `first` on that lie within an extent. Uses rcx, rdx, rbx and rsi. */
  #bitsInside(to: Register, first: Register, extent: string): void {
    const { code } = this;
    code.moveNumber(rcx, 0);
    code.move(rbx, rcx);
    code.subtract(rcx, first);
    this.#load(rdx, extent);
    code.subtract(rdx, first);
    code.moveNumber(rsi, this.#read);
    for (const bound of [rcx, rdx]) {
      code.compare(bound, rbx);
      code.moveIf(condition.less, bound, rbx);
      code.compare(bound, rsi);
      code.moveIf(condition.greater, bound, rsi);
    }
    code.moveNumber(rsi, -1);
    code.lowestBits(rcx, rsi, rcx);
    code.lowestBits(to, rsi, rdx);
    code.subtract(to, rcx);
  }

  /** Of rows inside the image the channels in `mask` are read, of those outside none. Uses rax and, without mask registers, rcx and rdx. */
  #setRowMasks(mask: Register): void {
    const { code } = this;
    const { mask: vector } = this.#registers;
    if (!this.#wide) {
      code.addressOfLabel(rax, this.#masks);
      code.addressOf(rcx, { base: rax, offset: 32 });
    }
    for (let row = 0; row < this.#read; row++) {
      const chosen = this.#wide ? rax : rdx;
      if (this.#wide) code.moveNumber(rax, 0);
      else code.move(rdx, rcx);
      code.testNumber(this.#slot("rows"), 1 << row);
      code.moveIf(condition.notEqual, chosen, this.#wide ? mask : rax);
      if (this.#wide) code.setMask(1 + row, chosen);
      else {
        code.vector("load", vector, 0, { base: chosen });
        code.vector("store", vector, 0, { base: rsp, offset: masksAt + 32 * row });
      }
    }
  }

  /** Sets up the registers of a tile, and where its first vectors are. */
  #beginTile(): void {
    const { code, routine } = this;
    const result = routine.kind === "winogradResult";
    this.#load(r8, "left");
    if (result) {
      this.#load(r13, "width");
      code.subtract(r13, r8);
      this.#atMost(r13, this.#written);
      this.#load(r14, "rows");
      code.addressOf(rax, { base: r8, offset: this.#written });
    } else {
      this.#bitsInside(r13, r8, "width");
      this.#load(rax, "step");
      code.add(rax, r8);
    }
    this.#store("left", rax);
    this.#load(r9, "pixel");
    code.multiply(r8, r9);
    code.add(r8, this.#slot("row"));
    this.#store(result ? "writtenAt" : "readAt", r8);
    this.#load(rax, "planes");
    this.#store(result ? "readAt" : "writtenAt", rax);
    this.#load(rax, "plane");
    this.#product(r11, rax, routine.side);
    this.#load(r8, "lead");
    if (result) {
      this.#setWritten(r8, r9);
      this.#setRead(r11, rax);
      this.#load(rax, "bias");
      this.#store("biasAt", rax);
    } else {
      this.#setWritten(r11, rax);
      this.#setRead(r8, r9);
    }
  }

  /** All channels of a tile. */
  #channels(): void {
    const { code } = this;
    const image = this.routine.kind !== "winogradResult";
    const [next, last, done] = [new Label(), new Label(), new Label()];
    const each = (write: (variant: Variant) => void, tail: boolean): void => {
      this.#load(rdi, "readAt");
      this.#load(rdx, "writtenAt");
      this.#setCorners();
      const [other, over] = [new Label(), new Label()];
      const both = (first: Variant, second: Variant): void => {
        write(first);
        code.jump(over);
        code.place(other);
        write(second);
        code.place(over);
      };
      if (!image) {
        this.#load(rax, "biasAt");
        code.vector("load", this.#registers.bias, 0, { base: rax }, this.#wide && tail ? tailMask : 0);
        this.#load(rax, "residual");
        code.compareNumber(rax, 0);
        code.jumpIf(condition.notEqual, other);
        both({ edges: false, tail }, { edges: false, tail, residual: true });
      } else if (this.#wide || tail) write({ edges: true, tail });
      else {
        const all = 2 ** this.#read - 1;
        code.compareNumber(r13, all);
        code.jumpIf(condition.notEqual, other);
        code.compareNumber(this.#slot("rows"), all);
        code.jumpIf(condition.notEqual, other);
        both({ edges: false, tail }, { edges: true, tail });
      }
    };
    this.#load(rax, "pixel");
    this.#store("remaining", rax);
    code.place(next);
    this.#addTo("remaining", -this.#bytes);
    code.compareNumber(rax, 0);
    code.jumpIf(condition.less, last);
    each((variant) => this.#tile(variant), false);
    for (const name of ["readAt", "writtenAt"]) this.#addTo(name, this.#bytes);
    if (!image) {
      this.#load(rax, "biasAt");
      code.add(rax, this.#slot("biasStep"));
      this.#store("biasAt", rax);
    }
    code.jump(next);
    code.place(last);
    code.compareNumber(rax, -this.#bytes);
    code.jumpIf(condition.equal, done);
    if (this.#wide) {
      if (image) {
        code.load(rdi, this.#slot("tailMask"));
        this.#setRowMasks(rdi);
      }
      each((variant) => this.#tile(variant), true);
      if (image) {
        code.moveNumber(rdi, 0xffff);
        this.#setRowMasks(rdi);
      }
    } else code.halves(() => each((variant) => this.#tile(variant), true));
    code.place(done);
  }
}

/** The mask register of the last channels. */
const tailMask = 7;

/** The numbers up to 6 of a row: a base, with once and three times the distance in registers, and the place of the fifth. */
function gridPlace(base: Register, once: Register, thrice: Register, fifth: Register, index: number): Place {
  if (index >= 4) return index === 4 ? { base: fifth } : { base: fifth, index: once, scale: 1 };
  if (index === 0) return { base };
  return index === 3 ? { base, index: thrice, scale: 1 } : { base, index: once, scale: index as 1 | 2 };
}

function bitsOf(value: number): number {
  return new Int32Array(new Float32Array([value]).buffer)[0] as number;
}
