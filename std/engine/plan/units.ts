import type { Node } from "../../tensor/graph.js";
import { sameShape, sizeOf } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Fusion, FusionMatch, GraphView, LoweringRule } from "../lowering/contract.js";
import { vectorCodeFor } from "./element-wise.js";
import type { FusedGroup } from "./fused-loop.js";
import type { SimpleGraph } from "./simplify.js";

/** What is planned and run as one: it reads its inputs and writes its outputs, and has no insides for the plan. */
export type Unit = {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
} & (
  | { readonly kind: "view" }
  | { readonly kind: "fused"; readonly group: FusedGroup }
  | { readonly kind: "kernel"; readonly node: Node; readonly rule: LoweringRule }
  | { readonly kind: "fusion"; readonly match: FusionMatch }
  | { readonly kind: "portable"; readonly node: Node }
);

export interface Lowerings {
  readonly lowerings: ReadonlyMap<string, LoweringRule>;
  readonly fusions: readonly Fusion[];
}

/** More would not fit in registers anyway, and the search for cycles grows with it. */
const groupLimit = 48;

/**
 * Cuts a graph into units: fusions of the kernels first, then element-wise chains, then single nodes.
 * @param separate every node is a unit of its own (for checking each result).
 */
export function unitsOf(graph: SimpleGraph, { lowerings, fusions }: Lowerings, separate: boolean): Unit[] {
  const readers = new Map<Tensor, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const list = readers.get(input);
      if (list === undefined) readers.set(input, [node]);
      else list.push(node);
    }
  }
  const needed = new Set<Tensor>([...graph.outputs, ...graph.assignments.map(({ value }) => value)]);
  const notes = new Map<Tensor, Tensor>();
  const view: GraphView = {
    consumers: (tensor) => readers.get(tensor) ?? [],
    needed: (tensor) => needed.has(tensor),
    note: (tensor) => notes.get(tensor) ?? null,
  };
  const cutter = new Cutter(graph.nodes, view, notes);
  if (!separate) {
    for (const fusion of fusions) cutter.match(fusion);
    cutter.chain();
  }
  return used(cutter.units(lowerings), needed);
}

/** Without the units whose results nobody reads: fusions may read past a node, which then was its only purpose. */
function used(units: readonly Unit[], needed: ReadonlySet<Tensor>): Unit[] {
  const maker = new Map<Tensor, Unit>();
  for (const unit of units) for (const output of unit.outputs) maker.set(output, unit);
  const kept = new Set<Unit>();
  const stack = [...needed];
  for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
    const unit = maker.get(tensor);
    if (unit === undefined && tensor.node?.kind === "operation")
      throw new Error(`no unit makes what ${tensor.node.operation?.name ?? "a node"} gave`);
    if (unit === undefined || kept.has(unit)) continue;
    kept.add(unit);
    stack.push(...unit.inputs);
  }
  return units.filter((unit) => kept.has(unit));
}

/** Groups of nodes that become one unit, kept so that no path leaves a group and comes back. */
class Cutter {
  readonly #position = new Map<Node, number>();
  readonly #matches = new Map<Node, FusionMatch>();
  readonly #groups = new Map<Node, Set<Node>>();

  constructor(
    readonly nodes: readonly Node[],
    readonly view: GraphView,
    readonly notes: Map<Tensor, Tensor>,
  ) {
    for (const [index, node] of nodes.entries()) this.#position.set(node, index);
  }

  match(fusion: Fusion): void {
    for (const node of this.nodes) {
      if (node.operation?.name !== fusion.operation || this.#groups.has(node)) continue;
      const match = fusion.match(node, this.view);
      if (match === null || match.nodes.some((part) => this.#groups.has(part))) continue;
      const group = new Set(match.nodes);
      if (!this.#closed(group) || !this.#contained(match, group)) continue;
      for (const part of group) {
        this.#groups.set(part, group);
        this.#matches.set(part, match);
      }
      for (const [vanished, note] of match.notes ?? []) this.notes.set(vanished, note);
    }
  }

  #contained(match: FusionMatch, group: ReadonlySet<Node>): boolean {
    const inside = new Set([...group, ...(match.bypassed ?? [])]);
    return match.nodes.every((node) =>
      node.outputs.every(
        (output) =>
          match.outputs.includes(output) ||
          (!this.view.needed(output) && this.view.consumers(output).every((reader) => inside.has(reader))),
      ),
    );
  }

  /**
   * Element-wise nodes join the groups that read them, last node first: a value is then made where it is used, and what
   * the backward pass alone needs is not already written in the forward pass.
   */
  chain(): void {
    for (let index = this.nodes.length - 1; index >= 0; index--) {
      const node = this.nodes[index] as Node;
      if (node.kind !== "operation" || this.#groups.has(node) || vectorCodeFor(node) === null) continue;
      let group = new Set([node]);
      this.#groups.set(node, group);
      const output = node.outputs[0] as Tensor;
      for (const reader of this.view.consumers(output)) {
        const other = this.#groups.get(reader);
        if (
          other === undefined ||
          other === group ||
          this.#matches.has(reader) ||
          !sameShape((reader.outputs[0] as Tensor).shape, output.shape)
        )
          continue;
        if (vectorCodeFor(reader) === null) continue;
        const union = new Set([...group, ...other]);
        if (union.size > groupLimit || !this.#closed(union)) continue;
        for (const member of union) this.#groups.set(member, union);
        group = union;
      }
    }
  }

  /** Whether no path between two nodes of the group leads outside it, through other groups as wholes. */
  #closed(group: ReadonlySet<Node>): boolean {
    let last = -1;
    for (const node of group) last = Math.max(last, this.#position.get(node) as number);
    const seen = new Set<Node>();
    const stack: Node[] = [];
    const leave = (from: Node): boolean => {
      for (const output of from.outputs) {
        for (const reader of this.view.consumers(output)) {
          if (seen.has(reader)) continue;
          seen.add(reader);
          stack.push(reader);
        }
      }
      return true;
    };
    for (const node of group) {
      for (const output of node.outputs) {
        for (const reader of this.view.consumers(output)) {
          if (group.has(reader) || seen.has(reader)) continue;
          seen.add(reader);
          stack.push(reader);
        }
      }
    }
    // A group that is entered is left by all its members, also by those that lie before the entry.
    while (stack.length > 0) {
      const node = stack.pop() as Node;
      if (group.has(node)) return false;
      const others = this.#groups.get(node);
      if (others !== undefined && others.size > 1) {
        for (const member of others) {
          if (group.has(member)) continue;
          if (!seen.has(member)) {
            seen.add(member);
            stack.push(member);
          }
        }
      }
      if ((this.#position.get(node) as number) <= last || (others !== undefined && others.size > 1)) leave(node);
    }
    return true;
  }

  units(lowerings: ReadonlyMap<string, LoweringRule>): Unit[] {
    const units: Unit[] = [];
    const done = new Set<Node>();
    for (const node of this.nodes) {
      if (node.kind !== "operation" || done.has(node)) continue;
      const match = this.#matches.get(node);
      const group = this.#groups.get(node);
      if (match !== undefined) {
        for (const part of match.nodes) done.add(part);
        units.push({ kind: "fusion", match, nodes: match.nodes, inputs: match.inputs, outputs: match.outputs });
      } else if (group !== undefined) {
        for (const part of group) done.add(part);
        units.push(this.#fused([...group].sort((a, b) => (this.#position.get(a) as number) - (this.#position.get(b) as number))));
      } else {
        done.add(node);
        units.push(this.#single(node, lowerings));
      }
    }
    return units;
  }

  #single(node: Node, lowerings: ReadonlyMap<string, LoweringRule>): Unit {
    const parts = { nodes: [node], inputs: [...new Set(node.inputs)], outputs: node.outputs };
    if (node.operation?.name === "reshape") return { kind: "view", ...parts };
    if (vectorCodeFor(node) !== null) return this.#fused([node]);
    const rule = lowerings.get(node.operation?.name ?? "");
    const supported =
      rule !== undefined && (rule.supports?.(node) ?? [...node.inputs, ...node.outputs].every(({ dtype }) => dtype !== "f64"));
    return supported && !node.outputs.some((output) => output.size === 0)
      ? { kind: "kernel", node, rule, ...parts }
      : { kind: "portable", node, ...parts };
  }

  #fused(nodes: readonly Node[]): Unit {
    const members = new Set(nodes);
    const inputs = new Set<Tensor>();
    const outputs: Tensor[] = [];
    for (const node of nodes) {
      for (const input of node.inputs) if (!members.has(input.node as Node)) inputs.add(input);
      const output = node.outputs[0] as Tensor;
      if (this.view.needed(output) || this.view.consumers(output).some((reader) => !members.has(reader))) outputs.push(output);
    }
    const shape = (outputs[0] as Tensor).shape;
    if (sizeOf(shape) === 0) return { kind: "view", nodes, inputs: [], outputs };
    return { kind: "fused", group: { shape, nodes, inputs: [...inputs], outputs }, nodes, inputs: [...inputs], outputs };
  }
}
