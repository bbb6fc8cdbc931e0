import { LamellaError, ShapeError } from "../errors.js";
import { allocate, formatShape, sizeOf, type DType, type Shape, type TensorType, type TypedArray } from "./shape.js";
import type { Node } from "./graph.js";

/** Nested lists of numbers, as a matrix is written: `[[1, 2], [3, 4]]`. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/**
 * An immutable value: shape, dtype, data. Inside `trace` a tensor is symbolic: it has a type and the graph node that
 * makes it, but no data yet. The same operations take both.
 */
export class Tensor implements TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The graph node that makes this tensor, when it is symbolic. */
  readonly node: Node | null;
  /** Which output of `node` this is. */
  readonly output: number;
  readonly #data: TypedArray | null;

  /** Used by the operations and the engine; people write `tensor([[1, 2], [3, 4]])`. */
  constructor(type: TensorType, data: TypedArray | null, node: Node | null = null, output = 0) {
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.#data = data;
    this.node = node;
    this.output = output;
    if (data !== null && data.length !== sizeOf(type.shape)) {
      throw new ShapeError(`a tensor of shape ${formatShape(type.shape)} holds ${sizeOf(type.shape)} numbers, but ${data.length} arrived`);
    }
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get symbolic(): boolean {
    return this.node !== null;
  }

  /**
   * The numbers, row by row (last axis fastest). Not to be written to: tensors are values.
   * @throws LamellaError inside `trace`, where a tensor has no value yet.
   */
  get data(): TypedArray {
    if (this.#data === null) {
      throw new LamellaError(
        "this tensor has no value yet: inside trace, compile or grad a tensor stands for a value to come; " +
          "use where(), maximum() and the like in place of if, and read values outside",
      );
    }
    return this.#data;
  }

  /** The number in a tensor of one element. @throws ShapeError when there are more. */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item() reads a tensor of one number, but this one is ${formatShape(this.shape)}`);
    return this.data[0] as number;
  }

  /** Nested arrays, as the tensor is written. A scalar gives a number. */
  toArray(): NestedNumbers {
    const { data, shape, dtype } = this;
    let next = 0;
    const build = (axis: number): NestedNumbers => {
      if (axis === shape.length) {
        const value = data[next++] as number;
        return dtype === "bool" ? value !== 0 : value;
      }
      return Array.from({ length: shape[axis] as number }, () => build(axis + 1));
    };
    return build(0);
  }
}

/**
 * A tensor from nested lists. Numbers become `f32`, booleans `bool`; pass `dtype` for another.
 * @throws ShapeError when the lists are ragged.
 */
export function tensor(values: NestedNumbers | TypedArray, options: { dtype?: DType; shape?: Shape } = {}): Tensor {
  if (ArrayBuffer.isView(values)) {
    const dtype = options.dtype ?? dtypeOfArray(values);
    const data = allocate(dtype, values.length);
    data.set(values);
    return new Tensor({ shape: options.shape ?? [values.length], dtype }, data);
  }
  const shape: number[] = [];
  for (let level: NestedNumbers | undefined = values; Array.isArray(level); level = level[0] as NestedNumbers | undefined)
    shape.push(level.length);
  const flat: number[] = [];
  let sawBoolean = false;
  const visit = (level: NestedNumbers, axis: number): void => {
    if (Array.isArray(level)) {
      if (axis >= shape.length || level.length !== shape[axis]) {
        throw new ShapeError(
          `tensor: the lists are ragged: on axis ${axis} one has length ${level.length} where ${shape[axis] ?? "a number"} was expected`,
        );
      }
      for (const inner of level as readonly NestedNumbers[]) visit(inner, axis + 1);
      return;
    }
    if (axis !== shape.length)
      throw new ShapeError(`tensor: the lists are ragged: a number stands on axis ${axis} where a list of ${shape[axis]} was expected`);
    if (typeof level === "boolean") sawBoolean = true;
    flat.push(Number(level));
  };
  visit(values, 0);
  const dtype = options.dtype ?? (sawBoolean ? "bool" : "f32");
  const data = allocate(dtype, flat.length);
  data.set(flat);
  return new Tensor({ shape: options.shape ?? shape, dtype }, data);
}

function dtypeOfArray(values: TypedArray): DType {
  if (values instanceof Float32Array) return "f32";
  if (values instanceof Float64Array) return "f64";
  if (values instanceof Int32Array) return "i32";
  return "u8";
}
