import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import type * as Pngjs from "pngjs";
import { LamellaError } from "../errors.js";
import { Tensor } from "../tensor/tensor.js";
import { MemoryDataset } from "./memory.js";

export interface ImageOptions {
  /** Height and width all pictures are brought to (bilinear). Without it they must be of one size. */
  readonly size?: number | readonly [height: number, width: number];
  /** 1 for grey, 3 for colour. Default 3. */
  readonly channels?: 1 | 3;
}

interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Loaded with the first picture: few notebooks read any. */
let pngjs: typeof Pngjs | undefined;

function decode(path: string, channels: 1 | 3): Picture {
  const name = basename(path);
  const bytes = readFileSync(path);
  pngjs ??= createRequire(import.meta.url)("pngjs") as typeof Pngjs;
  let png: Pngjs.PNG;
  try {
    png = pngjs.PNG.sync.read(bytes);
  } catch (cause) {
    throw new LamellaError(
      `${name} cannot be read as PNG (${cause instanceof Error ? cause.message : String(cause)}): ${bytes.length} bytes arrived; the file is cut off, damaged or of another kind`,
      { cause },
    );
  }
  const { width, height, data: rgba } = png;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue] = [rgba[4 * pixel] as number, rgba[4 * pixel + 1] as number, rgba[4 * pixel + 2] as number];
    // Luma of ITU-R BT.601, as PIL's "L".
    if (channels === 1) data[pixel] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    else data.set([red, green, blue], 3 * pixel);
  }
  return { height, width, channels, data };
}

/** Bilinear, with pixel centres at half numbers. Shrinking averages nothing: pictures should not be much larger than `size`. */
function resize(picture: Picture, height: number, width: number): Picture {
  if (picture.height === height && picture.width === width) return picture;
  const { channels } = picture;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const sy = Math.min(picture.height - 1, Math.max(0, ((y + 0.5) * picture.height) / height - 0.5));
    const top = Math.floor(sy);
    const below = Math.min(picture.height - 1, top + 1);
    for (let x = 0; x < width; x++) {
      const sx = Math.min(picture.width - 1, Math.max(0, ((x + 0.5) * picture.width) / width - 0.5));
      const left = Math.floor(sx);
      const right = Math.min(picture.width - 1, left + 1);
      for (let channel = 0; channel < channels; channel++) {
        const at = (row: number, column: number): number => picture.data[(row * picture.width + column) * channels + channel] as number;
        const upper = at(top, left) + (at(top, right) - at(top, left)) * (sx - left);
        const lower = at(below, left) + (at(below, right) - at(below, left)) * (sx - left);
        data[(y * width + x) * channels + channel] = Math.round(upper + (lower - upper) * (sy - top));
      }
    }
  }
  return { height, width, channels, data };
}

function sized(picture: Picture, size: ImageOptions["size"]): Picture {
  if (size === undefined) return picture;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return resize(picture, height, width);
}

/** A PNG file as a tensor `height x width x channels` with numbers from 0 to 1. */
export function readImage(path: string, options: ImageOptions = {}): Tensor {
  const { height, width, channels, data } = sized(decode(path, options.channels ?? 3), options.size);
  return new Tensor(
    { shape: [height, width, channels], dtype: "f32" },
    Float32Array.from(data, (value) => value / 255),
  );
}

/**
 * A folder of folders of PNG files as a data set: each folder is a class, named after it.
 * @throws LamellaError for a folder without pictures, one that cannot be read, and pictures of different sizes without `size`.
 */
export function readImages(folder: string, options: ImageOptions = {}): MemoryDataset {
  if (!existsSync(folder)) throw new LamellaError(`there is no folder "${folder}"`);
  const classes = readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .sort();
  const files = classes.flatMap((name, label) =>
    readdirSync(join(folder, name))
      .filter((file) => extname(file).toLowerCase() === ".png")
      .sort()
      .map((file) => ({ path: join(folder, name, file), shown: `${name}/${file}`, label })),
  );
  if (files.length === 0)
    throw new LamellaError(`"${basename(folder)}" holds no pictures: it should hold one folder for each class, with PNG files in it`);
  const pictures = files.map(({ path }) => sized(decode(path, options.channels ?? 3), options.size));
  const [first] = pictures as [Picture];
  const other = pictures.findIndex(({ height, width }) => height !== first.height || width !== first.width);
  if (other !== -1) {
    throw new LamellaError(
      `pictures of different sizes: ${files[0]?.shown} is ${first.height}x${first.width}, but ${files[other]?.shown} is ${pictures[other]?.height}x${pictures[other]?.width}; bring them to one size with size: ${first.height}`,
    );
  }
  const data = new Uint8Array(files.length * first.data.length);
  for (const [index, picture] of pictures.entries()) data.set(picture.data, index * first.data.length);
  return new MemoryDataset({
    name: basename(folder),
    classes,
    source: "from a folder of PNG files",
    columns: {
      image: { data, shape: [first.height, first.width, first.channels] },
      label: { data: Int32Array.from(files, ({ label }) => label), shape: [] },
    },
  });
}
