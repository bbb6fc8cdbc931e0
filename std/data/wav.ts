import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { LamellaError } from "../errors.js";
import { Tensor } from "../tensor/tensor.js";

/** Sound: samples from -1 to 1, `time x channels`, and how many there are a second. */
export interface Sound {
  readonly samples: Tensor;
  /** In hertz. */
  readonly rate: number;
}

/** Reads a WAV file. */
export function readWav(path: string): Sound {
  return parseWav(readFileSync(path), basename(path));
}

/**
 * RIFF WAVE with whole numbers of 8, 16, 24 or 32 bits or floats of 32, uncompressed.
 * @param name the file's name for messages.
 * @throws LamellaError when it is cut off, no WAV file or compressed.
 */
export function parseWav(bytes: Uint8Array, name: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number): string => new TextDecoder("latin1").decode(bytes.subarray(at, at + 4));
  if (bytes.length < 12 || text(0) !== "RIFF" || text(8) !== "WAVE")
    throw new LamellaError(`${name} is no WAV file: it does not start with RIFF … WAVE`);
  let format: { kind: number; channels: number; rate: number; bits: number } | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const kind = text(at);
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    if (start + length > bytes.length)
      throw new LamellaError(`${name} is cut off: its part \`${kind}\` takes ${length} bytes, ${bytes.length - start} arrived`);
    if (kind === "fmt ") {
      const code = view.getUint16(start, true);
      // Extensible: the code stands at the start of the sub-format.
      format = {
        kind: code === 0xfffe ? view.getUint16(start + 24, true) : code,
        channels: view.getUint16(start + 2, true),
        rate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    }
    if (kind === "data") {
      if (format === null) throw new LamellaError(`${name}: its sound comes before its format`);
      return { rate: format.rate, samples: decode(view, start, length, format, name) };
    }
    // Parts are padded to an even length.
    at = start + length + (length % 2);
  }
  throw new LamellaError(`${name} holds no sound: it has no part \`data\``);
}

function decode(
  view: DataView,
  start: number,
  length: number,
  { kind, channels, bits }: { kind: number; channels: number; bits: number },
  name: string,
): Tensor {
  const read = readers[`${kind}/${bits}`];
  if (read === undefined)
    throw new LamellaError(
      `${name}: sound of format ${kind} with ${bits} bits is not read; whole numbers of 8, 16, 24 and 32 bits and floats of 32 are`,
    );
  const size = bits / 8;
  const frames = Math.floor(length / (size * channels));
  const data = Float32Array.from({ length: frames * channels }, (_, index) => read(view, start + index * size));
  return new Tensor({ shape: [frames, channels], dtype: "f32" }, data); // (time, channels)
}

const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  // Eight bits are without sign, by tradition.
  "1/8": (view, at) => (view.getUint8(at) - 128) / 128,
  "1/16": (view, at) => view.getInt16(at, true) / 32768,
  "1/24": (view, at) => (view.getUint8(at) + view.getUint8(at + 1) * 256 + view.getInt8(at + 2) * 65536) / 8388608,
  "1/32": (view, at) => view.getInt32(at, true) / 2147483648,
  "3/32": (view, at) => view.getFloat32(at, true),
};
