import { gunzipSync } from "node:zlib";
import { LamellaError } from "../errors.js";
import { formatShape } from "../tensor/shape.js";

/** The content of an IDX file: the format of MNIST and its family (Y. LeCun). */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
}

const elementTypes: Record<number, { readonly name: string; readonly bytes: number }> = {
  0x08: { name: "u8", bytes: 1 },
  0x09: { name: "i8", bytes: 1 },
  0x0b: { name: "i16", bytes: 2 },
  0x0c: { name: "i32", bytes: 4 },
  0x0d: { name: "f32", bytes: 4 },
  0x0e: { name: "f64", bytes: 8 },
};

/**
 * Reads an IDX file, plain or gzip: two zero bytes, the element type, the number of axes, each extent as a big-endian
 * 32-bit number, then the elements, big-endian.
 * @param name the file's name for messages.
 * @throws LamellaError naming the file and the bytes expected and arrived, when it is cut off, too long or no IDX file.
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const raw = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(bytes, name) : bytes;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const type = elementTypes[raw[2] ?? -1];
  const rank = raw[3] ?? 0;
  if (raw.length < 4 || raw[0] !== 0 || raw[1] !== 0 || type === undefined || rank === 0) {
    const start = [...raw.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new LamellaError(
      `${name} is no IDX file: it starts with ${start === "" ? "nothing (it is empty)" : start}, but an IDX file starts with 00 00, ` +
        `an element type (08, 09, 0b, 0c, 0d, 0e) and the number of axes; download it again`,
    );
  }
  const header = 4 + 4 * rank;
  if (raw.length < header) {
    throw new LamellaError(
      `${name} is cut off in its header: ${header} bytes expected for ${rank} axes, ${raw.length} arrived; download it again`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, extent) => product * extent, 1);
  const expected = header + count * type.bytes;
  if (raw.length !== expected) {
    throw new LamellaError(
      `${name} is ${raw.length < expected ? "cut off" : "too long"}: ${expected} bytes expected for ${formatShape(shape)} numbers of ${type.name}, ` +
        `${raw.length} arrived; download it again`,
    );
  }
  return { shape, data: elements(view, header, count, type.name) };
}

function unzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LamellaError(
      `${name} cannot be unzipped (${reason}): the file is cut off or damaged, ${bytes.length} bytes arrived; download it again`,
      { cause },
    );
  }
}

function elements(view: DataView, start: number, count: number, type: string): IdxArray["data"] {
  switch (type) {
    case "u8":
      return new Uint8Array(view.buffer, view.byteOffset + start, count).slice();
    case "i8":
      return Int32Array.from({ length: count }, (_, index) => view.getInt8(start + index));
    case "i16":
      return Int32Array.from({ length: count }, (_, index) => view.getInt16(start + 2 * index));
    case "i32":
      return Int32Array.from({ length: count }, (_, index) => view.getInt32(start + 4 * index));
    case "f32":
      return Float32Array.from({ length: count }, (_, index) => view.getFloat32(start + 4 * index));
    default:
      return Float64Array.from({ length: count }, (_, index) => view.getFloat64(start + 8 * index));
  }
}
