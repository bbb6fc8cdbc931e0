import { LamellaError } from "../errors.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { halfToNumber } from "./half.js";

/**
 * The safetensors format: eight bytes with the length of the header (little-endian), a JSON header that gives each tensor's
 * type, shape and place, then the numbers, little-endian, without gaps.
 */

/** Tensors by name, and the header's text entries ("__metadata__"). */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Types we read; those of 64 bits and half precision are widened or narrowed to f32 and i32. */
const readable: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 };

/** The specification's bound on the header, against files made to exhaust memory. */
const greatestHeader = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Reads a safetensors file.
 * @param name the file's name for messages.
 * @throws LamellaError when it is cut off, is no such file, or its header contradicts itself.
 */
export function readSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const { header, start } = headerOf(bytes, name);
  const metadata: Record<string, string> = {};
  const entries: [string, Entry][] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key === "__metadata__") {
      for (const [entry, text] of Object.entries(value as object)) metadata[entry] = String(text);
    } else entries.push([key, checkedEntry(key, value, name)]);
  }
  checkLayout(entries, bytes.length - start, name);
  const tensors = new Map<string, Tensor>();
  for (const [key, entry] of entries)
    tensors.set(key, decode(entry, new DataView(bytes.buffer, bytes.byteOffset + start + entry.data_offsets[0])));
  return { tensors, metadata };
}

function headerOf(bytes: Uint8Array, name: string): { header: object; start: number } {
  if (bytes.length < 8)
    throw new LamellaError(
      `${name} is cut off: a safetensors file starts with 8 bytes that give the header's length, but only ${bytes.length} arrived`,
    );
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > greatestHeader)
    throw new LamellaError(
      `${name} is no safetensors file: its header would be ${length} bytes long (at most ${greatestHeader} are allowed)`,
    );
  if (bytes.length < 8 + length)
    throw new LamellaError(`${name} is cut off in its header: ${8 + length} bytes expected, ${bytes.length} arrived`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new LamellaError(`${name} is no safetensors file: its header is no JSON text`, { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new LamellaError(`${name} is no safetensors file: its header is no object`);
  return { header, start: 8 + length };
}

function checkedEntry(key: string, value: unknown, name: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
  if (typeof dtype !== "string" || !whole(shape) || !whole(offsets) || offsets.length !== 2) {
    throw new LamellaError(
      `${name}: the entry of \`${key}\` must have a dtype, a shape and data_offsets of two numbers, but it is ${JSON.stringify(value)}`,
    );
  }
  const bytes = readable[dtype];
  if (bytes === undefined)
    throw new LamellaError(
      `${name}: \`${key}\` has the type ${dtype}, which is not read here; types are ${Object.keys(readable).join(", ")}`,
    );
  const [from, to] = offsets as [number, number];
  const expected = sizeOf(shape) * bytes;
  if (to - from !== expected) {
    throw new LamellaError(
      `${name}: \`${key}\` is ${formatShape(shape)} ${dtype}, which takes ${expected} bytes, but its data_offsets [${from}, ${to}] hold ${to - from}`,
    );
  }
  return { dtype, shape, data_offsets: [from, to] };
}

/** Every byte belongs to exactly one tensor. */
function checkLayout(entries: readonly [string, Entry][], available: number, name: string): void {
  const ordered = [...entries].sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  let end = 0;
  let previous = "";
  for (const [key, { data_offsets: offsets }] of ordered) {
    if (offsets[0] < end)
      throw new LamellaError(
        `${name}: the numbers of \`${key}\` (bytes ${offsets[0]} to ${offsets[1]}) overlap those of \`${previous}\` (up to byte ${end})`,
      );
    if (offsets[0] > end) throw new LamellaError(`${name}: bytes ${end} to ${offsets[0]} before \`${key}\` belong to no tensor`);
    end = offsets[1];
    previous = key;
  }
  if (end > available) throw new LamellaError(`${name} is cut off: its tensors take ${end} bytes, ${available} arrived`);
  if (end < available) throw new LamellaError(`${name} is too long: its tensors take ${end} bytes, ${available} arrived`);
}

function decode({ dtype, shape }: Entry, view: DataView): Tensor {
  const count = sizeOf(shape);
  const floats = (read: (at: number) => number): Tensor =>
    new Tensor(
      { shape, dtype: "f32" },
      Float32Array.from({ length: count }, (_, at) => read(at)),
    );
  const whole = (read: (at: number) => number): Tensor =>
    new Tensor(
      { shape, dtype: "i32" },
      Int32Array.from({ length: count }, (_, at) => read(at)),
    );
  switch (dtype) {
    case "F64":
      return new Tensor(
        { shape, dtype: "f64" },
        Float64Array.from({ length: count }, (_, at) => view.getFloat64(8 * at, true)),
      );
    case "F32":
      return floats((at) => view.getFloat32(4 * at, true));
    case "F16":
      return floats((at) => halfToNumber(view.getUint16(2 * at, true)));
    case "BF16":
      return floats((at) => bfloatToNumber(view.getUint16(2 * at, true)));
    case "I64":
      return whole((at) => Number(view.getBigInt64(8 * at, true)));
    case "I32":
      return whole((at) => view.getInt32(4 * at, true));
    case "I16":
      return whole((at) => view.getInt16(2 * at, true));
    case "I8":
      return whole((at) => view.getInt8(at));
    default:
      return new Tensor(
        { shape, dtype: dtype === "BOOL" ? "bool" : "u8" },
        Uint8Array.from({ length: count }, (_, at) => view.getUint8(at)),
      );
  }
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a single-precision number. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

const written = { f32: "F32", f64: "F64", i32: "I32", u8: "U8", bool: "BOOL" } as const;

/** The bytes of a safetensors file. Tensors are laid out in the order given. */
export function writeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const { data } = tensor;
    const part = littleEndian(data);
    header[name] = { dtype: written[tensor.dtype], shape: tensor.shape, data_offsets: [offset, offset + part.length] };
    offset += part.length;
    parts.push(part);
  }
  let text = JSON.stringify(header);
  // Padded with spaces, so that the numbers start at a multiple of eight.
  text += " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8);
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + head.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The bytes of numbers in little-endian order, which is that of every machine Node runs on but s390x. */
function littleEndian(data: Tensor["data"]): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 || data.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = bytes.slice();
  for (let at = 0; at < swapped.length; at += data.BYTES_PER_ELEMENT) swapped.subarray(at, at + data.BYTES_PER_ELEMENT).reverse();
  return swapped;
}
