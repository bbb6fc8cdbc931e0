import { Assembler, condition, Label, register, type Register } from "./assembler.js";

const { rax, rbx, rcx, r8, r9, r10 } = register;

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
