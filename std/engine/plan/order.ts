import type { Node, Variable } from "../../tensor/graph.js";
import { sameShape } from "../../tensor/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import type { SimpleGraph } from "./simplify.js";
import type { Unit } from "./units.js";

/** Units in the order in which they run, and how variables get their values. */
export interface Order {
  readonly units: readonly Unit[];
  /** From this position on variables change: a run that has come here is finished. */
  readonly commit: number;
  /** Results that are written straight into a variable's memory. */
  readonly inPlace: ReadonlyMap<Tensor, Variable>;
  /** What each output of the graph is read from (a copy, where the traced tensor is a variable's old value). */
  readonly outputs: readonly Tensor[];
}

/** The tensor that holds the numbers of `tensor`: reshapes share their source's. */
export function rootOf(tensor: Tensor): Tensor {
  let root = tensor;
  while (root.node?.kind === "operation" && root.node.operation?.name === "reshape") root = root.node.inputs[0] as Tensor;
  return root;
}

/**
 * Orders units so that all changes of variables come last: a run stopped before has changed nothing. A variable is
 * overwritten in place by the element-wise unit that makes its new value, after everyone who reads the old one; where
 * that cannot be (two variables that exchange values), the new value is made aside and copied at the end.
 */
export function order(graph: SimpleGraph, cut: readonly Unit[]): Order {
  const extra: Unit[] = [];
  const outputs = graph.outputs.map((output) => {
    if (rootOf(output).node?.kind !== "variable") return output;
    const { unit, result } = copyOf(output, output);
    extra.push(unit);
    return result;
  });
  const assignments = graph.assignments
    .filter(({ variable, value }) => value.node?.variable !== variable)
    .map(({ variable, value }) => {
      if (rootOf(value).node?.kind !== "variable") return { variable, value };
      const { unit, result } = copyOf(value, value);
      extra.push(unit);
      return { variable, value: result };
    });
  const units = [...cut, ...extra];
  const producer = new Map<Tensor, Unit>();
  for (const unit of units) for (const output of unit.outputs) producer.set(output, unit);

  const refused = new Set<Variable>();
  for (;;) {
    const attempt = arrange(units, producer, assignments, refused);
    if (attempt instanceof Array) return { ...finish(attempt[0], attempt[1], assignments), outputs };
    refused.add(attempt);
  }
}

type Assignments = readonly { readonly variable: Variable; readonly value: Tensor }[];

/** One try. @returns the units and the in-place results, or a variable that must not be written in place. */
function arrange(
  units: readonly Unit[],
  producer: ReadonlyMap<Tensor, Unit>,
  assignments: Assignments,
  refused: ReadonlySet<Variable>,
): [Unit[], Map<Tensor, Variable>] | Variable {
  const inPlace = new Map<Tensor, Variable>();
  const last = new Set<Unit>();
  for (const { variable, value } of assignments) {
    const unit = producer.get(value);
    if (refused.has(variable) || unit?.kind !== "fused" || inPlace.has(value)) continue;
    if (!unit.group.nodes.some((node) => node.outputs[0] === value)) continue;
    const overlapping = unit.inputs.some((input) => rootOf(input).node?.variable === variable && !sameShape(input.shape, unit.group.shape));
    if (overlapping) continue;
    inPlace.set(value, variable);
    last.add(unit);
  }

  // What must come before what: makers before readers, readers of an old value before the unit that overwrites it.
  const before = new Map<Unit, Set<Unit>>(units.map((unit) => [unit, new Set<Unit>()]));
  const readersOf = new Map<Variable, Unit[]>();
  for (const unit of units) {
    for (const input of unit.inputs) {
      const maker = producer.get(input);
      if (maker !== undefined && maker !== unit) before.get(unit)?.add(maker);
      const variable = rootOf(input).node?.variable ?? null;
      if (variable !== null) readersOf.set(variable, [...(readersOf.get(variable) ?? []), unit]);
    }
  }
  for (const [value, variable] of inPlace) {
    const writer = producer.get(value) as Unit;
    for (const reader of readersOf.get(variable) ?? []) if (reader !== writer && reader.kind !== "view") before.get(writer)?.add(reader);
  }
  // Whoever reads a value made at the end belongs to the end too, if it is light work.
  for (let grown = true; grown;) {
    grown = false;
    for (const unit of units) {
      if (last.has(unit) || ![...(before.get(unit) as Set<Unit>)].some((maker) => last.has(maker))) continue;
      if (unit.kind === "kernel" || unit.kind === "fusion" || unit.kind === "portable") {
        const blocking = [...inPlace].find(([value]) => reaches(producer.get(value) as Unit, unit, before));
        return (blocking as [Tensor, Variable])[1];
      }
      last.add(unit);
      grown = true;
    }
  }

  const waiting = new Map<Unit, number>();
  const after = new Map<Unit, Unit[]>();
  for (const [unit, makers] of before) {
    waiting.set(unit, makers.size);
    for (const maker of makers) after.set(maker, [...(after.get(maker) ?? []), unit]);
  }
  const rank = (unit: Unit): number => (last.has(unit) ? 1e9 : 0) + Math.min(...unit.nodes.map((node) => node.id).slice(-1));
  const ready = new Queue(
    units.filter((unit) => waiting.get(unit) === 0),
    rank,
  );
  const result: Unit[] = [];
  for (let unit = ready.take(); unit !== undefined; unit = ready.take()) {
    result.push(unit);
    for (const next of after.get(unit) ?? []) {
      const left = (waiting.get(next) as number) - 1;
      waiting.set(next, left);
      if (left === 0) ready.add(next);
    }
  }
  if (result.length === units.length) return [result, inPlace];
  const stuck = [...inPlace].find(([value]) => !result.includes(producer.get(value) as Unit));
  if (stuck === undefined) throw new Error("the units of a plan depend on each other in a circle");
  return stuck[1];
}

function reaches(from: Unit, to: Unit, before: ReadonlyMap<Unit, ReadonlySet<Unit>>): boolean {
  const seen = new Set<Unit>();
  const stack = [to];
  while (stack.length > 0) {
    const unit = stack.pop() as Unit;
    if (unit === from) return true;
    if (seen.has(unit)) continue;
    seen.add(unit);
    stack.push(...(before.get(unit) as ReadonlySet<Unit>));
  }
  return false;
}

/** Appends the copies, and finds where changes begin. */
function finish(units: readonly Unit[], inPlace: Map<Tensor, Variable>, assignments: Assignments): Omit<Order, "outputs"> {
  const commit = units.findIndex((unit) => unit.outputs.some((output) => inPlace.has(output)));
  const copies: Unit[] = [];
  for (const { variable, value } of assignments) {
    if (inPlace.get(value) === variable) continue;
    const { unit, result } = copyOf(value, variable);
    copies.push(unit);
    inPlace.set(result, variable);
  }
  return { units: [...units, ...copies], commit: commit < 0 ? units.length : commit, inPlace };
}

/** A unit that copies a tensor. */
function copyOf(source: Tensor, type: { shape: Tensor["shape"]; dtype: Tensor["dtype"] }): { unit: Unit; result: Tensor } {
  const outputs: Tensor[] = [];
  const node: Node = {
    id: source.node?.id ?? 0, kind: "operation", operation: copyOperation, inputs: [source], attributes: null,
    types: [{ shape: type.shape, dtype: type.dtype }], outputs, scope: source.node?.scope ?? "", constant: null, variable: null,
  }; // prettier-ignore
  const result = new Tensor({ shape: type.shape, dtype: type.dtype }, null, node, 0);
  outputs.push(result);
  const parts = { nodes: [node], inputs: [source], outputs };
  const unit: Unit =
    type.dtype === "f64" ? { kind: "portable", node, ...parts } : { kind: "fused", group: { shape: type.shape, ...parts }, ...parts };
  return { unit, result };
}

const copyOperation: NonNullable<Node["operation"]> = {
  name: "identity",
  infer: ([x]) => [x as Tensor],
  evaluate: ([x], _, [out]) => out?.data.set(x?.data ?? []),
};

/** A binary heap of units by rank: graphs of unrolled recurrent nets have thousands. */
class Queue {
  readonly #heap: { unit: Unit; rank: number }[] = [];

  constructor(
    units: readonly Unit[],
    readonly rank: (unit: Unit) => number,
  ) {
    for (const unit of units) this.add(unit);
  }

  add(unit: Unit): void {
    const heap = this.#heap;
    const entry = { unit, rank: this.rank(unit) };
    let at = heap.push(entry) - 1;
    for (; at > 0; at = (at - 1) >> 1) {
      const above = heap[(at - 1) >> 1] as typeof entry;
      if (above.rank <= entry.rank) break;
      heap[at] = above;
    }
    heap[at] = entry;
  }

  take(): Unit | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const moved = heap.pop();
    if (top === undefined || moved === undefined || heap.length === 0) return top?.unit;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as typeof moved).rank < (heap[below] as typeof moved).rank) below++;
      if ((heap[below] as typeof moved).rank >= moved.rank) break;
      heap[at] = heap[below] as typeof moved;
      at = below;
    }
    heap[at] = moved;
    return top.unit;
  }
}
