/**
 * Writes WebAssembly binaries: just the part of the format that plans need. One module, one imported shared memory,
 * imported and own functions. (WebAssembly core specification, chapter 5, with the SIMD and threads extensions.)
 */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeCodes: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A growing list of bytes with the format's number encodings. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  length = 0;

  byte(value: number): this {
    if (this.length === this.#bytes.length) this.#grow(this.length + 1);
    this.#bytes[this.length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    if (this.length + values.length > this.#bytes.length) this.#grow(this.length + values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
    return this;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit number. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  float32(value: number): this {
    return this.bytes(new Uint8Array(new Float32Array([value]).buffer));
  }

  name(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).bytes(encoded);
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

/** A function under construction: locals and code. Methods append instructions and give the builder back. */
export class FunctionBuilder {
  /** Runs first: what is set once, before any loop. */
  readonly head = new ByteWriter();
  readonly #main = new ByteWriter();
  /** Where instructions go now. */
  code: ByteWriter = this.#main;
  readonly #locals: ValueType[] = [];

  constructor(
    readonly index: number,
    readonly signature: Signature,
    readonly typeIndex: number,
  ) {}

  /** A new local variable; gives its index. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.signature.parameters.length + this.#locals.length - 1;
  }

  /** Instructions appended inside `write` go to the head. */
  atHead(write: () => void): void {
    const outer = this.code;
    this.code = this.head;
    write();
    this.code = outer;
  }

  get(local: number): this {
    this.code.byte(0x20).unsigned(local);
    return this;
  }

  set(local: number): this {
    this.code.byte(0x21).unsigned(local);
    return this;
  }

  tee(local: number): this {
    this.code.byte(0x22).unsigned(local);
    return this;
  }

  i32(value: number): this {
    this.code.byte(0x41).signed(value);
    return this;
  }

  f32(value: number): this {
    this.code.byte(0x43).float32(value);
    return this;
  }

  op(code: number): this {
    this.code.byte(code);
    return this;
  }

  simd(code: number): this {
    this.code.byte(0xfd).unsigned(code);
    return this;
  }

  /** A memory instruction without prefix: `i32.load` 0x28, `f32.load` 0x2a, `i32.store` 0x36, … */
  memory(code: number, alignment: number, offset: number): this {
    this.code.byte(code).unsigned(alignment).unsigned(offset);
    return this;
  }

  simdMemory(code: number, alignment: number, offset: number): this {
    this.code.byte(0xfd).unsigned(code).unsigned(alignment).unsigned(offset);
    return this;
  }

  simdMemoryLane(code: number, alignment: number, offset: number, lane: number): this {
    this.simdMemory(code, alignment, offset);
    this.code.byte(lane);
    return this;
  }

  atomic(code: number, alignment: number, offset: number): this {
    this.code.byte(0xfe).unsigned(code).unsigned(alignment).unsigned(offset);
    return this;
  }

  call(functionIndex: number): this {
    this.code.byte(0x10).unsigned(functionIndex);
    return this;
  }

  block(): this {
    this.code.byte(0x02).byte(0x40);
    return this;
  }

  loop(): this {
    this.code.byte(0x03).byte(0x40);
    return this;
  }

  if(): this {
    this.code.byte(0x04).byte(0x40);
    return this;
  }

  else(): this {
    return this.op(0x05);
  }

  end(): this {
    return this.op(0x0b);
  }

  branch(depth: number): this {
    this.code.byte(0x0c).unsigned(depth);
    return this;
  }

  branchIf(depth: number): this {
    this.code.byte(0x0d).unsigned(depth);
    return this;
  }

  body(): Uint8Array {
    const body = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last !== undefined && last.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    body.unsigned(runs.length);
    for (const { type, count } of runs) body.unsigned(count).byte(typeCodes[type]);
    body.bytes(this.head.finish()).bytes(this.#main.finish()).byte(0x0b);
    return body.finish();
  }
}

/** A module under construction. All imports must be declared before the first own function. */
export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #typeKeys = new Map<string, number>();
  readonly #imports: { module: string; name: string; type: number }[] = [];
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  #type(signature: Signature): number {
    const key = `${signature.parameters.join(",")}:${signature.results.join(",")}`;
    let index = this.#typeKeys.get(key);
    if (index === undefined) {
      index = this.#types.length;
      this.#types.push(signature);
      this.#typeKeys.set(key, index);
    }
    return index;
  }

  importFunction(module: string, name: string, signature: Signature): number {
    if (this.#functions.length > 0) throw new Error("imports come before functions");
    this.#imports.push({ module, name, type: this.#type(signature) });
    return this.#imports.length - 1;
  }

  function(signature: Signature): FunctionBuilder {
    const builder = new FunctionBuilder(this.#imports.length + this.#functions.length, signature, this.#type(signature));
    this.#functions.push(builder);
    return builder;
  }

  export(name: string, built: FunctionBuilder): void {
    this.#exports.push({ name, index: built.index });
  }

  finish(): Uint8Array<ArrayBuffer> {
    const module = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, count: number, write: (content: ByteWriter) => void): void => {
      const content = new ByteWriter().unsigned(count);
      write(content);
      const bytes = content.finish();
      module.byte(id).unsigned(bytes.length).bytes(bytes);
    };
    section(1, this.#types.length, (content) => {
      for (const { parameters, results } of this.#types) {
        content.byte(0x60).unsigned(parameters.length);
        for (const type of parameters) content.byte(typeCodes[type]);
        content.unsigned(results.length);
        for (const type of results) content.byte(typeCodes[type]);
      }
    });
    section(2, this.#imports.length + 1, (content) => {
      content.name("env").name("memory").byte(0x02).byte(0x03).unsigned(1).unsigned(65_536); // shared, 1 to 65,536 pages
      for (const { module: from, name, type } of this.#imports) content.name(from).name(name).byte(0x00).unsigned(type);
    });
    section(3, this.#functions.length, (content) => {
      for (const built of this.#functions) content.unsigned(built.typeIndex);
    });
    section(7, this.#exports.length, (content) => {
      for (const { name, index } of this.#exports) content.name(name).byte(0x00).unsigned(index);
    });
    section(10, this.#functions.length, (content) => {
      for (const built of this.#functions) {
        const body = built.body();
        content.unsigned(body.length).bytes(body);
      }
    });
    return module.finish();
  }
}
