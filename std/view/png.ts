import { zlibSync } from "fflate";

/** Pixels as a PNG stores them. `palette` holds red, green, blue, alpha of each index. */
export type Pixels =
  | { readonly kind: "indexed"; readonly width: number; readonly height: number; readonly data: Uint8Array; readonly palette: Uint8Array }
  | { readonly kind: "rgba"; readonly width: number; readonly height: number; readonly data: Uint8Array };

/**
 * A PNG file. Written here rather than through Node's zlib because that gives other bytes in other versions of Node, and a
 * notebook that is run again must give the same file; indexed pictures are also a quarter of the size.
 */
export function encodePng(pixels: Pixels): Uint8Array {
  const { width, height, data } = pixels;
  const bytesPerPixel = pixels.kind === "indexed" ? 1 : 4;
  const stride = width * bytesPerPixel;
  const scanlines = new Uint8Array((stride + 1) * height);
  for (let row = 0; row < height; row++) scanlines.set(data.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1); // filter 0
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits a channel
  header[9] = pixels.kind === "indexed" ? 3 : 6;
  const parts = [new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", header)];
  if (pixels.kind === "indexed") {
    const colours = pixels.palette.length / 4;
    const rgb = new Uint8Array(colours * 3);
    const alpha = new Uint8Array(colours);
    for (let index = 0; index < colours; index++) {
      rgb.set(pixels.palette.subarray(index * 4, index * 4 + 3), index * 3);
      alpha[index] = pixels.palette[index * 4 + 3] as number;
    }
    parts.push(chunk("PLTE", rgb), chunk("tRNS", alpha));
  }
  parts.push(chunk("IDAT", zlibSync(scanlines, { level: 9 })), chunk("IEND", new Uint8Array(0)));
  return concatenate(parts);
}

export function pngDataUri(pixels: Pixels): string {
  return `data:image/png;base64,${Buffer.from(encodePng(pixels)).toString("base64")}`;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const result = new Uint8Array(body.length + 12);
  const view = new DataView(result.buffer);
  view.setUint32(0, body.length);
  for (let index = 0; index < 4; index++) result[4 + index] = type.charCodeAt(index);
  result.set(body, 8);
  view.setUint32(body.length + 8, crc32(result.subarray(4, body.length + 8)));
  return result;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (crcTable[(value ^ byte) & 255] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
