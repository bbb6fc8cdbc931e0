import { LamellaError, ShapeError } from "../errors.js";
import type { Node } from "./graph.js";
import { formatShape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/**
 * Reverse-mode differentiation on the graph: new nodes are added to the trace that computes the gradient of a scalar
 * with respect to each of `targets`. Because gradient rules are written with operations, the result can be
 * differentiated again.
 * @param add, zeros, ones: handed in by `operations`, so that this file needs no operation of its own.
 * @returns one gradient per target, of the target's shape (zeros where the scalar does not depend on it).
 * @throws ShapeError when `scalar` is not one number; LamellaError when an operation on the way has no gradient.
 */
export function gradientsOf(
  scalar: Tensor,
  targets: readonly Tensor[],
  build: { add(a: Tensor, b: Tensor): Tensor; zerosLike(a: Tensor): Tensor; onesLike(a: Tensor): Tensor },
): Tensor[] {
  if (scalar.size !== 1)
    throw new ShapeError(`a gradient is taken of one number (a loss), but this is ${formatShape(scalar.shape)}: take its sum or mean`);
  if (scalar.node === null) return targets.map((target) => build.zerosLike(target));

  const order = topological(scalar.node);
  const leadsToTarget = new Set<Node>();
  const targetNodes = new Set(targets.map((target) => target.node));
  for (const node of order) {
    if (targetNodes.has(node) || node.inputs.some((input) => leadsToTarget.has(input.node as Node))) leadsToTarget.add(node);
  }

  const gradients = new Map<Tensor, Tensor>();
  const outputOf = (tensor: Tensor): Tensor => (tensor.node as Node).outputs[tensor.output] as Tensor;
  gradients.set(outputOf(scalar), build.onesLike(scalar));
  for (const node of order.reverse()) {
    if (node.kind !== "operation" || !leadsToTarget.has(node)) continue;
    const incoming = node.outputs.map((output) => gradients.get(output) ?? null);
    if (incoming.every((gradient) => gradient === null)) continue;
    const wanted = node.inputs.map((input) => leadsToTarget.has(input.node as Node) && (input.dtype === "f32" || input.dtype === "f64"));
    if (!wanted.includes(true)) continue;
    const operation = node.operation;
    if (operation?.gradient === undefined)
      throw new LamellaError(`${operation?.name ?? node.kind} has no gradient; keep it off the way from the parameters to the loss`);
    const outgoing = operation.gradient({
      inputs: node.inputs,
      outputs: node.outputs,
      gradients: incoming,
      attributes: node.attributes,
      wanted,
    });
    for (const [index, gradient] of outgoing.entries()) {
      if (gradient === null || wanted[index] !== true) continue;
      const input = outputOf(node.inputs[index] as Tensor);
      const sum = gradients.get(input);
      gradients.set(input, sum === undefined ? gradient : build.add(sum, gradient));
    }
  }
  return targets.map((target) => (target.node === null ? undefined : gradients.get(outputOf(target))) ?? build.zerosLike(target));
}

/** The nodes `end` depends on, inputs before users. Iterative: graphs of recurrent nets are deep. */
function topological(end: Node): Node[] {
  const seen = new Set<Node>([end]);
  const stack: Node[] = [end];
  while (stack.length > 0) {
    for (const input of (stack.pop() as Node).inputs) {
      const node = input.node as Node;
      if (!seen.has(node)) {
        seen.add(node);
        stack.push(node);
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
