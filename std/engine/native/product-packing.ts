import { condition, Label, register, type Register } from "./assembler.js";
import { at, of, rowOf, type ProductWriter } from "./product-writer.js";

const { rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/** Copies columns of a transposed A beside each other: depth x rows. Keeps rsi. */
export function packTile(writer: ProductWriter): void {
  const { code } = writer;
  code.load(rcx, at("rows"));
  writer.setMask("rows", rcx);
  code.load(r10, at("strideA"));
  code.load(rdi, at("packedA"));
  code.load(rcx, at("segments"));
  const segment = code.here();
  code.load(r9, at("depth"));
  const depth = code.here();
  writer.maskedLoad(0, { base: rdx }, "rows");
  code.vector("store", 0, 0, { base: rdi });
  code.add(rdx, r10);
  code.addNumber(rdi, writer.rowBytes);
  code.addNumber(r9, -1);
  code.jumpIf(condition.greater, depth);
  code.add(rdx, at("segmentA"));
  code.addNumber(rcx, -1);
  code.jumpIf(condition.greater, segment);
}

/** Copies the r15 columns of B into panels. */
export function packStraight(writer: ProductWriter): void {
  const { code, tile } = writer;
  code.load(rsi, at("b"));
  code.load(rdi, at("packedB"));
  const panels = code.here();
  code.move(rcx, r15);
  writer.setMask("first", rcx);
  code.addressOf(rcx, { base: r15, offset: -writer.width });
  writer.setMask("second", rcx);
  code.load(r9, at("depth"));
  code.multiply(r9, at("segments"));
  code.move(r10, rsi);
  const depth = code.here();
  writer.maskedLoad(0, { base: r10 }, "first");
  writer.maskedLoad(1, { base: r10, offset: tile.vectorBytes }, "second");
  code.vector("store", 0, 0, { base: rdi });
  code.vector("store", 1, 0, { base: rdi, offset: tile.vectorBytes });
  code.add(r10, r8);
  code.addNumber(rdi, writer.panelBytes);
  code.addNumber(r9, -1);
  code.jumpIf(condition.greater, depth);
  code.addNumber(rsi, writer.panelBytes);
  code.addNumber(r15, -tile.columns);
  code.jumpIf(condition.greater, panels);
}

/** Copies the r15 columns of a transposed B into panels: half of a panel at a time, in squares of a vector's length. */
export function packTransposed(writer: ProductWriter): void {
  const { code, tile } = writer;
  const width = writer.width;
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
  writer.setMask("first", rcx);
  code.compareNumber(r15, width);
  code.jumpIf(condition.less, few);
  const bases = [rax, rcx, rdx, rbx] as const;
  code.addressOf(r13, { base: r8, index: r8, scale: 2 });
  code.move(rax, r10);
  for (let group = 1; group < width / 4; group++)
    code.addressOf(bases[group] as Register, { base: bases[group - 1] as Register, index: r8, scale: 4 });
  for (let row = 0; row < width; row++) writer.maskedLoad(row, rowOf(bases[row >> 2] as Register, r8, r13, row & 3), "first");
  code.jump(loaded);
  code.place(few);
  // Rows that are not there are the last one again: what comes of them is not stored in C.
  code.move(rax, r10);
  for (let row = 0; row < width; row++) {
    writer.maskedLoad(row, { base: rax }, "first");
    code.move(rdx, r8);
    code.compareNumber(r15, row + 2);
    code.moveIf(condition.less, rdx, r11);
    code.add(rax, rdx);
  }
  code.place(loaded);
  transpose(writer);
  code.compareNumber(r9, width);
  code.jumpIf(condition.less, ragged);
  for (let row = 0; row < width; row++) code.vector("store", row, 0, { base: r14, offset: row * writer.panelBytes });
  code.addNumber(r10, tile.vectorBytes);
  code.addNumber(r14, width * writer.panelBytes);
  code.addNumber(r9, -width);
  code.jumpIf(condition.greater, squares);
  code.jump(stored);
  code.place(ragged);
  for (let row = 0; row < width - 1; row++) {
    code.vector("store", row, 0, { base: r14, offset: row * writer.panelBytes });
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
  code.moveNumber(rcx, writer.panelBytes);
  code.multiply(rax, rcx);
  code.addressOf(rdi, { base: rdi, index: rax, scale: 1, offset: -tile.vectorBytes });
  code.place(next);
  code.addNumber(r15, -width);
  code.jumpIf(condition.greater, halves);
  code.load(rbx, at("record"));
  code.loadSigned(r12, of("flags"));
}

/** Transposes the square in vectors 0 to width - 1, with as many to spare behind them. */
export function transpose(writer: ProductWriter): void {
  const { code } = writer;
  const width = writer.width;
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
  if (!writer.wide) {
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
