import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { strToU8, unzipSync, zipSync } from "fflate";
import { LamellaError } from "../errors.js";
import { allocate, formatShape, sizeOf, type DType } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { halfToNumber } from "./half.js";

/** NumPy's types that are read, with the dtype they become and how one number is read; 64-bit integers are narrowed. */
const types: Readonly<
  Record<string, { readonly dtype: DType; readonly bytes: number; readonly read: (view: DataView, at: number, little: boolean) => number }>
> = {
  f2: { dtype: "f32", bytes: 2, read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  f4: { dtype: "f32", bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { dtype: "f64", bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { dtype: "i32", bytes: 1, read: (view, at) => view.getInt8(at) },
  i2: { dtype: "i32", bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { dtype: "i32", bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { dtype: "i32", bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u1: { dtype: "u8", bytes: 1, read: (view, at) => view.getUint8(at) },
  u2: { dtype: "i32", bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { dtype: "i32", bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { dtype: "i32", bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  b1: { dtype: "bool", bytes: 1, read: (view, at) => view.getUint8(at) },
};

/**
 * Reads an array in NumPy's npy format (versions 1 to 3), both byte orders, C and Fortran order.
 * @param name the file's name for messages.
 * @throws LamellaError when it is cut off, no npy file, or of a type that has no numbers.
 */
export function parseNpy(bytes: Uint8Array, name: string): Tensor {
  if (bytes.length < 10 || bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== "NUMPY") {
    throw new LamellaError(`${name} is no npy file: it does not start with \\x93NUMPY`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] as number) >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < end) throw new LamellaError(`${name} is cut off in its header: ${end} bytes expected, ${bytes.length} arrived`);
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const descriptor = /'descr':\s*'([<>|=]?)([a-z]\d+)'/.exec(header);
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const type = types[descriptor?.[2] ?? ""];
  if (type === undefined || shapeText === undefined)
    throw new LamellaError(
      `${name}: its header is ${header.trim()}, but one plain type (${Object.keys(types).join(", ")}) and a shape are expected`,
    );
  const shape = shapeText
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  const count = sizeOf(shape);
  if (bytes.length !== end + count * type.bytes) {
    throw new LamellaError(
      `${name} is ${bytes.length < end + count * type.bytes ? "cut off" : "too long"}: ${end + count * type.bytes} bytes expected for ${formatShape(shape)} ${descriptor?.[2]}, ${bytes.length} arrived`,
    );
  }
  const little = descriptor?.[1] !== ">";
  const data = allocate(type.dtype, count);
  for (let index = 0; index < count; index++) data[index] = type.read(view, end + index * type.bytes, little);
  const fortran = /'fortran_order':\s*True/.test(header);
  return new Tensor({ shape, dtype: type.dtype }, fortran ? toRowMajor(data, shape) : data);
}

/** From first axis fastest to last axis fastest. */
function toRowMajor(data: Tensor["data"], shape: readonly number[]): Tensor["data"] {
  const out = data.slice();
  const position = shape.map(() => 0);
  for (let index = 0; index < out.length; index++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * (shape[axis] as number) + (position[axis] as number);
    out[index] = data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (shape[axis] as number)) break;
      position[axis] = 0;
    }
  }
  return out;
}

const descriptors: Readonly<Record<DType, string>> = { f32: "<f4", f64: "<f8", i32: "<i4", u8: "|u1", bool: "|b1" };

/** The bytes of an npy file (version 1). */
export function formatNpy(tensor: Tensor): Uint8Array {
  const { shape, dtype, data } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descriptors[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers start at a multiple of 64.
  const padded = `${text}${" ".repeat((64 - ((11 + text.length) % 64)) % 64)}\n`;
  const bytes = new Uint8Array(10 + padded.length + data.byteLength);
  bytes.set([0x93, ...strToU8("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(strToU8(padded), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + padded.length);
  return bytes;
}

/** The arrays of an npz file by name. @throws LamellaError when it is no zip file or one of its arrays is damaged. */
export function parseNpz(bytes: Uint8Array, name: string): Map<string, Tensor> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new LamellaError(`${name} cannot be unzipped: it is no npz file, cut off or damaged (${bytes.length} bytes arrived)`, { cause });
  }
  return new Map(Object.entries(files).map(([file, content]) => [file.replace(/\.npy$/, ""), parseNpy(content, `${file} in ${name}`)]));
}

/** The bytes of an npz file; the same arrays give the same bytes. */
export function formatNpz(arrays: Iterable<readonly [string, Tensor]>): Uint8Array {
  const files = Object.fromEntries([...arrays].map(([name, tensor]) => [`${name}.npy`, formatNpy(tensor)]));
  // A fixed date, for outputs that do not differ from day to day.
  return zipSync(files, { level: 6, mtime: "1980-01-02T00:00:00" });
}

/** Reads a `.npy` file as a tensor. */
export function readNpy(path: string): Tensor {
  return parseNpy(readFileSync(path), basename(path));
}

/** Reads the arrays of a `.npz` file by name. */
export function readNpz(path: string): Map<string, Tensor> {
  return parseNpz(readFileSync(path), basename(path));
}

/** Writes a tensor as a `.npy` file. */
export function writeNpy(path: string, tensor: Tensor): void {
  writeFileSync(path, formatNpy(tensor));
}

/** Writes arrays as a `.npz` file. */
export function writeNpz(path: string, arrays: Readonly<Record<string, Tensor>>): void {
  writeFileSync(path, formatNpz(Object.entries(arrays)));
}
