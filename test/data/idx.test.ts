import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseIdx } from "../../std/data/index.js";

/** Header of two zero bytes, type, axes and extents, then the elements. */
function idx(type: number, extents: readonly number[], elements: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * extents.length + elements.length);
  bytes.set([0, 0, type, extents.length]);
  for (const [axis, extent] of extents.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, extent);
  bytes.set(elements, 4 + 4 * extents.length);
  return bytes;
}

const good = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255]);

describe("parseIdx", () => {
  it("reads bytes, plain and gzip", () => {
    for (const bytes of [good, new Uint8Array(gzipSync(good))]) {
      const { shape, data } = parseIdx(bytes, "f");
      expect(shape).toEqual([2, 3]);
      expect([...data]).toEqual([1, 2, 3, 4, 5, 255]);
    }
  });

  it("reads big-endian numbers of every type", () => {
    expect([...parseIdx(idx(0x09, [2], [0xff, 1]), "f").data]).toEqual([-1, 1]);
    expect([...parseIdx(idx(0x0b, [2], [0x01, 0x02, 0xff, 0xfe]), "f").data]).toEqual([258, -2]);
    expect([...parseIdx(idx(0x0c, [1], [0, 1, 0, 0]), "f").data]).toEqual([65536]);
    expect([...parseIdx(idx(0x0d, [1], [0x3f, 0xc0, 0, 0]), "f").data]).toEqual([1.5]);
    expect([...parseIdx(idx(0x0e, [1], [0x3f, 0xf8, 0, 0, 0, 0, 0, 0]), "f").data]).toEqual([1.5]);
  });

  it.each([
    {
      title: "cut off",
      bytes: good.subarray(0, 16),
      message: "images.gz is cut off: 18 bytes expected for 2x3 numbers of u8, 16 arrived; download it again",
    },
    {
      title: "too long",
      bytes: Uint8Array.from([...good, 0]),
      message: "images.gz is too long: 18 bytes expected for 2x3 numbers of u8, 19 arrived; download it again",
    },
    {
      title: "cut off in the header",
      bytes: good.subarray(0, 7),
      message: "images.gz is cut off in its header: 12 bytes expected for 2 axes, 7 arrived; download it again",
    },
    {
      title: "a web page",
      bytes: new TextEncoder().encode("<html>"),
      message:
        "images.gz is no IDX file: it starts with 3c 68 74 6d, but an IDX file starts with 00 00, an element type (08, 09, 0b, 0c, 0d, 0e) and the number of axes; download it again",
    },
    {
      title: "empty",
      bytes: new Uint8Array(0),
      message:
        "images.gz is no IDX file: it starts with nothing (it is empty), but an IDX file starts with 00 00, an element type (08, 09, 0b, 0c, 0d, 0e) and the number of axes; download it again",
    },
    {
      title: "gzip cut off",
      bytes: new Uint8Array(gzipSync(good)).subarray(0, 20),
      message: "images.gz cannot be unzipped (unexpected end of file): the file is cut off or damaged, 20 bytes arrived; download it again",
    },
  ])("$title", ({ bytes, message }) => expect(() => parseIdx(bytes, "images.gz")).toThrow(expect.objectContaining({ message })));
});
