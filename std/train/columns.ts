import type { Dataset } from "../data/dataset.js";
import { LamellaError } from "../errors.js";
import type { Dim, FlowType } from "../layers/definition.js";
import type { Network } from "../network/network.js";
import { sizeOf, type TensorType } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";

/** What matters of a data set here. */
export type Columned = Pick<Dataset, "name" | "columns">;

/** How a data set feeds a net: per input and per output the column, and the shape the net wants it in. */
export interface Binding {
  /** One column for each input of the net. */
  readonly inputs: readonly string[];
  /** One column for each output, null where none is left. */
  readonly targets: readonly (string | null)[];
  /** The shape each input column is given in, without the batch axis: the column's own, or the net's where only axes of 1 differ. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/**
 * Finds the columns that feed a net: by name, else in order; the last column is the (first) output's target.
 * @throws LamellaError naming input, column and both shapes, when they do not fit.
 */
export function bindColumns(network: Network, dataset: Columned): Binding {
  const names = Object.keys(dataset.columns);
  if (names.length < network.inputs.length) {
    throw new LamellaError(
      `${network.name} takes ${network.inputs.length} inputs, but ${dataset.name} has ${names.length === 1 ? "one column" : `${names.length} columns`}: ${names.join(", ")}`,
    );
  }
  const shapes: Record<string, readonly number[]> = {};
  const inputs = network.inputs.map((input, index) => {
    const column = names.includes(input.name) ? input.name : (names[index] as string);
    shapes[column] = shapeFor(network, input, dataset, column);
    return column;
  });
  const left = names.filter((name) => !inputs.includes(name));
  const targets = network.outputs.map(({ name }, index) =>
    left.includes(name) ? name : (left[left.length - network.outputs.length + index] ?? null),
  );
  if (network.outputs.length === 1 && left.length > 0)
    targets[0] = left.includes(network.outputs[0]?.name ?? "") ? (targets[0] as string) : (left.at(-1) as string);
  return { inputs, targets, shapes };
}

function shapeFor(
  network: Network,
  input: { readonly name: string; readonly type: FlowType },
  dataset: Columned,
  column: string,
): readonly number[] {
  const { shape, dtype } = dataset.columns[column] as Dataset["columns"][string];
  const wanted = input.type.shape;
  const whole = dtype === "i32";
  if (whole !== (input.type.dtype === "i32")) {
    throw new LamellaError(
      `${network.name} takes ${input.name} as ${input.type.dtype === "i32" ? "whole numbers (int)" : "numbers"}, ` +
        `but the column ${column} of ${dataset.name} holds ${whole ? "whole numbers: write `int` after the input's shape" : "numbers"}`,
    );
  }
  if (fits(wanted, shape)) return shape;
  const fixed = wanted.filter((dim): dim is number => typeof dim === "number");
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.filter((extent) => extent !== 1).join("x") === b.filter((extent) => extent !== 1).join("x");
  if (fixed.length === wanted.length && same(fixed, shape)) return fixed;
  throw new LamellaError(
    `${network.name} takes ${input.name}: ${formatDims(wanted)}, but the column ${column} of ${dataset.name} is ${formatDims(shape)}: ` +
      `declare the net as ${network.name}(${input.name}: ${formatDims(shape)}), or choose other data`,
  );
}

function fits(wanted: readonly Dim[], shape: readonly number[]): boolean {
  return wanted.length === shape.length && wanted.every((dim, axis) => typeof dim !== "number" || dim === shape[axis]);
}

function formatDims(dims: readonly Dim[]): string {
  return dims.length === 0 ? "one number" : dims.map((dim) => (typeof dim === "number" ? String(dim) : dim.text)).join("x");
}

/** The type of a batch of a column as the net is given it. */
export function batchType(dataset: Columned, binding: Pick<Binding, "shapes">, column: string, size: number): TensorType {
  const { shape, dtype } = dataset.columns[column] as Dataset["columns"][string];
  return { shape: [size, ...(binding.shapes[column] ?? shape)], dtype: dtype === "i32" ? "i32" : "f32" }; // (N, ...)
}

/** The same numbers in the shape of `type`. */
export function inShape(value: Tensor, type: TensorType): Tensor {
  if (value.shape.length === type.shape.length && value.shape.every((extent, axis) => extent === type.shape[axis])) return value;
  if (value.size !== sizeOf(type.shape))
    throw new LamellaError(`a batch of ${formatDims(value.shape)} arrived where ${formatDims(type.shape)} was planned`);
  return new Tensor({ shape: type.shape, dtype: value.dtype }, value.data);
}
