/**
 * Writes x86-64 machine code: just the instructions that `product-code.ts` and `transform-code.ts` need, in the encodings VEX
 * (AVX2, vectors of 8 numbers) and EVEX (AVX-512, of 16). (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.)
 */
export const register = {
  rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7,
  r8: 8, r9: 9, r10: 10, r11: 11, r12: 12, r13: 13, r14: 14, r15: 15,
} as const; // prettier-ignore

/** A general register. */
export type Register = (typeof register)[keyof typeof register];

/** A place in memory: `base + index * scale + offset`. */
export interface Place {
  readonly base: Register;
  readonly index?: Register;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly offset?: number;
}

/** Conditions of jumps and moves, for signed numbers. */
export const condition = { equal: 0x4, notEqual: 0x5, less: 0xc, notLess: 0xd, notGreater: 0xe, greater: 0xf } as const;
export type Condition = (typeof condition)[keyof typeof condition];

/** A place in the code. */
export class Label {
  position = -1;
  /** Where the 32-bit distances to it are to be written. */
  readonly uses: number[] = [];
}

const fits8 = (value: number): boolean => value >= -128 && value <= 127;

/** How a vector instruction is encoded: its map (1: 0F, 2: 0F38, 3: 0F3A), implied prefix (0: none, 1: 66), opcode, and bit W. */
interface VectorCode {
  readonly map: 1 | 2 | 3;
  readonly prefix: 0 | 1;
  readonly code: number;
  readonly wide?: boolean;
  /** Bytes that the operand in memory has, by which EVEX scales short offsets; default: those of a vector. */
  readonly memoryBytes?: number;
}

const vectorCodes = {
  load: { map: 1, prefix: 0, code: 0x10 },
  store: { map: 1, prefix: 0, code: 0x11 },
  broadcast: { map: 2, prefix: 1, code: 0x18, memoryBytes: 4 },
  add: { map: 1, prefix: 0, code: 0x58 },
  subtract: { map: 1, prefix: 0, code: 0x5c },
  multiply: { map: 1, prefix: 0, code: 0x59 },
  divide: { map: 1, prefix: 0, code: 0x5e },
  /** The smaller one; the last operand, where either is no number. */
  minimum: { map: 1, prefix: 0, code: 0x5d },
  /** The larger one; the last operand, where either is no number. */
  maximum: { map: 1, prefix: 0, code: 0x5f },
  /** What it writes becomes `written + second * place`. */
  multiplyAdd: { map: 2, prefix: 1, code: 0xb8 },
  /** `written * second + place`. */
  timesAdd: { map: 2, prefix: 1, code: 0xa8 },
  /** `written * place + second`. */
  scaleAdd: { map: 2, prefix: 1, code: 0x98 },
  /** `written - second * place`. */
  multiplySubtract: { map: 2, prefix: 1, code: 0xbc },
  /** `second - written * place`. */
  scaleSubtract: { map: 2, prefix: 1, code: 0x9c },
  unpackLow: { map: 1, prefix: 0, code: 0x14 },
  unpackHigh: { map: 1, prefix: 0, code: 0x15 },
  unpackLowPairs: { map: 1, prefix: 1, code: 0x14, wide: true },
  unpackHighPairs: { map: 1, prefix: 1, code: 0x15, wide: true },
  /** AVX-512: quarters of two vectors. */
  shuffleQuarters: { map: 3, prefix: 1, code: 0x23 },
  /** AVX2: halves of two vectors. */
  permuteHalves: { map: 3, prefix: 1, code: 0x06 },
  /** AVX2: what a mask in a vector admits. */
  maskedLoad: { map: 2, prefix: 1, code: 0x2c },
  maskedStore: { map: 2, prefix: 1, code: 0x2e },
  clear: { map: 1, prefix: 1, code: 0xef },
} as const satisfies Record<string, VectorCode>;

/** Bytes of a vector: 32 (AVX2) or 64 (AVX-512). */
export type VectorBytes = 32 | 64;

export class Assembler {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #halved = false;
  length = 0;

  constructor(readonly vectorBytes: VectorBytes) {}

  /** The code, with every label in its place. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #byte(...values: readonly number[]): void {
    if (this.length + values.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  #int32(value: number): void {
    this.#byte(0, 0, 0, 0);
    this.#view.setInt32(this.length - 4, value, true);
  }

  place(label: Label): void {
    label.position = this.length;
    for (const use of label.uses) this.#view.setInt32(use, label.position - use - 4, true);
  }

  here(): Label {
    const label = new Label();
    this.place(label);
    return label;
  }

  #distance(label: Label): void {
    label.uses.push(this.length);
    this.#int32(label.position < 0 ? 0 : label.position - this.length - 4);
  }

  /** ModRM, SIB and offset; `scaled` divides an offset that is a multiple of it (EVEX). */
  #operand(reg: number, place: Place | number, scaled = 1): void {
    if (typeof place === "number") {
      this.#byte(0xc0 | ((reg & 7) << 3) | (place & 7));
      return;
    }
    const { base, index, scale = 1, offset = 0 } = place;
    const short = offset % scaled === 0 && fits8(offset / scaled);
    const mode = offset === 0 && (base & 7) !== 5 ? 0 : short ? 1 : 2;
    const sib = index !== undefined || (base & 7) === 4;
    this.#byte((mode << 6) | ((reg & 7) << 3) | (sib ? 4 : base & 7));
    if (sib) this.#byte((Math.log2(scale) << 6) | (((index ?? 4) & 7) << 3) | (base & 7));
    if (mode === 1) this.#byte((offset / scaled) & 0xff);
    else if (mode === 2) this.#int32(offset);
  }

  /** An instruction on general registers of 64 bits. */
  #general(codes: readonly number[], reg: number, place: Place | number, wide = true): void {
    const [base, index] = typeof place === "number" ? [place, 0] : [place.base, place.index ?? 0];
    this.#byte(0x40 | (wide ? 8 : 0) | ((reg >> 3) << 2) | ((index >> 3) << 1) | (base >> 3), ...codes);
    this.#operand(reg, place);
  }

  move(to: Register, from: Register): void {
    this.#general([0x8b], to, from);
  }

  moveNumber(to: Register, value: number): void {
    this.#general([0xc7], 0, to);
    this.#int32(value);
  }

  /** Loads 64 bits. */
  load(to: Register, from: Place): void {
    this.#general([0x8b], to, from);
  }

  store(to: Place, from: Register): void {
    this.#general([0x89], from, to);
  }

  /** Loads 32 bits; the upper half becomes 0. */
  loadUnsigned(to: Register, from: Place): void {
    this.#general([0x8b], to, from, false);
  }

  /** Loads 32 bits with their sign. */
  loadSigned(to: Register, from: Place): void {
    this.#general([0x63], to, from);
  }

  addressOf(to: Register, place: Place): void {
    this.#general([0x8d], to, place);
  }

  add(to: Register, from: Register | Place): void {
    this.#general([0x03], to, from);
  }

  addNumber(to: Register, value: number): void {
    this.#general([fits8(value) ? 0x83 : 0x81], 0, to);
    if (fits8(value)) this.#byte(value & 0xff);
    else this.#int32(value);
  }

  subtract(to: Register, from: Register | Place): void {
    this.#general([0x2b], to, from);
  }

  multiply(to: Register, from: Register | Place): void {
    this.#general([0x0f, 0xaf], to, from);
  }

  /** rax becomes the quotient of rax by `by`, rdx the remainder. */
  divide(by: Register): void {
    this.#byte(0x48, 0x99);
    this.#general([0xf7], 7, by);
  }

  /** Keeps all but the lowest bits of 64: `bytes` is a power of two up to 64. */
  alignDown(register: Register, bytes: number): void {
    this.#general([0x83], 4, register);
    this.#byte(-bytes & 0xff);
  }

  shiftLeft(register: Register, bits: number): void {
    this.#general([0xc1], 4, register);
    this.#byte(bits);
  }

  shiftRight(register: Register, bits: number): void {
    this.#general([0xc1], 5, register);
    this.#byte(bits);
  }

  compare(left: Register, right: Register | Place): void {
    this.#general([0x3b], left, right);
  }

  compareNumber(left: Register | Place, value: number): void {
    this.#general([fits8(value) ? 0x83 : 0x81], 7, left);
    if (fits8(value)) this.#byte(value & 0xff);
    else this.#int32(value);
  }

  /** Keeps the bits that a number of 32 bits has set. */
  keepBits(register: Register, bits: number): void {
    this.#general([0x81], 4, register, false);
    this.#int32(bits);
  }

  /** Compares with the bits of a number, for `equal` (none is set) and `notEqual`. */
  testNumber(left: Register | Place, bits: number): void {
    this.#general([0xf7], 0, left);
    this.#int32(bits);
  }

  moveIf(when: Condition, to: Register, from: Register): void {
    this.#general([0x0f, 0x40 | when], to, from);
  }

  jump(label: Label): void {
    this.#byte(0xe9);
    this.#distance(label);
  }

  jumpIf(when: Condition, label: Label): void {
    this.#byte(0x0f, 0x80 | when);
    this.#distance(label);
  }

  call(label: Label): void {
    this.#byte(0xe8);
    this.#distance(label);
  }

  /** Calls what a register points at. */
  callAt(register: Register): void {
    this.#byte(0x41 ^ (register < 8 ? 1 : 0), 0xff, 0xd0 | (register & 7));
  }

  /** The address of a label. */
  addressOfLabel(to: Register, label: Label): void {
    this.#byte(0x48 | ((to >> 3) << 2), 0x8d, ((to & 7) << 3) | 5);
    this.#distance(label);
  }

  /** The distance from a label to another, as data. */
  data(from: Label, to: Label): void {
    this.#int32(to.position - from.position);
  }

  /** A 32-bit number, as data. */
  number(value: number): void {
    this.#int32(value);
  }

  push(...registers: readonly Register[]): void {
    for (const each of registers) this.#byte(0x40 | (each >> 3), 0x50 | (each & 7));
  }

  pop(...registers: readonly Register[]): void {
    for (const each of registers) this.#byte(0x40 | (each >> 3), 0x58 | (each & 7));
  }

  return(): void {
    this.#byte(0xc3);
  }

  /** Asks for a line of memory, which is about to be read, or written: there need not be any. */
  prefetch(place: Place, written: boolean): void {
    this.#general([0x0f, written ? 0x0d : 0x18], 1, place, false);
  }

  /** Asks the processor for its features: eax and ecx in; eax, ebx, ecx, edx out. */
  cpuid(): void {
    this.#byte(0x0f, 0xa2);
  }

  /** Which registers the system saves: ecx in; eax, edx out. */
  xgetbv(): void {
    this.#byte(0x0f, 0x01, 0xd0);
  }

  /** The lowest `count` bits of `from` (BMI2), in 32 bits. */
  lowestBits(to: Register, from: Register, count: Register): void {
    this.#vex({ map: 2, prefix: 0, code: 0xf5 }, to, count, from, 0);
  }

  /** Sets a mask register of AVX-512. */
  setMask(mask: number, from: Register): void {
    this.#vex({ map: 1, prefix: 0, code: 0x92 }, mask, 0, from, 0);
  }

  /** To be called before a return to code that uses SSE. */
  clearUpper(): void {
    this.#byte(0xc5, 0xf8, 0x77);
  }

  #vex({ map, prefix, code, wide }: VectorCode, reg: number, second: number, place: Place | number, long: 0 | 1): void {
    const [base, index] = typeof place === "number" ? [place, 0] : [place.base, place.index ?? 0];
    this.#byte(0xc4, ((~reg & 8) << 4) | ((~index & 8) << 3) | ((~base & 8) << 2) | map);
    this.#byte((wide === true ? 0x80 : 0) | ((~second & 15) << 3) | (long << 2) | prefix, code);
    this.#operand(reg, place);
  }

  #evex(
    { map, prefix, code, wide, memoryBytes = 64 }: VectorCode,
    reg: number,
    second: number,
    place: Place | number,
    mask: number,
    zero: boolean,
    broadcast = false,
  ): void {
    // Of a register operand the index bit is the fifth of its number.
    const [base, index] = typeof place === "number" ? [place, place >> 1] : [place.base, place.index ?? 0];
    this.#byte(0x62, ((~reg & 8) << 4) | ((~index & 8) << 3) | ((~base & 8) << 2) | (~reg & 16) | map);
    this.#byte((wide === true ? 0x80 : 0) | ((~second & 15) << 3) | 4 | prefix);
    this.#byte((zero ? 0x80 : 0) | 0x40 | (broadcast ? 0x10 : 0) | ((~second & 16) >> 1) | mask, code);
    this.#operand(reg, place, memoryBytes);
  }

  /**
   * A vector instruction: `reg` is what it writes (a store: what it reads), `second` its other register or 0.
   * @param mask AVX-512: the mask register that says what is written; 0: all. Elsewhere a load gives 0.
   */
  vector(name: keyof typeof vectorCodes, reg: number, second: number, place: Place | number, mask = 0): void {
    const code = vectorCodes[name];
    if (this.vectorBytes === 64) this.#evex(code, reg, second, place, mask, mask !== 0 && name !== "store");
    else this.#vex(code, reg, second, place, this.#halved ? 0 : 1);
  }

  /** AVX2: what is written meanwhile works on halves of vectors; the other halves of the registers that it changes become 0. */
  halves(write: () => void): void {
    this.#halved = true;
    write();
    this.#halved = false;
  }

  /** AVX-512: adds to `reg` the product of `second` and one number in memory. */
  multiplyAddNumber(reg: number, second: number, place: Place): void {
    this.#evex({ ...vectorCodes.multiplyAdd, memoryBytes: 4 }, reg, second, place, 0, false, true);
  }

  /** A shuffle, with the number that says which parts. */
  shuffle(name: "shuffleQuarters" | "permuteHalves", reg: number, second: number, third: number, parts: number): void {
    this.vector(name, reg, second, third);
    this.#byte(parts);
  }
}
