import { condition, Label, register, type Register } from "./assembler.js";
import { tileBytes, type TileWriter } from "./tile-code.js";

const { rax, rdx, rsp, rsi, rdi, r8, r9, r10, r13, r14 } = register;

/** Elements of kernels, vector by vector. */
function elements(writer: TileWriter, each: () => void): void {
  const { code } = writer;
  const done = new Label();
  const next = code.here();
  writer.load(rax, "tile");
  code.compare(rax, writer.slot("end"));
  code.jumpIf(condition.notLess, done);
  code.addNumber(rax, writer.bytes / 4);
  writer.store("tile", rax);
  each();
  code.jump(next);
  code.place(done);
}

/** Points at the thread's first element of the kernels. Changes rax and r9. */
function goToFirst(writer: TileWriter): void {
  writer.load(rax, "tile");
  for (const name of ["weights", "planes"]) {
    writer.load(r9, name);
    writer.code.addressOf(r9, { base: r9, index: rax, scale: 4 });
    writer.store(name, r9);
  }
}

/** The planes of kernels. */
export function kernels(writer: TileWriter): void {
  const { routine } = writer;
  writer.load(rax, "rowStep");
  writer.load(r9, "columnStep");
  writer.setRead(rax, r9);
  writer.load(rax, "plane");
  product(writer, r9, rax, routine.side);
  writer.setWritten(r9, rax);
  goToFirst(writer);
  elements(writer, () => {
    writer.load(rdi, "weights");
    writer.load(rdx, "planes");
    writer.setCorners();
    writer.tile({ edges: false, tail: false });
    for (const name of ["weights", "planes"]) writer.addTo(name, writer.bytes);
  });
}

/** The gradients of kernels, from the sums of their planes' products. */
export function kernelGradients(writer: TileWriter): void {
  const { code, routine } = writer;
  const { side, kernel } = routine;
  writer.load(rax, "matrix");
  product(writer, r9, rax, kernel);
  writer.setWritten(r9, rax);
  goToFirst(writer);
  elements(writer, () => {
    const [single, summed] = [new Label(), new Label()];
    writer.load(r13, "parts");
    code.addNumber(r13, -1);
    code.jumpIf(condition.equal, single);
    // Parts are added up first: place by place, at rdi.
    writer.load(rdi, "planes");
    writer.load(r10, "plane");
    writer.load(r14, "part");
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
    code.addNumber(r9, writer.bytes);
    code.add(rdi, r10);
    code.addNumber(r8, -1);
    code.jumpIf(condition.notEqual, places);
    code.addressOf(rdi, { base: rsp, offset: tileBytes });
    code.moveNumber(rax, writer.bytes);
    code.jump(summed);
    code.place(single);
    writer.load(rdi, "planes");
    writer.load(rax, "plane");
    code.place(summed);
    product(writer, r9, rax, side);
    writer.setRead(r9, rax);
    writer.load(rdx, "weights");
    writer.setCorners();
    writer.tile({ edges: false, tail: false });
    for (const name of ["weights", "planes"]) writer.addTo(name, writer.bytes);
  });
}

export function product(writer: TileWriter, to: Register, value: Register, factor: number): void {
  writer.code.moveNumber(to, factor);
  writer.code.multiply(to, value);
}
