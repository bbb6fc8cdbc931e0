import type { Node } from "../../tensor/graph.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Address } from "./contract.js";

/** An address for a kernel argument that is absent (no bias, no residual). */
export const absent = 0;

export function input(node: Node, index: number): Tensor {
  const tensor = node.inputs[index];
  if (tensor === undefined) throw new Error(`${node.operation?.name ?? "node"} has no input ${index}`);
  return tensor;
}

export function output(node: Node): Tensor {
  return node.outputs[0] as Tensor;
}

/** Whether all inputs and outputs are f32: what the floating-point kernels take. */
export function isSingle(node: Node): boolean {
  return [...node.inputs, ...node.outputs].every((tensor) => tensor.dtype === "f32");
}

/** Whether the node moves elements of 4 bytes. */
export function isWord(node: Node): boolean {
  return [...node.inputs, ...node.outputs].every((tensor) => tensor.dtype === "f32" || tensor.dtype === "i32");
}

export type Argument = number | Address;
