import type { Address, Gemm, LoweringContext } from "../../../std/engine/lowering/contract.js";
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

/** The product that a system's BLAS would make, by its definition. */
function multiply(buffer: ArrayBufferLike, gemm: Gemm): void {
  const { m, n, k, transposeA = false, transposeB = false, beta = 0, batch = 1 } = gemm;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n, strideA = m * k, strideB = k * n, strideC = m * n } = gemm;
  const from = (address: Address): Float32Array => new Float32Array(buffer, (address as unknown as { bytes: number }).bytes);
  const [a, b, c] = [from(gemm.a), from(gemm.b), from(gemm.c)];
  for (let entry = 0; entry < batch; entry++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const left = a[entry * strideA + (transposeA ? p * lda + i : i * lda + p)] as number;
          sum += left * (b[entry * strideB + (transposeB ? j * ldb + p : p * ldb + j)] as number);
        }
        const at = entry * strideC + i * ldc + j;
        c[at] = sum + (beta === 0 ? 0 : beta * (c[at] as number));
      }
    }
  }
}

/** A context that runs each kernel at once, all parts one after the other, last part first. */
export function immediateContext(machine: Bench, places: ReadonlyMap<Tensor, TypedArray>, threads: number, wide = false): LoweringContext {
  const address = (bytes: number): Address & { bytes: number } => ({ bytes, plus: (more) => address(bytes + more) });
  return {
    threads,
    wide,
    machineCode: false,
    blas: wide,
    buffer: (tensor) => address((places.get(tensor) as TypedArray).byteOffset),
    scratch: (bytes) => address(machine.bytes(bytes).byteOffset),
    emit(kernel, args, options) {
      machine.call(
        kernel,
        args.map((arg) => (typeof arg === "number" ? arg : (arg as unknown as { bytes: number }).bytes)),
        options?.owner === undefined ? threads : 1,
      );
    },
    gemm: (gemm) => multiply(machine.bytes(0).buffer, gemm),
    native: () => {
      throw new Error("there is no machine code here");
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
  wide = false,
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
  rule.lower(node, immediateContext(machine, places, threads, wide));
  const outputs = node.outputs.map((tensor): OperandArray => ({
    shape: tensor.shape,
    dtype: tensor.dtype,
    data: allocate(tensor.dtype, tensor.size),
  }));
  operation.evaluate(inputs, attributes as never, outputs);
  return { lowered, portable: outputs.map(({ data }) => data) };
}
