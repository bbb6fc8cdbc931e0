import { Assembler, condition, Label, register, type Register, type VectorBytes } from "./assembler.js";
import { kernelGradients, kernels, product } from "./kernel-transforms.js";
import { bitsOf, frame, masksAt, tailMask, TileWriter, type Variant } from "./tile-code.js";
import { transformFields, type TransformRoutine } from "./transforms.js";

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r11, r12, r13, r14, r15 } = register;

/** A routine, to be called as `routine(memory, record, 1, null)` in the C calling convention of System V. */
export function transformCode(vectorBytes: VectorBytes, routine: TransformRoutine): Uint8Array {
  const code = new Assembler(vectorBytes);
  new TransformWriter(code, routine).write();
  return code.finish();
}

/** Goes through tiles, or through the elements of kernels. */
class TransformWriter extends TileWriter {
  write(): void {
    const { code } = this;
    const saved = [rbx, rbp, r12, r13, r14, r15] as const;
    // Which constants there are is found out by writing the network down once, for nothing.
    this.network.assemble(new Assembler(this.bytes), {
      registers: this.registers.values,
      constant: (value) => this.constant(value),
      load: () => {},
      store: () => {},
    });
    code.push(...saved);
    code.move(rbp, rsp);
    code.addNumber(rsp, -frame);
    code.alignDown(rsp, 64);
    this.#readRecord();
    code.addressOfLabel(r15, this.constants);
    for (const [index, register] of this.constantRegisters.entries()) {
      const at = index + 2;
      if (at < this.constantValues.length) code.vector("load", register, 0, { base: r15, offset: at * this.bytes });
    }
    const { kind } = this.routine;
    if (kind === "winogradKernel") kernels(this);
    else if (kind === "winogradKernelGradient") kernelGradients(this);
    else this.#tiles();
    code.move(rsp, rbp);
    code.pop(...saved.toReversed());
    code.clearUpper();
    code.return();
    code.place(this.constants);
    for (const value of this.constantValues) for (let lane = 0; lane < this.bytes / 4; lane++) code.number(bitsOf(value));
    code.place(this.masks);
    for (let lane = 0; lane < 16; lane++) code.number(lane < 8 ? -1 : 0);
  }

  #readRecord(): void {
    const { code } = this;
    for (const [index, field] of (["tile", "end", ...transformFields[this.routine.kind]] as const).entries()) {
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
      this.store(name, rax);
    }
  }

  /** Tiles in the order of images, rows and columns; `image` is at the current image, `planes` at the current tile in the first plane. */
  #tiles(): void {
    const { code, routine } = this;
    const result = routine.kind === "winogradResult";
    const pixel = "pixel";
    this.load(rax, "image");
    this.store("written", rax);
    this.load(rax, "tile");
    this.load(rcx, pixel);
    code.multiply(rcx, rax);
    code.add(rcx, this.slot("planes"));
    this.store("planes", rcx);
    for (const [extent, place] of [["tilesWidth", "x"], ["tilesHeight", "y"]] as const) {
      this.load(rcx, extent);
      code.divide(rcx);
      this.store(place, rdx);
    } // prettier-ignore
    this.load(rcx, "width");
    code.multiply(rcx, this.slot(pixel));
    this.store("lead", rcx);
    code.multiply(rcx, this.slot("height"));
    this.store("imageBytes", rcx);
    code.multiply(rcx, rax);
    code.add(rcx, this.slot("image"));
    this.store("image", rcx);
    // The channels that fill no vector.
    this.load(rax, pixel);
    code.keepBits(rax, this.bytes - 1);
    this.store("tail", rax);
    if (this.wide) this.#setTailMask();
    if (result) this.#prepareEpilogue();

    const [rows, tiles, done] = [new Label(), new Label(), new Label()];
    code.place(rows);
    this.#beginRow();
    code.place(tiles);
    this.#beginTile();
    this.#channels();
    this.load(rax, pixel);
    code.add(rax, this.slot("planes"));
    this.store("planes", rax);
    this.addTo("tile", 1);
    code.compare(rax, this.slot("end"));
    code.jumpIf(condition.notLess, done);
    this.addTo("x", 1);
    code.compare(rax, this.slot("tilesWidth"));
    code.jumpIf(condition.less, tiles);
    code.moveNumber(rax, 0);
    this.store("x", rax);
    this.addTo("y", 1);
    code.compare(rax, this.slot("tilesHeight"));
    code.jumpIf(condition.less, rows);
    code.moveNumber(rax, 0);
    this.store("y", rax);
    this.load(rax, "imageBytes");
    code.add(rax, this.slot("image"));
    this.store("image", rax);
    code.jump(rows);
    code.place(done);
  }

  /** Admits the last channels. */
  #setTailMask(): void {
    const { code } = this;
    this.load(rcx, "tail");
    code.shiftRight(rcx, 2);
    code.moveNumber(rax, 0xffff);
    code.lowestBits(rax, rax, rcx);
    this.store("tailMask", rax);
    code.setMask(tailMask, rax);
  }

  #prepareEpilogue(): void {
    const { code } = this;
    const { floor } = this.registers;
    const [without, added, linear] = [new Label(), new Label(), new Label()];
    // Of zeros, where there is no bias, every vector is the same.
    code.moveNumber(rcx, this.bytes);
    this.load(rax, "bias");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.notEqual, added);
    code.addressOfLabel(rax, this.constants);
    code.moveNumber(rcx, 0);
    code.place(added);
    this.store("bias", rax);
    this.store("biasStep", rcx);
    this.load(rax, "residual");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.equal, without);
    code.subtract(rax, this.slot("written"));
    this.store("residual", rax);
    code.place(without);
    code.vector("load", floor, 0, { base: r15, offset: this.bytes });
    this.load(rax, "relu");
    code.compareNumber(rax, 0);
    code.jumpIf(condition.equal, linear);
    code.vector("clear", floor, floor, floor);
    code.place(linear);
  }

  /** What the tiles of a row have in common: `row`, where it begins, `left`, the first column of the current tile, and which rows there are. */
  #beginRow(): void {
    const { code } = this;
    const result = this.routine.kind === "winogradResult";
    this.load(r8, "y");
    this.#multiplyByStep(r8);
    if (result) {
      this.load(rax, "height");
      code.subtract(rax, r8);
      this.#atMost(rax, this.written);
      this.store("rows", rax);
    } else {
      code.subtract(r8, this.slot("padHeight"));
      this.#bitsInside(rax, r8, "height");
      this.store("rows", rax);
      code.moveNumber(rdi, 0xffff);
      this.#setRowMasks(rdi);
    }
    code.multiply(r8, this.slot("lead"));
    code.add(r8, this.slot("image"));
    this.store("row", r8);
    this.load(rax, "x");
    this.#multiplyByStep(rax);
    if (!result) code.subtract(rax, this.slot("padWidth"));
    this.store("left", rax);
  }

  #multiplyByStep(register: Register): void {
    const { code } = this;
    if (this.routine.kind !== "winogradResult") {
      code.multiply(register, this.slot("step"));
      return;
    }
    code.moveNumber(r9, this.written);
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
    this.load(rdx, extent);
    code.subtract(rdx, first);
    code.moveNumber(rsi, this.read);
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
    const { mask: vector } = this.registers;
    if (!this.wide) {
      code.addressOfLabel(rax, this.masks);
      code.addressOf(rcx, { base: rax, offset: 32 });
    }
    for (let row = 0; row < this.read; row++) {
      const chosen = this.wide ? rax : rdx;
      if (this.wide) code.moveNumber(rax, 0);
      else code.move(rdx, rcx);
      code.testNumber(this.slot("rows"), 1 << row);
      code.moveIf(condition.notEqual, chosen, this.wide ? mask : rax);
      if (this.wide) code.setMask(1 + row, chosen);
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
    this.load(r8, "left");
    if (result) {
      this.load(r13, "width");
      code.subtract(r13, r8);
      this.#atMost(r13, this.written);
      this.load(r14, "rows");
      code.addressOf(rax, { base: r8, offset: this.written });
    } else {
      this.#bitsInside(r13, r8, "width");
      this.load(rax, "step");
      code.add(rax, r8);
    }
    this.store("left", rax);
    this.load(r9, "pixel");
    code.multiply(r8, r9);
    code.add(r8, this.slot("row"));
    this.store(result ? "writtenAt" : "readAt", r8);
    this.load(rax, "planes");
    this.store(result ? "readAt" : "writtenAt", rax);
    this.load(rax, "plane");
    product(this, r11, rax, routine.side);
    this.load(r8, "lead");
    if (result) {
      this.setWritten(r8, r9);
      this.setRead(r11, rax);
      this.load(rax, "bias");
      this.store("biasAt", rax);
    } else {
      this.setWritten(r11, rax);
      this.setRead(r8, r9);
    }
  }

  /** All channels of a tile. */
  #channels(): void {
    const { code } = this;
    const image = this.routine.kind !== "winogradResult";
    const [next, last, done] = [new Label(), new Label(), new Label()];
    const each = (write: (variant: Variant) => void, tail: boolean): void => {
      this.load(rdi, "readAt");
      this.load(rdx, "writtenAt");
      this.setCorners();
      const [other, over] = [new Label(), new Label()];
      const both = (first: Variant, second: Variant): void => {
        write(first);
        code.jump(over);
        code.place(other);
        write(second);
        code.place(over);
      };
      if (!image) {
        this.load(rax, "biasAt");
        code.vector("load", this.registers.bias, 0, { base: rax }, this.wide && tail ? tailMask : 0);
        this.load(rax, "residual");
        code.compareNumber(rax, 0);
        code.jumpIf(condition.notEqual, other);
        both({ edges: false, tail }, { edges: false, tail, residual: true });
      } else if (this.wide || tail) write({ edges: true, tail });
      else {
        const all = 2 ** this.read - 1;
        code.compareNumber(r13, all);
        code.jumpIf(condition.notEqual, other);
        code.compareNumber(this.slot("rows"), all);
        code.jumpIf(condition.notEqual, other);
        both({ edges: false, tail }, { edges: true, tail });
      }
    };
    this.load(rax, "pixel");
    this.store("remaining", rax);
    code.place(next);
    this.addTo("remaining", -this.bytes);
    code.compareNumber(rax, 0);
    code.jumpIf(condition.less, last);
    each((variant) => this.tile(variant), false);
    for (const name of ["readAt", "writtenAt"]) this.addTo(name, this.bytes);
    if (!image) {
      this.load(rax, "biasAt");
      code.add(rax, this.slot("biasStep"));
      this.store("biasAt", rax);
    }
    code.jump(next);
    code.place(last);
    code.compareNumber(rax, -this.bytes);
    code.jumpIf(condition.equal, done);
    if (this.wide) {
      if (image) {
        code.load(rdi, this.slot("tailMask"));
        this.#setRowMasks(rdi);
      }
      each((variant) => this.tile(variant), true);
      if (image) {
        code.moveNumber(rdi, 0xffff);
        this.#setRowMasks(rdi);
      }
    } else code.halves(() => each((variant) => this.tile(variant), true));
    code.place(done);
  }
}
