import { LamellaError } from "../errors.js";
import { formatShape } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { filledArguments } from "../train/arguments.js";
import { augmentationEntries } from "./augmentation-entries.js";
import type { Generator } from "../tensor/random.js";

export type AugmentationName = "crop" | "flip" | "shift" | "rotate" | "scale" | "noise" | "pca";

/** One random change of a batch of images `N x H x W x C`. */
export interface Augmentation {
  readonly kind: "augmentation";
  readonly name: AugmentationName;
  readonly args: Readonly<Record<string, unknown>>;
  /** The shape of one image after it. */
  outputShape(shape: readonly number[]): readonly number[];
  /** @param random null outside training: a crop is taken from the middle, everything else leaves the images as they are. */
  apply(images: Tensor, random: Generator | null): Tensor;
}

/** Where a picture is read for each of its pixels: the source position as an affine function of the target's, about the centre. */
type Affine = readonly [xx: number, xy: number, x: number, yx: number, yy: number, y: number];

type Images = {
  readonly data: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

function imagesOf(name: AugmentationName, tensor: Tensor): Images {
  const [count, height, width, channels] = tensor.shape as [number, number, number, number];
  if (tensor.rank !== 4 || !(tensor.data instanceof Float32Array)) {
    throw new LamellaError(
      `augment ${name} works on images (height x width x channels), but each example is ${formatShape(tensor.shape.slice(1))}`,
    );
  }
  return { data: tensor.data, count, height, width, channels };
}

/** A change that leaves the shape alone and does nothing outside training. */
function define(
  name: AugmentationName,
  given: object,
  change: (images: Images, out: Float32Array, random: Generator, args: Record<string, unknown>) => void,
): Augmentation {
  const args = filledArguments(augmentationEntries, name, given);
  return {
    kind: "augmentation",
    name,
    args,
    outputShape: (shape) => shape,
    apply: (tensor, random) => {
      if (random === null) return tensor;
      const out = new Float32Array(tensor.size);
      change(imagesOf(name, tensor), out, random, args);
      return new Tensor({ shape: tensor.shape, dtype: "f32" }, out);
    },
  };
}

/** Reads each picture at affine positions, bilinear, with zeros outside. */
function resample({ data, count, height, width, channels }: Images, out: Float32Array, mapOf: () => Affine): void {
  const cx = (width - 1) / 2;
  const cy = (height - 1) / 2;
  const row = width * channels;
  for (let image = 0; image < count; image++) {
    const [xx, xy, x0, yx, yy, y0] = mapOf();
    const base = image * height * row;
    let to = base;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += channels) {
        const sx = xx * (x - cx) + xy * (y - cy) + x0 + cx;
        const sy = yx * (x - cx) + yy * (y - cy) + y0 + cy;
        const left = Math.floor(sx);
        const top = Math.floor(sy);
        if (left < -1 || top < -1 || left >= width || top >= height) continue;
        const fx = sx - left;
        const fy = sy - top;
        // Weights of the four pixels around; those outside the picture count nothing.
        const a = left >= 0 && top >= 0 ? (1 - fx) * (1 - fy) : 0;
        const b = left + 1 < width && top >= 0 ? fx * (1 - fy) : 0;
        const c = left >= 0 && top + 1 < height ? (1 - fx) * fy : 0;
        const d = left + 1 < width && top + 1 < height ? fx * fy : 0;
        const from = base + top * row + left * channels;
        for (let channel = 0; channel < channels; channel++) {
          let value = 0;
          if (a !== 0) value += a * (data[from + channel] as number);
          if (b !== 0) value += b * (data[from + channels + channel] as number);
          if (c !== 0) value += c * (data[from + row + channel] as number);
          if (d !== 0) value += d * (data[from + row + channels + channel] as number);
          out[to + channel] = value;
        }
      }
    }
  }
}

/** Cuts a piece at a random place, at the centre outside training. */
function crop(given: { size: number | readonly [number, number]; pad?: number }): Augmentation {
  const args = filledArguments(augmentationEntries, "crop", given);
  const size = given.size;
  const [high, wide] = typeof size === "number" ? [size, size] : size;
  const pad = given.pad ?? 0;
  const check = (height: number, width: number): void => {
    if (high > height + 2 * pad || wide > width + 2 * pad) {
      throw new LamellaError(
        `augment crop: a piece of ${high}x${wide} does not fit into images of ${height}x${width}${pad > 0 ? ` with ${pad} pixels around` : ""}`,
      );
    }
  };
  return {
    kind: "augmentation",
    name: "crop",
    args,
    outputShape: ([height, width, channels]) => {
      check(height as number, width as number);
      return [high, wide, channels as number];
    },
    apply: (tensor, random) => {
      const { data, count, height, width, channels } = imagesOf("crop", tensor);
      check(height, width);
      const out = new Float32Array(count * high * wide * channels);
      const [freeY, freeX] = [height + 2 * pad - high, width + 2 * pad - wide];
      for (let image = 0; image < count; image++) {
        const top = (random === null ? Math.floor(freeY / 2) : random.integer(freeY + 1)) - pad;
        const left = (random === null ? Math.floor(freeX / 2) : random.integer(freeX + 1)) - pad;
        for (let y = Math.max(0, -top); y < Math.min(high, height - top); y++) {
          const from = Math.max(0, -left);
          const to = Math.min(wide, width - left);
          const source = ((image * height + top + y) * width + left) * channels;
          out.set(data.subarray(source + from * channels, source + to * channels), ((image * high + y) * wide + from) * channels);
        }
      }
      return new Tensor({ shape: [count, high, wide, channels], dtype: "f32" }, out);
    },
  };
}

/** Mirrors every other example, at random. */
function flip(given: { direction?: "horizontal" | "vertical" | "both" } = {}): Augmentation {
  return define("flip", given, ({ data, count, height, width, channels }, out, random, { direction }) => {
    for (let image = 0; image < count; image++) {
      const sideways = direction !== "vertical" && random.uniform() < 0.5;
      const upside = direction !== "horizontal" && random.uniform() < 0.5;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = ((image * height + (upside ? height - 1 - y : y)) * width + (sideways ? width - 1 - x : x)) * channels;
          const to = ((image * height + y) * width + x) * channels;
          for (let channel = 0; channel < channels; channel++) out[to + channel] = data[from + channel] as number;
        }
      }
    }
  });
}

/** Moves by whole pixels, zeros moving in. */
function shift(given: { by?: number } = {}): Augmentation {
  return define("shift", given, ({ data, count, height, width, channels }, out, random, { by }) => {
    const most = by as number;
    const row = width * channels;
    for (let image = 0; image < count; image++) {
      const right = Math.round(random.uniform(-most, most));
      const down = Math.round(random.uniform(-most, most));
      const columns = width - Math.abs(right);
      if (columns <= 0) continue;
      for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
        const from = (image * height + y) * row + Math.max(0, -right) * channels;
        out.set(data.subarray(from, from + columns * channels), (image * height + y + down) * row + Math.max(0, right) * channels);
      }
    }
  });
}

/** Turns about the centre, zeros turning in. */
function rotate(given: { degrees?: number } = {}): Augmentation {
  return define("rotate", given, (images, out, random, { degrees }) => {
    const most = ((degrees as number) * Math.PI) / 180;
    resample(images, out, () => {
      const angle = random.uniform(-most, most);
      return [Math.cos(angle), Math.sin(angle), 0, -Math.sin(angle), Math.cos(angle), 0];
    });
  });
}

/** Enlarges or shrinks about the centre. */
function scale(given: { by?: number } = {}): Augmentation {
  return define("scale", given, (images, out, random, { by }) => {
    resample(images, out, () => {
      const factor = 1 / (1 + random.uniform(-(by as number), by as number));
      return [factor, 0, 0, 0, factor, 0];
    });
  });
}

/** Adds normal noise to every number. */
function noise(given: { deviation?: number } = {}): Augmentation {
  return define("noise", given, ({ data }, out, random, { deviation }) => {
    for (let index = 0; index < data.length; index++) out[index] = (data[index] as number) + random.normal(0, deviation as number);
  });
}

/**
 * Shifts the colours of each image along the principal components of all pixels of the batch: `P (a * lambda)` with a from
 * N(0, deviation^2) (A. Krizhevsky, NIPS 2012, where lambda and P are those of the whole training set).
 */
function pca(given: { deviation?: number } = {}): Augmentation {
  return define("pca", given, (images, out, random, { deviation }) => {
    const { data, count, height, width, channels } = images;
    const { values, vectors } = principalComponents(data, channels);
    const pixels = height * width;
    for (let image = 0; image < count; image++) {
      const draw = values.map((value) => value * random.normal(0, deviation as number));
      const offset = Array.from({ length: channels }, (_, channel) =>
        draw.reduce((sum, amount, k) => sum + amount * ((vectors[k] as number[])[channel] as number), 0),
      );
      for (let index = image * pixels * channels; index < (image + 1) * pixels * channels; index++)
        out[index] = (data[index] as number) + (offset[index % channels] as number);
    }
  });
}

/** Eigenvalues and eigenvectors of the covariance of the channels, by Jacobi's rotations. */
function principalComponents(data: Float32Array, channels: number): { values: number[]; vectors: number[][] } {
  const pixels = data.length / channels;
  const mean = new Array<number>(channels).fill(0);
  for (let index = 0; index < data.length; index++)
    mean[index % channels] = (mean[index % channels] as number) + (data[index] as number) / pixels;
  const a = Array.from({ length: channels }, () => new Array<number>(channels).fill(0));
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let i = 0; i < channels; i++) {
      for (let j = i; j < channels; j++) {
        const product =
          ((data[pixel * channels + i] as number) - (mean[i] as number)) * ((data[pixel * channels + j] as number) - (mean[j] as number));
        (a[i] as number[])[j] = ((a[i] as number[])[j] as number) + product / pixels;
      }
    }
  }
  for (let i = 0; i < channels; i++) for (let j = 0; j < i; j++) (a[i] as number[])[j] = (a[j] as number[])[i] as number;
  const v = Array.from({ length: channels }, (_, i) => Array.from({ length: channels }, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < channels; p++) {
      for (let q = p + 1; q < channels; q++) rotateJacobi(a, v, p, q);
    }
  }
  return { values: a.map((row, i) => row[i] as number), vectors: v.map((_, k) => v.map((row) => row[k] as number)) };
}

/** One rotation that makes a[p][q] zero. */
function rotateJacobi(a: number[][], v: number[][], p: number, q: number): void {
  const at = (m: number[][], i: number, j: number): number => (m[i] as number[])[j] as number;
  const apq = at(a, p, q);
  if (Math.abs(apq) < 1e-15) return;
  const theta = (at(a, q, q) - at(a, p, p)) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const mix = (m: number[][], i: number, j: number, k: number, l: number): void => {
    const [x, y] = [at(m, i, j), at(m, k, l)];
    (m[i] as number[])[j] = c * x - s * y;
    (m[k] as number[])[l] = s * x + c * y;
  };
  for (let k = 0; k < a.length; k++) mix(a, k, p, k, q);
  for (let k = 0; k < a.length; k++) mix(a, p, k, q, k);
  for (let k = 0; k < v.length; k++) mix(v, k, p, k, q);
}

export const augmentations = { crop, flip, shift, rotate, scale, noise, pca } as const;
