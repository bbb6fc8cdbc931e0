import type { Address, LoweringContext } from "../../../std/engine/lowering/contract.js";
import { lowerings } from "../../../std/engine/lowering/index.js";
import { trace, type Node } from "../../../std/tensor/graph.js";
import { apply, type OperandArray, type Operation } from "../../../std/tensor/operation.js";
import { allocate, type TypedArray } from "../../../std/tensor/shape.js";
import type { Tensor } from "../../../std/tensor/tensor.js";
import { bench, type Bench } from "./kernels.js";

/** The node an operation makes, with symbolic inputs of the given tensors' types. */
export function nodeOf(operation: Operation<never>, inputs: readonly Tensor[], attributes: unknown): Node {
  const graph = trace((...symbolic) => apply(operation as Operation<unknown>, symbolic, attributes), inputs);
  return graph.nodes.find((node) => node.kind === "operation") as Node;
}

/** A context that runs each kernel at once, all parts one after the other, last part first. */
export function immediateContext(machine: Bench, places: ReadonlyMap<Tensor, TypedArray>, threads: number): LoweringContext {
  const address = (bytes: number): Address & { bytes: number } => ({ bytes, plus: (more) => address(bytes + more) });
  return {
    threads,
    blas: false,
    buffer: (tensor) => address((places.get(tensor) as TypedArray).byteOffset),
    scratch: (bytes) => address(machine.bytes(bytes).byteOffset),
    emit(kernel, args, options) {
      machine.call(
        kernel,
        args.map((arg) => (typeof arg === "number" ? arg : (arg as unknown as { bytes: number }).bytes)),
        options?.serial === true ? 1 : threads,
      );
    },
    gemm: () => {
      throw new Error("no BLAS here");
    },
    constant: () => null,
  };
}

export function place(machine: Bench, { dtype, data }: { dtype: string; data: ArrayLike<number> }): TypedArray {
  if (dtype === "f32") return machine.floats(data);
  return dtype === "i32" ? machine.integers(data) : machine.bytes(data);
}

/** Runs an operation's lowering and its portable `evaluate`; gives both results. */
export function bothWays(
  build: string,
  operation: Operation<never>,
  inputs: readonly Tensor[],
  attributes: unknown,
  threads: number,
  pages = 96,
): { lowered: TypedArray[]; portable: TypedArray[] } {
  const node = nodeOf(operation, inputs, attributes);
  const rule = lowerings.get(operation.name);
  if (rule === undefined) throw new Error(`${operation.name} has no lowering`);
  if (rule.supports?.(node) === false) throw new Error(`the lowering of ${operation.name} refuses this case`);
  const machine = bench(build, pages);
  const places = new Map<Tensor, TypedArray>();
  inputs.forEach((input, index) => places.set(node.inputs[index] as Tensor, place(machine, input)));
  const lowered = node.outputs.map((tensor) => {
    const array = place(machine, { dtype: tensor.dtype, data: new Float32Array(tensor.size).fill(NaN) });
    places.set(tensor, array);
    return array;
  });
  rule.lower(node, immediateContext(machine, places, threads));
  const outputs = node.outputs.map((tensor): OperandArray => ({
    shape: tensor.shape,
    dtype: tensor.dtype,
    data: allocate(tensor.dtype, tensor.size),
  }));
  operation.evaluate(inputs, attributes as never, outputs);
  return { lowered, portable: outputs.map(({ data }) => data) };
}
