import { condition, Label, register, type Place, type Register } from "./assembler.js";
import { flag } from "./product-record.js";
import { at, masks, maskVectors, rowOf, type Edge, type ProductWriter } from "./product-writer.js";

const { rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11, r12 } = register;

/**
 * A tile of C: A at rax (its rows rdx bytes apart; of a transposed one, its columns), B at rdi (r8 bytes from row to row), r9 deep, C at r10 (rows r11
 * bytes apart), flags in r12. Changes rax, rbx, rcx, rsi, rdi, r9 and r10.
 */
export function kernel(writer: ProductWriter, rows: number, edge: Edge, transposed: boolean): Label {
  const { code, tile } = writer;
  const vectors = edge === "single" ? 1 : 2;
  const masked = writer.wide || edge !== "whole";
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
      if (vector === last && masked) writer.maskedLoad(firstB + vector, place, "last");
      else code.vector("load", firstB + vector, 0, place);
    }
    code.add(rdi, r8);
    for (let row = 0; row < rows; row++) {
      if (writer.wide && vectors === 1) {
        code.multiplyAddNumber(sums(row, 0), firstB, element(row, depth));
        continue;
      }
      const factor = spare + (writer.wide ? row & 3 : 0);
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

  store(writer, rows, vectors, sums, spare, masked);
  code.return();
  return kernel;
}

/** Stores or adds the sums of a tile; the last vectors of its rows under the mask, where they are `masked`. */
export function store(
  writer: ProductWriter,
  rows: number,
  vectors: number,
  sums: (row: number, vector: number) => number,
  spare: number,
  masked: boolean,
): void {
  const { code, tile } = writer;
  const each = (pointer: Register, visit: (sum: number, place: Place, isMasked: boolean) => void): void => {
    for (let row = 0; row < rows; row++) {
      for (let vector = 0; vector < vectors; vector++)
        visit(sums(row, vector), { base: pointer, offset: vector * tile.vectorBytes }, masked && vector === vectors - 1);
      if (row < rows - 1) code.add(pointer, r11);
    }
  };
  const load = (place: Place, isMasked: boolean): void => {
    if (isMasked) writer.maskedLoad(spare, place, "last");
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
    else if (writer.wide) code.vector("store", sum, 0, place, masks.last);
    else code.vector("maskedStore", sum, maskVectors.last, place);
  });
}
