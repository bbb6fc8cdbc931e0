import { normalNumbers, uniformNumbers, type RandomKey } from "../tensor/random.js";
import { Tensor } from "../tensor/tensor.js";

/** How many numbers a number of the output is made of, and how many numbers of the output one of the input goes into. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** How a parameter starts: a name for docs and records, and the values for a shape, drawn from a stream of its own. */
export interface Initializer {
  readonly name: string;
  /** `key` is the stream (seed and the parameter's path); the same key gives the same values on every machine. */
  create(shape: readonly number[], fans: Fans, key: RandomKey): Tensor;
}

export type Distribution = "uniform" | "normal";

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
const full = (shape: readonly number[], value: number): Tensor =>
  new Tensor({ shape, dtype: "f32" }, new Float32Array(sizeOf(shape)).fill(value));

export const zeros: Initializer = { name: "zeros", create: (shape) => full(shape, 0) };
export const ones: Initializer = { name: "ones", create: (shape) => full(shape, 1) };

export function constant(value: number): Initializer {
  return { name: `constant(${value})`, create: (shape) => full(shape, value) };
}

export function uniform(from: number, to: number): Initializer {
  return { name: `uniform(${from}, ${to})`, create: (shape, _, key) => drawUniform(shape, from, to, key) };
}

export function normal(mean: number, std: number): Initializer {
  return { name: `normal(${mean}, ${std})`, create: (shape, _, key) => drawNormal(shape, mean, std, key) };
}

/** Variance 2 / (fan in + fan out). */
export function xavier(distribution: Distribution = "uniform"): Initializer {
  return scaled("xavier", distribution, ({ fanIn, fanOut }) => 2 / (fanIn + fanOut));
}

/** Variance 2 / fan in. */
export function he(distribution: Distribution = "normal"): Initializer {
  return scaled("he", distribution, ({ fanIn }) => 2 / fanIn);
}

/** Variance 1 / fan in. */
export function lecun(distribution: Distribution = "normal"): Initializer {
  return scaled("lecun", distribution, ({ fanIn }) => 1 / fanIn);
}

/** A uniform distribution on (-a, a) has variance a^2 / 3. */
function scaled(name: string, distribution: Distribution, variance: (fans: Fans) => number): Initializer {
  return {
    name: `${name}(${distribution})`,
    create(shape, fans, key) {
      const limit = Math.sqrt((distribution === "uniform" ? 3 : 1) * variance(fans));
      return distribution === "uniform" ? drawUniform(shape, -limit, limit, key) : drawNormal(shape, 0, limit, key);
    },
  };
}

/**
 * `gain` times a matrix with orthonormal rows (or columns, where it is taller than wide): a random normal matrix, made
 * orthonormal. Axes before the last count as rows.
 * @param blocks square matrices side by side (the gates of an LSTM), each orthogonal by itself
 */
export function orthogonal(gain = 1, blocks = 1): Initializer {
  return {
    name: gain === 1 ? "orthogonal" : `orthogonal(${gain})`,
    create(shape, _, key) {
      const columns = shape.at(-1) ?? 1;
      const rows = sizeOf(shape) / columns;
      const width = columns / blocks;
      const count = Math.min(rows, width);
      const length = Math.max(rows, width);
      const random = normalNumbers(key, rows * columns);
      const values = new Float32Array(rows * columns);
      for (let block = 0; block < blocks; block++) {
        const vectors = orthonormal(random.subarray(block * rows * width, (block + 1) * rows * width), count, length);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < width; column++) {
            const [vector, place] = rows > width ? [column, row] : [row, column];
            values[row * columns + block * width + column] = gain * ((vectors[vector] as Float64Array)[place] as number);
          }
        }
      }
      return new Tensor({ shape, dtype: "f32" }, values);
    },
  };
}

/** `count` vectors of `length` numbers, orthonormal: modified Gram-Schmidt, in double precision. */
function orthonormal(random: Float32Array, count: number, length: number): Float64Array[] {
  const vectors: Float64Array[] = [];
  for (let index = 0; index < count; index++) {
    const vector = Float64Array.from(random.subarray(index * length, (index + 1) * length));
    for (const earlier of vectors) {
      let product = 0;
      for (let at = 0; at < length; at++) product += (vector[at] as number) * (earlier[at] as number);
      for (let at = 0; at < length; at++) vector[at] = (vector[at] as number) - product * (earlier[at] as number);
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  return vectors;
}

function drawUniform(shape: readonly number[], from: number, to: number, key: RandomKey): Tensor {
  const values = uniformNumbers(key, sizeOf(shape));
  for (let index = 0; index < values.length; index++) values[index] = from + (to - from) * (values[index] as number);
  return new Tensor({ shape, dtype: "f32" }, values);
}

function drawNormal(shape: readonly number[], mean: number, std: number, key: RandomKey): Tensor {
  const values = normalNumbers(key, sizeOf(shape));
  for (let index = 0; index < values.length; index++) values[index] = mean + std * (values[index] as number);
  return new Tensor({ shape, dtype: "f32" }, values);
}
