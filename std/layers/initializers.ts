import { allocate } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { uniformNumbers } from "./stream.js";

/** How many numbers a number of the output is made of, and how many numbers of the output one of the input goes into. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** A stream of random numbers: seed and path of a parameter. */
export type StreamKey = readonly [number, number];

/** How a parameter starts: a name for docs and records, and the values for a shape, drawn from a stream of its own. */
export interface Initializer {
  readonly name: string;
  /** `key` is the stream (seed and the parameter's path); the same key gives the same values on every machine. */
  create(shape: readonly number[], fans: Fans, key: StreamKey): Tensor;
}

export type Distribution = "uniform" | "normal";

function fill(shape: readonly number[], next: (index: number) => number): Tensor {
  const data = allocate("f32", shape.reduce((product, extent) => product * extent, 1));
  for (let index = 0; index < data.length; index++) data[index] = next(index);
  return new Tensor({ shape, dtype: "f32" }, data);
}

export const zeros: Initializer = { name: "zeros", create: (shape) => fill(shape, () => 0) };
export const ones: Initializer = { name: "ones", create: (shape) => fill(shape, () => 1) };

export function constant(value: number): Initializer {
  return { name: `constant(${value})`, create: (shape) => fill(shape, () => value) };
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
 * `gain` times a matrix with orthonormal rows (or columns, where it is taller than wide): the Q of a random normal
 * matrix. Axes before the last count as rows; a matrix that is several square blocks side by side (the gates of an LSTM)
 * gets one orthogonal block for each when `blocks` says so.
 */
export function orthogonal(gain = 1, blocks = 1): Initializer {
  return {
    name: gain === 1 ? "orthogonal" : `orthogonal(${gain})`,
    create(shape, _, key) {
      const columns = shape.at(-1) ?? 1;
      const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
      const width = columns / blocks;
      const random = drawNormal([rows * columns], 0, 1, key).data;
      const result = new Float64Array(rows * columns);
      for (let block = 0; block < blocks; block++) {
        const slice = Float64Array.from({ length: rows * width }, (_unused, at) => random[block * rows * width + at] as number);
        const basis = orthonormal(slice, rows, width);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < width; column++) result[row * columns + block * width + column] = basis[row * width + column] as number;
        }
      }
      return fill(shape, (index) => gain * (result[index] as number));
    },
  };
}

/** Gram-Schmidt on the shorter side, each vector twice, which keeps it orthogonal to rounding. */
function orthonormal(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const tall = rows > columns;
  const count = tall ? columns : rows;
  const length = tall ? rows : columns;
  const at = (vector: number, index: number): number => (tall ? index * columns + vector : vector * columns + index);
  for (let vector = 0; vector < count; vector++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < vector; earlier++) {
        let product = 0;
        for (let index = 0; index < length; index++) product += (matrix[at(vector, index)] as number) * (matrix[at(earlier, index)] as number);
        for (let index = 0; index < length; index++) {
          matrix[at(vector, index)] = (matrix[at(vector, index)] as number) - product * (matrix[at(earlier, index)] as number);
        }
      }
    }
    let norm = 0;
    for (let index = 0; index < length; index++) norm += (matrix[at(vector, index)] as number) ** 2;
    norm = Math.sqrt(norm);
    for (let index = 0; index < length; index++) matrix[at(vector, index)] = (matrix[at(vector, index)] as number) / norm;
  }
  return matrix;
}

function drawUniform(shape: readonly number[], from: number, to: number, key: StreamKey): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const numbers = uniformNumbers(key, count);
  return fill(shape, (index) => from + (to - from) * (numbers[index] as number));
}

/** Box and Muller: two uniform numbers make two normal ones. */
function drawNormal(shape: readonly number[], mean: number, std: number, key: StreamKey): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const numbers = uniformNumbers(key, count + (count % 2));
  const data = allocate("f32", count);
  for (let index = 0; index < count; index += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - (numbers[index] as number)));
    const angle = 2 * Math.PI * (numbers[index + 1] as number);
    data[index] = mean + radius * Math.cos(angle);
    data[index + 1] = mean + radius * Math.sin(angle); // past the end of an odd count: ignored
  }
  return new Tensor({ shape, dtype: "f32" }, data);
}
