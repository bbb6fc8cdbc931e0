/** Writes the protocol buffers wire format: fields of a number and a type, in the order in which they are added. */
export class Message {
  readonly #parts: Uint8Array[] = [];

  /** A whole number (int64, int32, enum, bool). */
  int(field: number, value: number | bigint): this {
    this.#push(varint(field << 3), varint(value));
    return this;
  }

  /** A single-precision number. */
  float(field: number, value: number): this {
    this.#push(varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#push(varint((field << 3) | 2), varint(value.length), value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #push(...parts: Uint8Array[]): void {
    this.#parts.push(...parts);
  }
}

/** Seven bits a byte, the lowest first; negative numbers as 64 bits. */
function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
