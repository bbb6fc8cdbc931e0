import type { Graph, Node } from "../../tensor/graph.js";
import { mulOperation } from "../../tensor/operations/arithmetic.js";
import { stepOperation } from "../../tensor/operations/activations.js";
import { maxPoolGradientOperation, maxPoolOperation } from "../../tensor/operations/pooling.js";
import { sumOperation, type ReductionAttributes } from "../../tensor/operations/reductions.js";
import { allocate, sameShape, sizeOf, type TypedArray } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";

/** Constants of at most this many numbers are computed when planning. */
const foldLimit = 16_384;

/** A graph after simplification; its nodes are new objects, its leaves the traced ones. */
export interface SimpleGraph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly assignments: Graph["assignments"];
  readonly nodes: readonly Node[];
}

/**
 * Drops what nothing needs, computes what is known, does equal things once, and removes operations that change nothing.
 * No rule changes a rounding, so that the result is the same bits; but a sum of a gradient that a max pooling sent back adds in another order.
 */
export function simplify(graph: Graph): SimpleGraph {
  const needed = reachable(graph);
  const rewriter = new Rewriter();
  for (const node of graph.nodes) if (needed.has(node) || node.kind === "input") rewriter.take(node);
  const result = {
    inputs: graph.inputs,
    outputs: graph.outputs.map((output) => rewriter.of(output)),
    assignments: graph.assignments.map(({ variable, value }) => ({ variable, value: rewriter.of(value) })),
    nodes: rewriter.nodes,
  };
  // Rewriting leaves nodes behind whose readers found something simpler.
  const left = reachable(result);
  return { ...result, nodes: rewriter.nodes.filter((node) => left.has(node)) };
}

function reachable(graph: Pick<Graph, "outputs" | "assignments">): Set<Node> {
  const ends = [...graph.outputs, ...graph.assignments.map(({ value }) => value)].map((tensor) => tensor.node as Node);
  const seen = new Set<Node>(ends);
  const stack = [...seen];
  while (stack.length > 0) {
    for (const input of (stack.pop() as Node).inputs) {
      const node = input.node as Node;
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push(node);
    }
  }
  return seen;
}

class Rewriter {
  readonly nodes: Node[] = [];
  readonly #replacement = new Map<Tensor, Tensor>();
  readonly #ids = new Map<Tensor, number>();
  readonly #known = new Map<string, Node>();

  of(tensor: Tensor): Tensor {
    const canonical = (tensor.node as Node).outputs[tensor.output] as Tensor;
    return this.#replacement.get(canonical) ?? canonical;
  }

  #id(tensor: Tensor): number {
    let id = this.#ids.get(tensor);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(tensor, id);
    }
    return id;
  }

  take(node: Node): void {
    if (node.kind === "constant") {
      const known = this.#shareConstant(node);
      if (known !== node) this.#replace(node, known.outputs);
      return;
    }
    if (node.kind !== "operation") {
      this.nodes.push(node);
      return;
    }
    const inputs = node.inputs.map((input) => this.of(input));
    const shortcut = withoutEffect(node, inputs);
    if (shortcut !== null) {
      this.#replacement.set(node.outputs[0] as Tensor, shortcut);
      return;
    }
    const folded = this.#fold(node, inputs);
    if (folded !== null) {
      this.#replace(node, folded);
      return;
    }
    const pooled = this.#beforeRouting(node, inputs);
    if (pooled !== null) {
      this.#replacement.set(node.outputs[0] as Tensor, pooled);
      return;
    }
    this.#replace(node, this.#once(node, throughReshape(node, inputs)).outputs);
  }

  /** The node with these inputs, or the one that does the same already. */
  #once(node: Omit<Node, "id" | "inputs" | "outputs">, inputs: readonly Tensor[]): Node {
    const key = this.#key(node.operation, node.attributes, inputs);
    let same = this.#known.get(key);
    if (same === undefined) {
      same = this.#copy(node, inputs);
      this.#known.set(key, same);
    }
    return same;
  }

  #key(operation: Node["operation"], attributes: unknown, inputs: readonly Tensor[]): string {
    return `${operation?.name}|${JSON.stringify(attributes)}|${inputs.map((input) => this.#id(input)).join()}`;
  }

  /**
   * What is done with a gradient after a max pooling has sent it back is done before, to a quarter of the numbers: relu's gradient, as
   * the largest of a window is above 0 where the place is that the number goes to; and sums over whole images, which it does not change.
   */
  #beforeRouting(node: Node, inputs: readonly Tensor[]): Tensor | null {
    if (node.operation === sumOperation) {
      const [routed] = inputs as readonly [Tensor];
      const { axes } = node.attributes as ReductionAttributes;
      if (!isRouted(routed) || !routed.shape.slice(1, -1).every((_, axis) => axes.includes(axis + 1))) return null;
      return this.#once(node, [(routed.node as Node).inputs[1] as Tensor]).outputs[0] as Tensor;
    }
    if (node.operation !== mulOperation) return null;
    const routed = inputs.find((input) => isRouted(input));
    const mask = inputs.find((input) => input !== routed && input.node?.operation === stepOperation)?.node;
    if (routed === undefined || mask === undefined || mask === null) return null;
    const { attributes, inputs: [source, slopes] } = routed.node as Node; // prettier-ignore
    if (source === undefined || slopes === undefined || mask.inputs[0] !== source) return null;
    const largest = this.#known.get(this.#key(maxPoolOperation, attributes, [source]));
    if (largest === undefined) return null;
    const types = [slopes];
    const open = this.#once({ ...mask, types }, largest.outputs).outputs[0] as Tensor;
    const left = this.#once({ ...node, types }, [slopes, open]).outputs[0] as Tensor;
    return this.#once(routed.node as Node, [source, left]).outputs[0] as Tensor;
  }

  #replace(node: Node, outputs: readonly Tensor[]): void {
    for (const [index, output] of node.outputs.entries()) this.#replacement.set(output, outputs[index] as Tensor);
  }

  #copy(node: Omit<Node, "id" | "inputs" | "outputs">, inputs: readonly Tensor[]): Node {
    const outputs: Tensor[] = [];
    const copy: Node = { ...node, id: this.nodes.length, inputs, outputs };
    for (const [index, type] of node.types.entries()) outputs.push(new Tensor(type, null, copy, index));
    this.nodes.push(copy);
    return copy;
  }

  /** Small equal constants become one node. */
  #shareConstant(node: Node): Node {
    const value = node.constant as Tensor;
    if (value.size <= 16) {
      const key = `constant|${value.dtype}|${value.shape.join("x")}|${Array.from(value.data, (number) => (Object.is(number, -0) ? "-0" : number)).join()}`;
      const known = this.#known.get(key);
      if (known !== undefined) return known;
      this.#known.set(key, node);
    }
    this.nodes.push(node);
    return node;
  }

  #fold(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | null {
    const values = inputs.map((input) => (input.node as Node).constant);
    if (inputs.length === 0 || values.some((value) => value === null)) return null;
    if (node.types.reduce((sum, type) => sum + sizeOf(type.shape), 0) > foldLimit) return null;
    const results = node.types.map((type) => ({ shape: type.shape, dtype: type.dtype, data: allocate(type.dtype, sizeOf(type.shape)) }));
    node.operation?.evaluate(
      values.map((value) => value as Tensor & { data: TypedArray }),
      node.attributes,
      results,
    );
    return results.map((result) => {
      const outputs: Tensor[] = [];
      const folded: Node = {
        id: this.nodes.length, kind: "constant", operation: null, inputs: [], attributes: null, types: [result], outputs,
        scope: node.scope, constant: new Tensor(result, result.data), variable: null,
      }; // prettier-ignore
      outputs.push(new Tensor(result, null, folded, 0));
      return this.#shareConstant(folded).outputs[0] as Tensor;
    });
  }
}

const isRouted = (tensor: Tensor): boolean => tensor.node?.operation === maxPoolGradientOperation;

/** The input that a node only passes on, or null. */
function withoutEffect(node: Node, inputs: readonly Tensor[]): Tensor | null {
  const [first, second] = inputs;
  const type = node.types[0];
  if (first === undefined || type === undefined || node.types.length !== 1) return null;
  const keeps = (input: Tensor): boolean => input.dtype === type.dtype && sameShape(input.shape, type.shape);
  switch (node.operation?.name) {
    case "identity":
    case "stopGradient":
      return first;
    case "reshape":
    case "broadcastTo":
    case "cast":
      return keeps(first) ? first : null;
    case "mul":
      if (isAll(second, 1) && keeps(first)) return first;
      return isAll(first, 1) && second !== undefined && keeps(second) ? second : null;
    case "div":
      return isAll(second, 1) && keeps(first) ? first : null;
    case "sub":
      return isAll(second, 0) && keeps(first) ? first : null;
    case undefined: {
      throw new Error("Not implemented yet: undefined case");
    }
    default:
      return null;
  }
}

/** A reshape of a reshape reads the first one's source. */
function throughReshape(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const from = inputs[0]?.node;
  return node.operation?.name === "reshape" && from?.operation?.name === "reshape" ? from.inputs : inputs;
}

/** The number that all elements of a constant are, or null. */
export function uniformValue(tensor: Tensor): number | null {
  const value = tensor.node?.constant ?? null;
  if (value === null || value.size === 0) return null;
  const { data } = value;
  const first = data[0] as number;
  for (let index = 1; index < data.length; index++) if (!Object.is(data[index], first)) return null;
  return first;
}

function isAll(tensor: Tensor | undefined, number: number): boolean {
  return tensor !== undefined && (tensor.node?.constant ?? null) !== null && Object.is(uniformValue(tensor), number);
}
