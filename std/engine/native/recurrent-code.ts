import { Assembler, condition, Label, register, type Place, type Register, type VectorBytes } from "./assembler.js";

/**
 * What a routine is told, as those of `transforms.ts`: which of the sequences are to be done, the first and the one after the last;
 * then these, for one time. Distances, from sequence to sequence, are in bytes; `row` is a state's length.
 */
export const recurrentFields = {
  lstmStep: ["z*", "gateLead", "sums*", "before*", "beforeLead", "cells*", "y*", "stateLead", "gates*", "last*", "row"],
  lstmGradientStep: ["gates*", "gateLead", "cells*", "stateLead", "before*", "beforeLead", "gy*", "gz*", "gh*", "gc*", "row"],
} as const;

export type RecurrentKind = keyof typeof recurrentFields;

/** One time of an LSTM, or of its gradient. */
export interface RecurrentRoutine {
  readonly kind: RecurrentKind;
}

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/** tanh on [-7.9, 7.9] as a quotient of polynomials (Eigen's `ptanh`; see `assembly/math.ts`). */
const bound = 7.90531110763549805;
const numerator = [-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3]; // prettier-ignore
const denominator = [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3];
const constants = [bound, -bound, 0.5, 1, ...numerator, ...denominator];

/** Vector registers of what stays, and of a tanh while it is made. */
const stays = { upper: 10, lower: 11, half: 12, one: 13, mask: 15 } as const;
const work = { square: 0, above: 1, below: 2 } as const;

/** Pointers into each sequence, where they are kept, and how far apart the sequences are. */
const pointers = {
  lstmStep: [
    [rax, "z", "gateLead"], [rcx, "sums", "gates"], [rdx, "before", "beforeLead"], [rbx, "cells", "stateLead"], [rdi, "y", "stateLead"],
    [r8, "gates", "gateLead"], [r12, "last", "row"],
  ],
  lstmGradientStep: [
    [rax, "gates", "gateLead"], [rcx, "cells", "stateLead"], [rdx, "before", "beforeLead"], [rbx, "gy", "stateLead"], [rdi, "gz", "gateLead"],
    [r8, "gh", "row"], [r12, "gc", "row"],
  ],
} as const; // prettier-ignore

const frame = 8 * 20;

/** `routine(memory, record)`, as the C calling convention of System V has it. */
export function recurrentCode(vectorBytes: VectorBytes, { kind }: RecurrentRoutine): Uint8Array {
  const code = new Assembler(vectorBytes);
  new RecurrentWriter(code, kind).write();
  return code.finish();
}

class RecurrentWriter {
  readonly #table = new Label();
  readonly #masks = new Label();
  readonly #width: number;

  constructor(
    readonly code: Assembler,
    readonly kind: RecurrentKind,
  ) {
    this.#width = code.vectorBytes / 4;
  }

  get #wide(): boolean {
    return this.code.vectorBytes === 64;
  }

  #field(name: string): { readonly place: Place; readonly address: boolean } {
    const fields: readonly string[] = recurrentFields[this.kind];
    const index = fields.findIndex((field) => field === name || field === `${name}*`);
    return { place: { base: rsi, offset: 4 * (index + 2) }, address: fields[index]?.endsWith("*") === true };
  }

  write(): void {
    const { code, kind } = this;
    const saved = [rbx, rbp, r12, r13, r14, r15] as const;
    const all = pointers[kind];
    const start = (index: number): Place => ({ base: rbp, offset: -8 * (2 * index + 1) });
    const lead = (index: number): Place => ({ base: rbp, offset: -8 * (2 * index + 2) });
    code.push(...saved);
    code.move(rbp, rsp);
    code.addNumber(rsp, -frame);
    code.addressOfLabel(r15, this.#table);
    for (const [index, vector] of [stays.upper, stays.lower, stays.half, stays.one].entries())
      code.vector("load", vector, 0, this.#constant(index));
    code.loadUnsigned(r9, this.#field("row").place);
    code.addressOf(r10, { base: r9, index: r9, scale: 2 });
    code.loadSigned(r13, { base: rsi });
    for (const [index, [, name, apart]] of all.entries()) {
      if (apart === "gates") {
        code.move(rax, r9);
        code.shiftLeft(rax, 2);
      } else code.loadUnsigned(rax, this.#field(apart).place);
      code.store(lead(index), rax);
      code.multiply(rax, r13);
      const { place } = this.#field(name);
      code.loadUnsigned(rcx, place);
      code.add(rax, rcx);
      code.add(rax, rdi);
      code.store(start(index), rax);
    }
    // Whether the last cells are wanted, in what is left of the frame.
    const last: Place = { base: rbp, offset: -8 * 16 };
    if (kind === "lstmStep") {
      code.loadUnsigned(rax, this.#field("last").place);
      code.store(last, rax);
    }
    code.loadSigned(r14, { base: rsi, offset: 4 });
    code.subtract(r14, r13);

    const [sequences, ended] = [code.here(), new Label()];
    for (const [index, [pointer]] of all.entries()) code.load(pointer, start(index));
    code.move(r11, r9);
    const [vectors, tail] = [code.here(), new Label()];
    code.compareNumber(r11, code.vectorBytes);
    code.jumpIf(condition.less, tail);
    this.#vector(false, last);
    for (const [pointer] of all) code.addNumber(pointer, code.vectorBytes);
    code.addNumber(r11, -code.vectorBytes);
    code.jump(vectors);
    code.place(tail);
    code.compareNumber(r11, 0);
    code.jumpIf(condition.equal, ended);
    this.#setMask();
    this.#vector(true, last);
    code.place(ended);
    for (const [index, [pointer]] of all.entries()) {
      code.load(pointer, start(index));
      code.add(pointer, lead(index));
      code.store(start(index), pointer);
    }
    code.addNumber(r14, -1);
    code.jumpIf(condition.greater, sequences);
    code.move(rsp, rbp);
    code.pop(...saved.toReversed());
    code.clearUpper();
    code.return();

    code.place(this.#table);
    const bits = new Int32Array(new Float32Array(constants).buffer);
    for (const value of bits) for (let lane = 0; lane < this.#width; lane++) code.number(value);
    code.place(this.#masks);
    // A window of 8 numbers into it is a mask of as many ones as wanted.
    for (let at = 0; at < 16; at++) code.number(at < 8 ? -1 : 0);
  }

  #constant(index: number): Place {
    return { base: r15, offset: index * this.code.vectorBytes };
  }

  /** Admits the numbers of the r11 bytes that are left. Changes rsi. */
  #setMask(): void {
    const { code } = this;
    if (this.#wide) {
      code.move(rsi, r11);
      code.shiftRight(rsi, 2);
      code.moveNumber(r13, 0xffff);
      code.lowestBits(r13, r13, rsi);
      code.setMask(1, r13);
      return;
    }
    code.addressOfLabel(rsi, this.#masks);
    code.subtract(rsi, r11);
    code.vector("load", stays.mask, 0, { base: rsi, offset: 32 });
  }

  #load(vector: number, place: Place, tail: boolean): void {
    if (!tail) this.code.vector("load", vector, 0, place);
    else if (this.#wide) this.code.vector("load", vector, 0, place, 1);
    else this.code.vector("maskedLoad", vector, stays.mask, place);
  }

  #store(vector: number, place: Place, tail: boolean): void {
    if (!tail) this.code.vector("store", vector, 0, place);
    else if (this.#wide) this.code.vector("store", vector, 0, place, 1);
    else this.code.vector("maskedStore", vector, stays.mask, place);
  }

  /** In place. Changes the vectors of `work`. */
  #tanh(x: number): void {
    const { code } = this;
    const { square, above, below } = work;
    // Where x is no number it stays one: the second operand is what is written then.
    code.vector("minimum", x, stays.upper, x);
    code.vector("maximum", x, stays.lower, x);
    code.vector("multiply", square, x, x);
    for (const [sum, first, count] of [[above, 4, numerator.length], [below, 4 + numerator.length, denominator.length]] as const) {
      code.vector("load", sum, 0, this.#constant(first));
      for (let at = 1; at < count; at++) code.vector("timesAdd", sum, square, this.#constant(first + at));
    } // prettier-ignore
    code.vector("multiply", x, x, above);
    code.vector("divide", x, x, below);
  }

  /** 1 / (1 + e^-x) as (1 + tanh(x / 2)) / 2, in place. */
  #logistic(x: number): void {
    const { code } = this;
    code.vector("multiply", x, x, stays.half);
    this.#tanh(x);
    code.vector("timesAdd", x, stays.half, stays.half);
  }

  #vector(tail: boolean, last: Place): void {
    if (this.kind === "lstmStep") this.#step(tail, last);
    else this.#gradient(tail);
  }

  #step(tail: boolean, last: Place): void {
    const { code } = this;
    const [input, forget, candidate, output, cell, other] = [4, 5, 6, 7, 8, 9] as const;
    for (const [gate, vector] of [input, forget, candidate, output].entries()) {
      this.#load(vector, gateOf(rax, gate), tail);
      this.#load(other, gateOf(rcx, gate), tail);
      code.vector("add", vector, vector, other);
      if (vector === candidate) this.#tanh(vector);
      else this.#logistic(vector);
      this.#store(vector, gateOf(r8, gate), tail);
    }
    this.#load(other, { base: rdx }, tail);
    code.vector("multiply", cell, input, candidate);
    code.vector("multiplyAdd", cell, forget, other);
    this.#store(cell, { base: rbx }, tail);
    const notWanted = new Label();
    code.compareNumber(last, 0);
    code.jumpIf(condition.equal, notWanted);
    this.#store(cell, { base: r12 }, tail);
    code.place(notWanted);
    this.#tanh(cell);
    code.vector("multiply", cell, cell, output);
    this.#store(cell, { base: rdi }, tail);
  }

  #gradient(tail: boolean): void {
    const { code } = this;
    const [input, forget, candidate, output, squashed, incoming, cell] = [4, 5, 6, 7, 3, 8, 9] as const;
    const { square: slope, above: product } = work;
    for (const [gate, vector] of [input, forget, candidate, output].entries()) this.#load(vector, gateOf(rax, gate), tail);
    this.#load(squashed, { base: rcx }, tail);
    this.#tanh(squashed);
    this.#load(incoming, { base: rbx }, tail);
    this.#load(cell, { base: r8 }, tail);
    code.vector("add", incoming, incoming, cell);
    // The cell's gradient: what comes by the output, and from the time after.
    code.vector("multiply", slope, squashed, squashed);
    code.vector("subtract", slope, stays.one, slope);
    this.#load(cell, { base: r12 }, tail);
    code.vector("multiply", product, incoming, output);
    code.vector("multiplyAdd", cell, product, slope);
    const logisticSlope = (gate: number): void => {
      code.vector("subtract", slope, stays.one, gate);
      code.vector("multiply", slope, slope, gate);
    };
    const store = (first: number, second: number, gate: number): void => {
      code.vector("multiply", product, first, second);
      code.vector("multiply", product, product, slope);
      this.#store(product, gateOf(rdi, gate), tail);
    };
    logisticSlope(input);
    store(cell, candidate, 0);
    code.vector("multiply", slope, candidate, candidate);
    code.vector("subtract", slope, stays.one, slope);
    store(cell, input, 2);
    logisticSlope(output);
    store(incoming, squashed, 3);
    logisticSlope(forget);
    this.#load(squashed, { base: rdx }, tail);
    store(cell, squashed, 1);
    code.vector("multiply", cell, cell, forget);
    this.#store(cell, { base: r12 }, tail);
  }
}

/** A gate's numbers: rows of r9 bytes, r10 is three of them. */
function gateOf(base: Register, gate: number): Place {
  if (gate === 0) return { base };
  return gate === 3 ? { base, index: r10, scale: 1 } : { base, index: r9, scale: gate as 1 | 2 };
}
