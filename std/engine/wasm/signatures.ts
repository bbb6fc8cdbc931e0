import type { Signature, ValueType } from "./encoder.js";

const names: Record<number, ValueType> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };

/** The exported functions of a WebAssembly binary with their types (the JavaScript interface does not tell them). */
export function exportedSignatures(binary: Uint8Array): Map<string, Signature> {
  let at = 8;
  const unsigned = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  const text = (): string => {
    const length = unsigned();
    at += length;
    return new TextDecoder().decode(binary.slice(at - length, at));
  };
  const list = (): ValueType[] => Array.from({ length: unsigned() }, () => names[binary[at++] as number] as ValueType);
  const limits = (): void => {
    const flags = binary[at++] as number;
    unsigned();
    if ((flags & 1) !== 0) unsigned();
  };

  const types: Signature[] = [];
  const functions: number[] = [];
  const found = new Map<string, Signature>();
  while (at < binary.length) {
    const section = binary[at++];
    const size = unsigned();
    const end = at + size;
    if (section === 1) {
      for (let count = unsigned(); count > 0; count--) {
        at++; // 0x60, a function type
        types.push({ parameters: list(), results: list() });
      }
    } else if (section === 2) {
      for (let count = unsigned(); count > 0; count--) {
        text();
        text();
        const kind = binary[at++];
        if (kind === 0) functions.push(unsigned());
        else if (kind === 1) {
          at++;
          limits();
        } else if (kind === 2) limits();
        else at += 2;
      }
    } else if (section === 3) {
      for (let count = unsigned(); count > 0; count--) functions.push(unsigned());
    } else if (section === 7) {
      for (let count = unsigned(); count > 0; count--) {
        const name = text();
        const kind = binary[at++];
        const index = unsigned();
        if (kind === 0) found.set(name, types[functions[index] as number] as Signature);
      }
    }
    at = end;
  }
  return found;
}
