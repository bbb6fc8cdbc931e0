import type { Node } from "../../tensor/graph.js";
import type { TransposeAttributes } from "../../tensor/operations/reshaping.js";
import { stridesOf } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { GraphView } from "./contract.js";

/** Matrices of a batch, examples x heads x rows x columns, as they lie in the memory of `tensor`: columns without gaps. */
export interface Matrices {
  readonly tensor: Tensor;
  /** In elements, between examples, heads and rows. */
  readonly strides: readonly [number, number, number];
}

/** Strides as of four axes; with three there is one head. */
const asFour = (strides: readonly number[]): [number, number, number] =>
  strides.length === 4
    ? [strides[0] as number, strides[1] as number, strides[2] as number]
    : [strides[0] as number, 0, strides[1] as number];

const isTranspose = (node: Node | null): node is Node => node?.operation?.name === "transpose";
const permutationOf = (node: Node): readonly number[] => (node.attributes as TransposeAttributes).permutation;
const keepsColumns = (permutation: readonly number[]): boolean => permutation.at(-1) === permutation.length - 1;

/** How an operand of three or four axes is read: through a transpose that leaves its columns where they are, else as it is. */
export function readThrough(tensor: Tensor): Matrices {
  const { node } = tensor;
  if (isTranspose(node) && keepsColumns(permutationOf(node))) {
    const source = node.inputs[0] as Tensor;
    const from = stridesOf(source.shape);
    return { tensor: source, strides: asFour(permutationOf(node).map((axis) => from[axis] as number)) };
  }
  return { tensor, strides: asFour(stridesOf(tensor.shape)) };
}

/** How a result is written: past the transpose that alone reads it (which vanishes then), else as it is. */
export function writeThrough(tensor: Tensor, graph: GraphView): Matrices & { readonly nodes: readonly Node[] } {
  const readers = graph.consumers(tensor);
  const [reader] = readers;
  if (readers.length === 1 && !graph.needed(tensor) && isTranspose(reader as Node) && keepsColumns(permutationOf(reader as Node))) {
    const target = (reader as Node).outputs[0] as Tensor;
    const permutation = permutationOf(reader as Node);
    const to = stridesOf(target.shape);
    return {
      tensor: target,
      strides: asFour(permutation.map((_, axis) => to[permutation.indexOf(axis)] as number)),
      nodes: [reader as Node],
    };
  }
  return { tensor, strides: asFour(stridesOf(tensor.shape)), nodes: [] };
}
