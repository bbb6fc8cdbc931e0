import { Assembler, condition, Label, register } from "./assembler.js";
import { kernel } from "./product-kernel.js";
import { packStraight, packTile, packTransposed } from "./product-packing.js";
import { flag, packedTile, recordNumbers, type Tile } from "./product-record.js";
import { at, edges, frame, of, ProductWriter } from "./product-writer.js";

const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = register;

/**
 * `product(memory, records, count, scratch)`: C = A B or C = C + A B for each record, as the C calling convention of System V
 * has it. Tiles of C are kept in registers while the depth is gone through: rows of A are read number by number where they
 * lie, B by vectors, packed into panels of a tile's columns where several tiles read it.
 * (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008.)
 */
export function productCode(tile: Tile): Uint8Array {
  const code = new Assembler(tile.vectorBytes);
  write(new ProductWriter(code, tile));
  return code.finish();
}
function write(writer: ProductWriter): void {
  driver(writer);
  const { code, tile } = writer;
  const kernels: Label[] = [];
  for (const transposed of [false, true])
    for (const edge of edges)
      for (let rows = 1; rows <= tile.rows; rows++) {
        const same = writer.wide && edge === "masked" ? kernels[kernels.length - tile.rows] : undefined;
        kernels.push(same ?? kernel(writer, rows, edge, transposed));
      }
  code.place(writer.table);
  for (const kernel of kernels) code.data(writer.table, kernel);
  code.place(writer.maskTable);
  // A window of 8 numbers into it is a mask of as many ones as wanted.
  for (let at = 0; at < 16; at++) code.number(at < 8 ? -1 : 0);
}
function driver(writer: ProductWriter): void {
  const { code } = writer;
  const saved = [rbx, rbp, r12, r13, r14, r15] as const;
  code.push(...saved);
  code.move(rbp, rsp);
  code.addNumber(rsp, -frame);
  code.store(at("memory"), rdi);
  code.store(at("record"), rsi);
  code.store(at("count"), rdx);
  code.store(at("packedA"), rcx);
  code.addNumber(rcx, packedTile(writer.tile.rows));
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
  matrix(writer);
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
function matrix(writer: ProductWriter): void {
  const { code, tile } = writer;
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
  packTransposed(writer);
  code.jump(isPacked);
  code.place(straight);
  code.testNumber(r12, flag.packedB);
  code.jumpIf(condition.equal, direct);
  packStraight(writer);
  code.place(isPacked);
  // Panels lie behind each other, as deep as B.
  code.load(rax, at("depth"));
  code.multiply(rax, at("segments"));
  code.moveNumber(r8, writer.panelBytes);
  code.multiply(rax, r8);
  code.store(at("panel"), rax);
  code.load(rax, at("packedB"));
  code.jump(prepared);
  code.place(direct);
  code.moveNumber(rax, writer.panelBytes);
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
  code.addressOfLabel(rsi, writer.table);
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
  packTile(writer);
  code.load(rdx, at("packedA"));
  code.moveNumber(rcx, writer.rowBytes);
  code.store(at("stepA"), rcx);
  code.moveNumber(rcx, 0);
  code.store(at("gapA"), rcx);
  code.place(rowsLie);
  code.store(at("fromA"), rdx);
  code.loadUnsigned(rax, of("bias"));
  code.add(rax, at("memory"));
  code.store(at("bias"), rax);
  code.addressOfLabel(rdi, writer.table);
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
  code.addressOf(rcx, { base: r15, offset: -writer.width });
  code.compareNumber(r15, tile.columns);
  code.jumpIf(condition.notLess, chosen);
  code.load(rbx, at("masked"));
  code.compareNumber(rcx, 0);
  code.jumpIf(condition.greater, chosen);
  code.load(rbx, at("single"));
  code.move(rcx, r15);
  code.place(chosen);
  writer.setMask("last", rcx);
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
  code.addNumber(rax, writer.panelBytes);
  code.store(at("bias"), rax);
  code.add(r13, at("panel"));
  code.addNumber(r14, writer.panelBytes);
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
