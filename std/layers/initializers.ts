import { fillNormal, fillUniform, normalNumbers, type RandomKey } from "../tensor/random.js";

/** How many numbers a number of the output is made of, and how many numbers of the output one of the input goes into. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** How a parameter starts: a name for docs and records, and the values for a shape, drawn from a stream of its own. */
export interface Initializer {
  readonly name: string;
  /**
   * Writes the values, every one of them, row by row. `key` is the stream (seed and the parameter's path); the same key gives
   * the same values on every machine.
   */
  fill(values: Float32Array, shape: readonly number[], fans: Fans, key: RandomKey): void;
}

export type Distribution = "uniform" | "normal";

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

export const zeros: Initializer = { name: "zeros", fill: (values) => void values.fill(0) };
export const ones: Initializer = { name: "ones", fill: (values) => void values.fill(1) };

export function constant(value: number): Initializer {
  return { name: `constant(${value})`, fill: (values) => void values.fill(value) };
}

export function uniform(from: number, to: number): Initializer {
  return { name: `uniform(${from}, ${to})`, fill: (values, _shape, _fans, key) => fillUniform(values, key, from, to) };
}

export function normal(mean: number, std: number): Initializer {
  return { name: `normal(${mean}, ${std})`, fill: (values, _shape, _fans, key) => fillNormal(values, key, mean, std) };
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
    fill(values, _shape, fans, key) {
      const limit = Math.sqrt((distribution === "uniform" ? 3 : 1) * variance(fans));
      if (distribution === "uniform") fillUniform(values, key, -limit, limit);
      else fillNormal(values, key, 0, limit);
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
    fill(values, shape, _fans, key) {
      const columns = shape.at(-1) ?? 1;
      const rows = sizeOf(shape) / columns;
      const width = columns / blocks;
      const count = Math.min(rows, width);
      const length = Math.max(rows, width);
      const random = normalNumbers(key, rows * columns);
      for (let block = 0; block < blocks; block++) {
        const vectors = orthonormal(random.subarray(block * rows * width, (block + 1) * rows * width), count, length);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < width; column++) {
            const [vector, place] = rows > width ? [column, row] : [row, column];
            values[row * columns + block * width + column] = gain * ((vectors[vector] as Float64Array)[place] as number);
          }
        }
      }
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
