import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../std/io/index.js";
import { tensor, Tensor } from "../../std/tensor/index.js";

/** A file with this header and these bytes after it. */
function file(header: unknown, body: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

describe("safetensors", () => {
  it("reads what the format's own description shows", () => {
    // F32 1.5, -2 and BF16 1, half 0.5, one I64 of -3.
    const { tensors, metadata } = readSafetensors(
      file(
        {
          __metadata__: { format: "pt" },
          a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
          b: { dtype: "BF16", shape: [1], data_offsets: [8, 10] },
          c: { dtype: "F16", shape: [], data_offsets: [10, 12] },
          d: { dtype: "I64", shape: [1, 1], data_offsets: [12, 20] },
        },
        [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0x80, 0x3f, 0, 0x38, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      ),
      "m.safetensors",
    );
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors].map(([name, value]) => [name, value.dtype, value.shape, [...value.data]])).toEqual([
      ["a", "f32", [2], [1.5, -2]],
      ["b", "f32", [1], [1]],
      ["c", "f32", [], [0.5]],
      ["d", "i32", [1, 1], [-3]],
    ]);
  });

  it("writes what it reads: every type, scalars, empty tensors, names with accents", () => {
    const tensors: [string, Tensor][] = [
      [
        "gewicht/ä",
        tensor([
          [1, 2],
          [3, Math.PI],
        ]),
      ],
      ["i", new Tensor({ shape: [2], dtype: "i32" }, Int32Array.of(-5, 7))],
      ["u", new Tensor({ shape: [3], dtype: "u8" }, Uint8Array.of(1, 2, 255))],
      ["yes", tensor([true, false])],
      ["f64", new Tensor({ shape: [], dtype: "f64" }, Float64Array.of(Math.E))],
      ["none", new Tensor({ shape: [0, 3], dtype: "f32" }, new Float32Array(0))],
    ];
    const bytes = writeSafetensors(tensors, { network: "N" });
    const back = readSafetensors(bytes, "f");
    expect(back.metadata).toEqual({ network: "N" });
    expect([...back.tensors].map(([name, { shape, dtype, data }]) => [name, shape, dtype, [...data]])).toEqual(
      tensors.map(([name, { shape, dtype, data }]) => [name, shape, dtype, [...data]]),
    );
    // The numbers start at a multiple of eight.
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  const entry = (from: number, to: number, dtype = "F32", shape = [(to - from) / 4]): object => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });
  it.each([
    {
      title: "five bytes",
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      message: "m is cut off: a safetensors file starts with 8 bytes that give the header's length, but only 5 arrived",
    },
    {
      title: "a header that ends early",
      bytes: file({ a: entry(0, 4) }, [0, 0, 0, 0]).subarray(0, 20),
      message: /^m is cut off in its header: \d+ bytes expected, 20 arrived$/,
    },
    {
      title: "a monstrous header",
      bytes: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0),
      message: "m is no safetensors file: its header would be 4294967296 bytes long (at most 100000000 are allowed)",
    },
    { title: "no JSON", bytes: file("{nothing"), message: "m is no safetensors file: its header is no JSON text" },
    {
      title: "numbers cut off",
      bytes: file({ a: entry(0, 8) }, [0, 0, 0, 0]),
      message: "m is cut off: its tensors take 8 bytes, 4 arrived",
    },
    {
      title: "bytes left over",
      bytes: file({ a: entry(0, 4) }, [0, 0, 0, 0, 9]),
      message: "m is too long: its tensors take 4 bytes, 5 arrived",
    },
    {
      title: "tensors that overlap",
      bytes: file({ a: entry(0, 8), b: entry(4, 12) }, new Array<number>(12).fill(0)),
      message: "m: the numbers of `b` (bytes 4 to 12) overlap those of `a` (up to byte 8)",
    },
    {
      title: "a gap",
      bytes: file({ a: entry(0, 4), b: entry(8, 12) }, new Array<number>(12).fill(0)),
      message: "m: bytes 4 to 8 before `b` belong to no tensor",
    },
    {
      title: "a type that is not read",
      bytes: file({ a: entry(0, 4, "F8_E4M3", [4]) }, [0, 0, 0, 0]),
      message: /^m: `a` has the type F8_E4M3, which is not read here; types are F64, F32/,
    },
    {
      title: "a shape that is not the bytes'",
      bytes: file({ a: entry(0, 4, "F32", [2]) }, [0, 0, 0, 0]),
      message: "m: `a` is 2 F32, which takes 8 bytes, but its data_offsets [0, 4] hold 4",
    },
    {
      title: "a negative extent",
      bytes: file({ a: entry(0, 4, "F32", [-1]) }, [0, 0, 0, 0]),
      message: /^m: the entry of `a` must have a dtype, a shape and data_offsets of two numbers/,
    },
  ])("$title", ({ bytes, message }) => expect(() => readSafetensors(bytes, "m")).toThrow(message));
});
