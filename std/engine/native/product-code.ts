import { Assembler, condition, Label, register, type Place, type Register, type VectorBytes } from "./assembler.js";

/**
 * A matrix product as machine code reads it: 32-bit numbers, in this order. Distances are in bytes, places are distances from the
 * start of engine memory, and the parts of a matrix that is more than `mostDepth` deep or `mostColumns` wide are products of their own.
 */
export const field = {
  a: 0, b: 1, c: 2, m: 3, n: 4, k: 5,
  /** From a row of A to the next; of a transposed A, from a column. */
  strideA: 6,
  /** From a row of B to the next; of a transposed B, from a column. */
  strideB: 7,
  strideC: 8,
  flags: 9,
  /** How many products of this shape there are, and the distances between their matrices. */
  batch: 10, batchA: 11, batchB: 12, batchC: 13,
  /** Rows of a tile, and how many of the first tiles have a row more. */
  rows: 14, longer: 15,
  /**
   * The depth may be so many segments of k, as the rows of a window are: A goes on so many bytes behind where a segment ends, B lies
   * without a gap.
   */
  segments: 16, segmentA: 17,
  /** One number for each column, and what is added to C: places, for the flags of that name. */
  bias: 18, residual: 19,
} as const; // prettier-ignore

export const recordNumbers = 20;

export const flag = {
  /** Adds to C. */
  accumulate: 1,
  transposedA: 2,
  transposedB: 4,
  /** B is packed before it is used; a transposed one always is. */
  packedB: 8,
  /** A transposed A is packed before it is used. */
  packedA: 16,
  /** A bias is added, then a residual, and what is less than 0 becomes 0. */
  bias: 32,
  residual: 64,
  relu: 128,
} as const;

export const mostDepth = 512;
export const mostColumns = 256;

/** What the code does at most at a time, for vectors of so many bytes. */
export interface Tile {
  readonly vectorBytes: VectorBytes;
  /** Rows of a tile of C: as many as leave registers for the operands. */
  readonly rows: number;
  /** Columns of a tile: two vectors. */
  readonly columns: number;
}

export const tileOf = (vectorBytes: VectorBytes): Tile => ({
  vectorBytes,
  rows: vectorBytes === 64 ? 12 : 6,
  columns: vectorBytes / 2,
});

/** Bytes of scratch that a call needs: a packed tile of A and packed columns of B. */
export function nativeScratchBytes({ rows }: Tile): number {
  return packedTile(rows) + mostDepth * mostColumns * 4 + 64;
}

const packedTile = (rows: number): number => (mostDepth * rows * 4 + 127) & ~63;

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/** What lies on the stack, by its distance from rbp. */
const local = {
  memory: -8, record: -16, count: -24, packedA: -32, packedB: -40, a: -48, b: -56, c: -64, batch: -72, depth: -80,
  rowsLeft: -88, tileA: -96, tileC: -104, longer: -112, rows: -120, fromA: -128, firstB: -136, panel: -144, strideA: -152,
  whole: -160, masked: -168, single: -176, segments: -184, segmentA: -192, segmentsLeft: -200, bias: -208, residual: -216,
  stepA: -224, gapA: -232,
} as const; // prettier-ignore

const frame = 240;
const at = (name: keyof typeof local): Place => ({ base: rbp, offset: local[name] });
const of = (name: keyof typeof field): Place => ({ base: rbx, offset: 4 * field[name] });

/** A tile's columns: two vectors, two with the last under a mask, or one under it. */
const edges = ["whole", "masked", "single"] as const;
type Edge = (typeof edges)[number];

/** Mask registers: of the last vector of a tile; of the first and of the second vector that is packed; of a row of A. */
const masks = { last: 1, first: 2, second: 3, rows: 4 } as const;

/** Vectors of masks, where there are no mask registers. */
const maskVectors = { last: 15, first: 14, second: 15, rows: 15 } as const;

/**
 * `product(memory, records, count, scratch)`: C = A B or C = C + A B for each record, as the C calling convention of System V
 * has it. Tiles of C are kept in registers while the depth is gone through: rows of A are read number by number where they
 * lie, B by vectors, packed into panels of a tile's columns where several tiles read it.
 * (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008.)
 */
export function productCode(tile: Tile): Uint8Array {
  const code = new Assembler(tile.vectorBytes);
  new ProductWriter(code, tile).write();
  return code.finish();
}

/** `features()`: 2 where the processor and the system have AVX-512 (F, BW, DQ, VL), 1 where they have AVX2 and FMA, else 0. */
export function featuresCode(): Uint8Array {
  const code = new Assembler(32);
  const [none, narrow] = [new Label(), new Label()];
  const requireBits = (place: Register, bits: number, otherwise: Label): void => {
    code.move(r9, place);
    code.keepBits(r9, bits);
    code.compareNumber(r9, bits);
    code.jumpIf(condition.notEqual, otherwise);
  };
  code.push(rbx);
  code.moveNumber(r8, 0);
  code.moveNumber(rax, 1);
  code.moveNumber(rcx, 0);
  code.cpuid();
  // FMA, OSXSAVE, AVX.
  requireBits(rcx, (1 << 12) | (1 << 27) | (1 << 28), none);
  code.moveNumber(rcx, 0);
  code.xgetbv();
  code.move(r10, rax);
  requireBits(r10, 0x6, none);
  code.moveNumber(rax, 7);
  code.moveNumber(rcx, 0);
  code.cpuid();
  // AVX2, BMI2.
  requireBits(rbx, (1 << 5) | (1 << 8), none);
  code.moveNumber(r8, 1);
  requireBits(r10, 0xe6, narrow);
  requireBits(rbx, (1 << 16) | (1 << 17) | (1 << 30), narrow);
  code.testNumber(rbx, 1 << 31);
  code.jumpIf(condition.equal, narrow);
  code.moveNumber(r8, 2);
  code.place(narrow);
  code.place(none);
  code.move(rax, r8);
  code.pop(rbx);
  code.return();
  return code.finish();
}

class ProductWriter {
  /** Numbers in a vector. */
  readonly #width: number;
  readonly #panelBytes: number;
  readonly #rowBytes: number;
  readonly #table = new Label();
  readonly #maskTable = new Label();

  constructor(
    readonly code: Assembler,
    readonly tile: Tile,
  ) {
    this.#width = tile.vectorBytes / 4;
    this.#panelBytes = 2 * tile.vectorBytes;
    this.#rowBytes = 4 * tile.rows;
  }

  get #wide(): boolean {
    return this.tile.vectorBytes === 64;
  }

  write(): void {
    this.#driver();
    const { code, tile } = this;
    const kernels: Label[] = [];
    for (const transposed of [false, true])
      for (const edge of edges)
        for (let rows = 1; rows <= tile.rows; rows++) {
          const same = this.#wide && edge === "masked" ? kernels[kernels.length - tile.rows] : undefined;
          kernels.push(same ?? this.#kernel(rows, edge, transposed));
        }
    code.place(this.#table);
    for (const kernel of kernels) code.data(this.#table, kernel);
    code.place(this.#maskTable);
    // A window of 8 numbers into it is a mask of as many ones as wanted.
    for (let at = 0; at < 16; at++) code.number(at < 8 ? -1 : 0);
  }

  /** Admits the first `count` numbers of a vector (all of them, where it is more; none, where it is less than 1). Uses rax. */
  #setMask(which: keyof typeof masks, count: Register): void {
    const { code } = this;
    code.moveNumber(rax, 0);
    code.compareNumber(count, 0);
    code.moveIf(condition.less, count, rax);
    code.moveNumber(rax, this.#width);
    code.compare(count, rax);
    code.moveIf(condition.greater, count, rax);
    if (this.#wide) {
      code.moveNumber(rax, 0xffff);
      code.lowestBits(rax, rax, count);
      code.setMask(masks[which], rax);
      return;
    }
    code.addressOfLabel(rax, this.#maskTable);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.subtract(rax, count);
    code.vector("load", maskVectors[which], 0, { base: rax, offset: 32 });
  }

  #maskedLoad(vector: number, place: Place, which: keyof typeof masks): void {
    if (this.#wide) this.code.vector("load", vector, 0, place, masks[which]);
    else this.code.vector("maskedLoad", vector, maskVectors[which], place);
  }

  #driver(): void {
    const { code } = this;
    const saved = [rbx, rbp, r12, r13, r14, r15] as const;
    code.push(...saved);
    code.move(rbp, rsp);
    code.addNumber(rsp, -frame);
    code.store(at("memory"), rdi);
    code.store(at("record"), rsi);
    code.store(at("count"), rdx);
    code.store(at("packedA"), rcx);
    code.addNumber(rcx, packedTile(this.tile.rows));
    code.store(at("packedB"), rcx);
    const [done, records] = [new Label(), code.here()];
    code.load(rax, at("count"));
    code.addNumber(rax, -1);
    code.jumpIf(condition.less, done);
    code.store(at("count"), rax);
    code.load(rbx, at("record"));
    for (const name of ["a", "b", "c"] as const) {
      code.loadUnsigned(rax, of(name));
      code.add(rax, at("memory"));
      code.store(at(name), rax);
    }
    code.loadSigned(rax, of("batch"));
    code.store(at("batch"), rax);
    const batch = code.here();
    this.#matrix();
    code.load(rbx, at("record"));
    for (const [name, step] of [["a", "batchA"], ["b", "batchB"], ["c", "batchC"]] as const) {
      code.loadSigned(rax, of(step));
      code.add(rax, at(name));
      code.store(at(name), rax);
    } // prettier-ignore
    code.load(rax, at("batch"));
    code.addNumber(rax, -1);
    code.store(at("batch"), rax);
    code.jumpIf(condition.greater, batch);
    code.load(rax, at("record"));
    code.addNumber(rax, 4 * recordNumbers);
    code.store(at("record"), rax);
    code.jump(records);
    code.place(done);
    code.move(rsp, rbp);
    code.pop(...saved.toReversed());
    code.clearUpper();
    code.return();
  }

  /** One product, with its record at rbx: tile by tile. */
  #matrix(): void {
    const { code, tile } = this;
    const [straight, isPacked, direct, prepared] = [new Label(), new Label(), new Label(), new Label()];
    code.loadSigned(r12, of("flags"));
    for (const [to, from] of [
      ["depth", "k"], ["strideA", "strideA"], ["rowsLeft", "m"], ["longer", "longer"], ["segments", "segments"], ["segmentA", "segmentA"],
    ] as const) {
      code.loadSigned(rax, of(from));
      code.store(at(to), rax);
    } // prettier-ignore
    // The residual lies as C does: its distance from there is all that is needed of it.
    code.loadUnsigned(rax, of("residual"));
    code.add(rax, at("memory"));
    code.loadUnsigned(rcx, of("c"));
    code.add(rcx, at("memory"));
    code.subtract(rax, rcx);
    code.store(at("residual"), rax);
    code.load(rax, at("a"));
    code.store(at("tileA"), rax);
    code.load(rax, at("c"));
    code.store(at("tileC"), rax);
    code.loadSigned(r8, of("strideB"));
    code.loadSigned(r15, of("n"));
    code.testNumber(r12, flag.transposedB);
    code.jumpIf(condition.equal, straight);
    this.#packTransposed();
    code.jump(isPacked);
    code.place(straight);
    code.testNumber(r12, flag.packedB);
    code.jumpIf(condition.equal, direct);
    this.#packStraight();
    code.place(isPacked);
    // Panels lie behind each other, as deep as B.
    code.load(rax, at("depth"));
    code.multiply(rax, at("segments"));
    code.moveNumber(r8, this.#panelBytes);
    code.multiply(rax, r8);
    code.store(at("panel"), rax);
    code.load(rax, at("packedB"));
    code.jump(prepared);
    code.place(direct);
    code.moveNumber(rax, this.#panelBytes);
    code.store(at("panel"), rax);
    code.load(rax, at("b"));
    code.place(prepared);
    code.store(at("firstB"), rax);

    const tiles = code.here();
    code.load(rbx, at("record"));
    code.loadSigned(r11, of("strideC"));
    const [even, rowsLie, chosen] = [new Label(), new Label(), new Label()];
    code.loadSigned(rax, of("rows"));
    code.load(rcx, at("longer"));
    code.addNumber(rcx, -1);
    code.store(at("longer"), rcx);
    code.jumpIf(condition.less, even);
    code.addNumber(rax, 1);
    code.place(even);
    code.store(at("rows"), rax);
    code.addressOfLabel(rsi, this.#table);
    code.addressOf(rsi, { base: rsi, index: rax, scale: 4, offset: -4 });
    code.load(rdx, at("tileA"));
    code.load(rcx, at("segmentA"));
    code.store(at("gapA"), rcx);
    code.load(rcx, at("strideA"));
    code.store(at("stepA"), rcx);
    code.testNumber(r12, flag.transposedA);
    code.jumpIf(condition.equal, rowsLie);
    code.addNumber(rsi, 4 * tile.rows * edges.length);
    code.testNumber(r12, flag.packedA);
    code.jumpIf(condition.equal, rowsLie);
    this.#packTile();
    code.load(rdx, at("packedA"));
    code.moveNumber(rcx, this.#rowBytes);
    code.store(at("stepA"), rcx);
    code.moveNumber(rcx, 0);
    code.store(at("gapA"), rcx);
    code.place(rowsLie);
    code.store(at("fromA"), rdx);
    code.loadUnsigned(rax, of("bias"));
    code.add(rax, at("memory"));
    code.store(at("bias"), rax);
    code.addressOfLabel(rdi, this.#table);
    for (const [index, edge] of edges.entries()) {
      code.loadSigned(rax, { base: rsi, offset: 4 * tile.rows * index });
      code.add(rax, rdi);
      code.store(at(edge), rax);
    }
    code.load(r13, at("firstB"));
    code.load(r14, at("tileC"));
    code.loadSigned(r15, of("n"));

    const panels = code.here();
    code.load(rbx, at("whole"));
    code.addressOf(rcx, { base: r15, offset: -this.#width });
    code.compareNumber(r15, tile.columns);
    code.jumpIf(condition.notLess, chosen);
    code.load(rbx, at("masked"));
    code.compareNumber(rcx, 0);
    code.jumpIf(condition.greater, chosen);
    code.load(rbx, at("single"));
    code.move(rcx, r15);
    code.place(chosen);
    this.#setMask("last", rcx);
    code.move(rsi, rbx);
    code.load(rax, at("fromA"));
    code.load(rdx, at("stepA"));
    code.load(rcx, at("segments"));
    code.store(at("segmentsLeft"), rcx);
    code.move(rdi, r13);
    code.load(r9, at("depth"));
    code.move(r10, r14);
    code.callAt(rsi);
    code.load(rax, at("bias"));
    code.addNumber(rax, this.#panelBytes);
    code.store(at("bias"), rax);
    code.add(r13, at("panel"));
    code.addNumber(r14, this.#panelBytes);
    code.addNumber(r15, -tile.columns);
    code.jumpIf(condition.greater, panels);

    const [transposed, stepped, done] = [new Label(), new Label(), new Label()];
    code.load(rcx, at("rows"));
    code.load(rax, at("rowsLeft"));
    code.subtract(rax, rcx);
    code.store(at("rowsLeft"), rax);
    code.jumpIf(condition.notGreater, done);
    code.move(rax, rcx);
    code.multiply(rax, r11);
    code.add(rax, at("tileC"));
    code.store(at("tileC"), rax);
    code.testNumber(r12, flag.transposedA);
    code.jumpIf(condition.notEqual, transposed);
    code.multiply(rcx, at("strideA"));
    code.jump(stepped);
    code.place(transposed);
    code.shiftLeft(rcx, 2);
    code.place(stepped);
    code.add(rcx, at("tileA"));
    code.store(at("tileA"), rcx);
    code.jump(tiles);
    code.place(done);
  }

  /** Copies columns of a transposed A beside each other: depth x rows. Keeps rsi. */
  #packTile(): void {
    const { code } = this;
    code.load(rcx, at("rows"));
    this.#setMask("rows", rcx);
    code.load(r10, at("strideA"));
    code.load(rdi, at("packedA"));
    code.load(rcx, at("segments"));
    const segment = code.here();
    code.load(r9, at("depth"));
    const depth = code.here();
    this.#maskedLoad(0, { base: rdx }, "rows");
    code.vector("store", 0, 0, { base: rdi });
    code.add(rdx, r10);
    code.addNumber(rdi, this.#rowBytes);
    code.addNumber(r9, -1);
    code.jumpIf(condition.greater, depth);
    code.add(rdx, at("segmentA"));
    code.addNumber(rcx, -1);
    code.jumpIf(condition.greater, segment);
  }

  /** Copies the r15 columns of B into panels. */
  #packStraight(): void {
    const { code, tile } = this;
    code.load(rsi, at("b"));
    code.load(rdi, at("packedB"));
    const panels = code.here();
    code.move(rcx, r15);
    this.#setMask("first", rcx);
    code.addressOf(rcx, { base: r15, offset: -this.#width });
    this.#setMask("second", rcx);
    code.load(r9, at("depth"));
    code.multiply(r9, at("segments"));
    code.move(r10, rsi);
    const depth = code.here();
    this.#maskedLoad(0, { base: r10 }, "first");
    this.#maskedLoad(1, { base: r10, offset: tile.vectorBytes }, "second");
    code.vector("store", 0, 0, { base: rdi });
    code.vector("store", 1, 0, { base: rdi, offset: tile.vectorBytes });
    code.add(r10, r8);
    code.addNumber(rdi, this.#panelBytes);
    code.addNumber(r9, -1);
    code.jumpIf(condition.greater, depth);
    code.addNumber(rsi, this.#panelBytes);
    code.addNumber(r15, -tile.columns);
    code.jumpIf(condition.greater, panels);
  }

  /** Copies the r15 columns of a transposed B into panels: half of a panel at a time, in squares of a vector's length. */
  #packTransposed(): void {
    const { code, tile } = this;
    const width = this.#width;
    code.load(rsi, at("b"));
    code.load(rdi, at("packedB"));
    code.moveNumber(r11, 0);
    // r12, the flags, are needed here for which half it is; the record has them.
    code.moveNumber(r12, 0);
    const halves = code.here();
    code.move(r10, rsi);
    code.move(r14, rdi);
    code.load(r9, at("depth"));
    code.multiply(r9, at("segments"));
    const squares = code.here();
    const [few, loaded, ragged, stored] = [new Label(), new Label(), new Label(), new Label()];
    code.move(rcx, r9);
    this.#setMask("first", rcx);
    code.compareNumber(r15, width);
    code.jumpIf(condition.less, few);
    const bases = [rax, rcx, rdx, rbx] as const;
    code.addressOf(r13, { base: r8, index: r8, scale: 2 });
    code.move(rax, r10);
    for (let group = 1; group < width / 4; group++)
      code.addressOf(bases[group] as Register, { base: bases[group - 1] as Register, index: r8, scale: 4 });
    for (let row = 0; row < width; row++) this.#maskedLoad(row, rowOf(bases[row >> 2] as Register, r8, r13, row & 3), "first");
    code.jump(loaded);
    code.place(few);
    // Rows that are not there are the last one again: what comes of them is not stored in C.
    code.move(rax, r10);
    for (let row = 0; row < width; row++) {
      this.#maskedLoad(row, { base: rax }, "first");
      code.move(rdx, r8);
      code.compareNumber(r15, row + 2);
      code.moveIf(condition.less, rdx, r11);
      code.add(rax, rdx);
    }
    code.place(loaded);
    this.#transpose();
    code.compareNumber(r9, width);
    code.jumpIf(condition.less, ragged);
    for (let row = 0; row < width; row++) code.vector("store", row, 0, { base: r14, offset: row * this.#panelBytes });
    code.addNumber(r10, tile.vectorBytes);
    code.addNumber(r14, width * this.#panelBytes);
    code.addNumber(r9, -width);
    code.jumpIf(condition.greater, squares);
    code.jump(stored);
    code.place(ragged);
    for (let row = 0; row < width - 1; row++) {
      code.vector("store", row, 0, { base: r14, offset: row * this.#panelBytes });
      code.compareNumber(r9, row + 1);
      code.jumpIf(condition.equal, stored);
    }
    code.place(stored);
    for (let rows = 0; rows < width; rows += 8) code.addressOf(rsi, { base: rsi, index: r8, scale: 8 });
    const [second, next] = [new Label(), new Label()];
    code.compareNumber(r12, 0);
    code.jumpIf(condition.notEqual, second);
    code.moveNumber(r12, 1);
    code.addNumber(rdi, tile.vectorBytes);
    code.jump(next);
    code.place(second);
    code.moveNumber(r12, 0);
    code.load(rax, at("depth"));
    code.multiply(rax, at("segments"));
    code.moveNumber(rcx, this.#panelBytes);
    code.multiply(rax, rcx);
    code.addressOf(rdi, { base: rdi, index: rax, scale: 1, offset: -tile.vectorBytes });
    code.place(next);
    code.addNumber(r15, -width);
    code.jumpIf(condition.greater, halves);
    code.load(rbx, at("record"));
    code.loadSigned(r12, of("flags"));
  }

  /** Transposes the square in vectors 0 to width - 1, with as many to spare behind them. */
  #transpose(): void {
    const { code } = this;
    const width = this.#width;
    for (let row = 0; row < width; row += 2) {
      code.vector("unpackLow", width + row, row, row + 1);
      code.vector("unpackHigh", width + row + 1, row, row + 1);
    }
    for (let group = 0; group < width; group += 4) {
      const from = width + group;
      code.vector("unpackLowPairs", group, from, from + 2);
      code.vector("unpackHighPairs", group + 1, from, from + 2);
      code.vector("unpackLowPairs", group + 2, from + 1, from + 3);
      code.vector("unpackHighPairs", group + 3, from + 1, from + 3);
    }
    // Vector 4 g + q has, in quarter L, column 4 L + q of the rows 4 g to 4 g + 3.
    if (!this.#wide) {
      for (let q = 0; q < 4; q++) {
        code.shuffle("permuteHalves", width + q, q, 4 + q, 0x20);
        code.shuffle("permuteHalves", 4 + q, q, 4 + q, 0x31);
      }
      for (let q = 0; q < 4; q++) code.vector("load", q, 0, width + q);
      return;
    }
    for (let q = 0; q < 4; q++) {
      const to = width + 4 * q;
      code.shuffle("shuffleQuarters", to, q, 4 + q, 0x88);
      code.shuffle("shuffleQuarters", to + 1, q, 4 + q, 0xdd);
      code.shuffle("shuffleQuarters", to + 2, 8 + q, 12 + q, 0x88);
      code.shuffle("shuffleQuarters", to + 3, 8 + q, 12 + q, 0xdd);
    }
    for (let q = 0; q < 4; q++) {
      const from = width + 4 * q;
      code.shuffle("shuffleQuarters", q, from, from + 2, 0x88);
      code.shuffle("shuffleQuarters", 4 + q, from + 1, from + 3, 0x88);
      code.shuffle("shuffleQuarters", 8 + q, from, from + 2, 0xdd);
      code.shuffle("shuffleQuarters", 12 + q, from + 1, from + 3, 0xdd);
    }
  }

  /**
   * A tile of C: A at rax (its rows rdx bytes apart; of a transposed one, its columns), B at rdi (r8 bytes from row to row), r9 deep, C at r10 (rows r11
   * bytes apart), flags in r12. Changes rax, rbx, rcx, rsi, rdi, r9 and r10.
   */
  #kernel(rows: number, edge: Edge, transposed: boolean): Label {
    const { code, tile } = this;
    const vectors = edge === "single" ? 1 : 2;
    const masked = this.#wide || edge !== "whole";
    const sums = (row: number, vector: number): number => row * vectors + vector;
    const firstB = 2 * tile.rows;
    const spare = firstB + 2;
    const bases = [rax, rbx, rcx] as const;
    const groups = transposed ? 1 : Math.ceil(rows / 4);
    const last = vectors - 1;
    const kernel = code.here();
    for (let row = 0; row < rows; row++)
      for (let vector = 0; vector < vectors; vector++) {
        const sum = sums(row, vector);
        code.vector("clear", sum, sum, sum);
      }
    if (!transposed) {
      if (rows > 3) code.addressOf(rsi, { base: rdx, index: rdx, scale: 2 });
      for (let group = 1; group < groups; group++)
        code.addressOf(bases[group] as Register, { base: bases[group - 1] as Register, index: rdx, scale: 4 });
    }
    const element = (row: number, depth: number): Place => {
      if (transposed) return { base: rax, offset: 4 * row };
      return { ...rowOf(bases[row >> 2] as Register, rdx, rsi, row & 3), offset: 4 * depth };
    };
    const step = (depth: number): void => {
      for (let vector = 0; vector < vectors; vector++) {
        const place = { base: rdi, offset: vector * tile.vectorBytes };
        if (vector === last && masked) this.#maskedLoad(firstB + vector, place, "last");
        else code.vector("load", firstB + vector, 0, place);
      }
      code.add(rdi, r8);
      for (let row = 0; row < rows; row++) {
        if (this.#wide && vectors === 1) {
          code.multiplyAddNumber(sums(row, 0), firstB, element(row, depth));
          continue;
        }
        const factor = spare + (this.#wide ? row & 3 : 0);
        code.vector("broadcast", factor, 0, element(row, depth));
        for (let vector = 0; vector < vectors; vector++) code.vector("multiplyAdd", sums(row, vector), factor, firstB + vector);
      }
      if (transposed) code.add(rax, rdx);
    };
    const advance = (depth: number): void => {
      if (transposed) return;
      for (let group = 0; group < groups; group++) code.addNumber(bases[group] as Register, 4 * depth);
    };
    const [rest, single, summed, ended] = [new Label(), new Label(), new Label(), new Label()];
    const unrolled = 4;
    const segment = code.here();
    code.addNumber(r9, -unrolled);
    code.jumpIf(condition.less, rest);
    const loop = code.here();
    for (let depth = 0; depth < unrolled; depth++) step(depth);
    advance(unrolled);
    code.addNumber(r9, -unrolled);
    code.jumpIf(condition.notLess, loop);
    code.place(rest);
    code.addNumber(r9, unrolled);
    code.jumpIf(condition.equal, summed);
    code.place(single);
    step(0);
    advance(1);
    code.addNumber(r9, -1);
    code.jumpIf(condition.notEqual, single);
    code.place(summed);
    code.load(r9, at("segmentsLeft"));
    code.addNumber(r9, -1);
    code.jumpIf(condition.equal, ended);
    code.store(at("segmentsLeft"), r9);
    for (let group = 0; group < groups; group++) code.add(bases[group] as Register, at("gapA"));
    code.load(r9, at("depth"));
    code.jump(segment);
    code.place(ended);

    this.#store(rows, vectors, sums, spare, masked);
    code.return();
    return kernel;
  }

  /** Stores or adds the sums of a tile; the last vectors of its rows under the mask, where they are `masked`. */
  #store(rows: number, vectors: number, sums: (row: number, vector: number) => number, spare: number, masked: boolean): void {
    const { code, tile } = this;
    const each = (pointer: Register, visit: (sum: number, place: Place, isMasked: boolean) => void): void => {
      for (let row = 0; row < rows; row++) {
        for (let vector = 0; vector < vectors; vector++)
          visit(sums(row, vector), { base: pointer, offset: vector * tile.vectorBytes }, masked && vector === vectors - 1);
        if (row < rows - 1) code.add(pointer, r11);
      }
    };
    const load = (place: Place, isMasked: boolean): void => {
      if (isMasked) this.#maskedLoad(spare, place, "last");
      else code.vector("load", spare, 0, place);
    };
    const where = (bit: number, emit: () => void): void => {
      const without = new Label();
      code.testNumber(r12, bit);
      code.jumpIf(condition.equal, without);
      emit();
      code.place(without);
    };
    const addWhatLies = (): void =>
      each(rax, (sum, place, isMasked) => {
        load(place, isMasked);
        code.vector("add", sum, sum, spare);
      });
    where(flag.accumulate, () => {
      code.move(rax, r10);
      addWhatLies();
    });
    where(flag.bias, () => {
      code.load(rax, at("bias"));
      for (let vector = 0; vector < vectors; vector++) {
        load({ base: rax, offset: vector * tile.vectorBytes }, masked && vector === vectors - 1);
        for (let row = 0; row < rows; row++) code.vector("add", sums(row, vector), sums(row, vector), spare);
      }
    });
    where(flag.residual, () => {
      code.load(rax, at("residual"));
      code.add(rax, r10);
      addWhatLies();
    });
    where(flag.relu, () => {
      code.vector("clear", spare, spare, spare);
      for (let sum = 0; sum < rows * vectors; sum++) code.vector("maximum", sum, spare, sum);
    });
    each(r10, (sum, place, isMasked) => {
      if (!isMasked) code.vector("store", sum, 0, place);
      else if (this.#wide) code.vector("store", sum, 0, place, masks.last);
      else code.vector("maskedStore", sum, maskVectors.last, place);
    });
  }
}

/** Row 0 to 3 from a base, with a row's distance and three times it in registers. */
function rowOf(base: Register, once: Register, thrice: Register, row: number): Place {
  if (row === 0) return { base };
  return row === 3 ? { base, index: thrice, scale: 1 } : { base, index: once, scale: row as 1 | 2 };
}
