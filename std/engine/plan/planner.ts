import type { Graph, Node, Variable } from "../../tensor/graph.js";
import { bytesPerElement } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { grainOf, type Routine } from "../native/routines.js";
import type { NativeCall, Product } from "../threads/protocol.js";
import { ModuleBuilder, type Signature } from "../wasm/encoder.js";
import { costOf, FusedFunctions } from "./fused-loop.js";
import { CallRecorder, placed, type RecordedCall, type RecordedProduct } from "./calls.js";
import { Accesses } from "./accesses.js";
import { Guard } from "./guard.js";
import { describe } from "./listing.js";
import { order, rootOf, type Order } from "./order.js";
import { importsFor, writeProgram, type Call, type Step } from "./program.js";
import { simplify, uniformValue, type SimpleGraph } from "./simplify.js";
import { layOut, PlanAddress, Storage } from "./storage.js";
import { unitsOf, type Lowerings, type Unit } from "./units.js";

/** Where tensors that outlive a run are; null when there is no room. */
export interface Residence {
  variable(variable: Variable): number | null;
  constant(value: Tensor): number | null;
}

export interface PlanRequest {
  readonly lowerings: Lowerings;
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly residence: Residence;
  readonly threads: number;
  /** Whether there is a BLAS to use. */
  readonly blas: boolean;
  /** Where the machine code of a routine is; null where there is none of the engine's own. */
  readonly native: ((routine: Routine) => number) | null;
  readonly checkNumbers: boolean;
  /** How many outputs must be finite before variables change. */
  readonly guardedOutputs: number;
  /** Time is taken after every call, on one thread. */
  readonly measured: boolean;
}

/** A portable operation that a plan comes to. */
export interface HostOperation {
  readonly node: Node;
  readonly inputs: readonly PlanAddress[];
  readonly outputs: readonly PlanAddress[];
}

/** A graph turned into a program. */
export interface Plan {
  readonly binary: Uint8Array<ArrayBuffer>;
  /** The parts each kernel is cut into; 1 when the work is too little to share. */
  readonly parts: number;
  readonly workspaceBytes: number;
  readonly inputs: readonly PlanAddress[];
  readonly outputs: readonly { readonly tensor: Tensor; readonly address: PlanAddress }[];
  readonly products: readonly Product[];
  readonly natives: readonly NativeCall[];
  readonly host: readonly HostOperation[];
  /** The nodes whose results are checked, by the index that the program tells. */
  readonly checked: readonly Node[];
  readonly variables: readonly Variable[];
  /** Estimated elementary steps of a run. */
  readonly work: number;
  /** What a run does, one line a call, for people who look for where time goes. */
  readonly listing: readonly string[];
}

/** Below this much work a plan runs on one thread: the barriers would cost more than the help brings. */
const sharedPlanWork = 400_000;
/** Calls below this much work are done by one thread while the others wait at the next barrier. */
const sharedCallWork = 12_000;
/** A barrier at least after this much work of each part, so that a run can be stopped there; a barrier of one is a mere look. */
const abortWork = (parts: number): number => (parts === 1 ? 1_000_000 : 5_000_000 * parts);

/** Signals that variables or constants do not fit. */
export class NoRoom extends Error {
  constructor(readonly bytes: number) {
    super("no room");
  }
}

export function plan(graph: Graph, request: PlanRequest): Plan {
  const simple = simplify(graph);
  const cut = unitsOf(simple, request.lowerings, request.checkNumbers);
  const ordered = order(simple, cut);
  if (request.checkNumbers || request.threads === 1) return new Planner(simple, ordered, request, 1).plan();
  const shared = new Planner(simple, ordered, request, request.threads);
  return shared.work >= sharedPlanWork ? shared.plan() : new Planner(simple, ordered, request, 1).plan();
}

class Planner {
  readonly work: number;
  readonly #storages = new Map<Tensor, Storage>();
  readonly #workspace: Storage[] = [];
  readonly #recorded: { readonly unit: Unit; readonly calls: readonly RecordedCall[]; readonly scratch: readonly Storage[] }[] = [];
  readonly #module = new ModuleBuilder();
  readonly #products: RecordedProduct[] = [];
  readonly #natives: { readonly routine: Routine; readonly count: number; readonly args: RecordedCall["args"] }[] = [];
  readonly #host: HostOperation[] = [];
  readonly #guard: Guard;

  constructor(
    readonly graph: SimpleGraph,
    readonly ordered: Order,
    readonly request: PlanRequest,
    readonly parts: number,
  ) {
    this.#assign();
    let work = 0;
    for (const [position, unit] of ordered.units.entries()) work += this.#record(unit, position);
    this.#guard = new Guard(ordered, request.guardedOutputs, parts);
    this.#workspace.push(...this.#guard.storages(ordered.commit));
    this.work = work;
  }

  #storage(tensor: Tensor): Storage {
    const root = rootOf(tensor);
    let storage = this.#storages.get(root);
    if (storage !== undefined) return storage;
    const bytes = root.size * bytesPerElement[root.dtype];
    const fixed = (address: number | null): Storage => {
      if (address === null) throw new NoRoom(bytes);
      return new Storage(bytes, address);
    };
    const variable = this.ordered.inPlace.get(root) ?? root.node?.variable ?? null;
    const constant = root.node?.constant ?? null;
    if (variable !== null) storage = fixed(this.request.residence.variable(variable));
    else if (constant !== null) storage = fixed(this.request.residence.constant(constant));
    else {
      storage = new Storage(bytes);
      this.#workspace.push(storage);
    }
    this.#storages.set(root, storage);
    return storage;
  }

  address(tensor: Tensor): PlanAddress {
    return new PlanAddress(this.#storage(tensor));
  }

  /** Which tensors live where, and from when to when; results take over the memory of what dies with them. */
  #assign(): void {
    const { units } = this.ordered;
    const lastRead = new Map<Tensor, number>();
    for (const [position, unit] of units.entries()) for (const input of unit.inputs) lastRead.set(rootOf(input), position);
    for (const output of this.ordered.outputs) lastRead.set(rootOf(output), Infinity);
    for (const input of this.graph.inputs) {
      this.#storage(input).use(-1);
      // An input that is handed out again is read once more after the last unit.
      if (lastRead.get(input) === Infinity) this.#storage(input).use(units.length);
    }
    for (const [position, unit] of units.entries()) {
      if (unit.kind === "view") continue;
      for (const input of unit.inputs) if (!isUniform(unit, input)) this.#storage(input).use(position);
      const taken = new Set<Storage>();
      for (const [index, output] of unit.outputs.entries()) {
        if (!this.ordered.inPlace.has(output) && !this.#storages.has(output)) {
          const heir = this.#inheritance(unit, index, output, position, lastRead, taken);
          if (heir !== null) {
            taken.add(heir);
            this.#storages.set(output, heir);
          }
        }
        const storage = this.#storage(output);
        storage.use(position);
        storage.use(Math.min(lastRead.get(output) ?? position, units.length));
      }
    }
  }

  /** The memory of an input that nobody reads after this unit, when the result may overwrite it. */
  #inheritance(
    unit: Unit,
    index: number,
    output: Tensor,
    position: number,
    lastRead: ReadonlyMap<Tensor, number>,
    taken: ReadonlySet<Storage>,
  ): Storage | null {
    let candidates: readonly Tensor[] = [];
    if (unit.kind === "fused")
      candidates = unit.inputs.filter(
        (input) => input.size === output.size && bytesPerElement[input.dtype] === bytesPerElement[output.dtype] && input.size > 1,
      );
    else if (unit.kind === "kernel" && index === 0) candidates = (unit.rule.inPlace ?? []).map((at) => unit.node.inputs[at] as Tensor);
    for (const input of candidates) {
      const root = rootOf(input);
      if (
        lastRead.get(root) !== position ||
        root.node?.kind === "constant" ||
        root.node?.kind === "variable" ||
        this.ordered.inPlace.has(root)
      )
        continue;
      const storage = this.#storage(root);
      if (storage.fixed || taken.has(storage) || root.size * bytesPerElement[root.dtype] !== output.size * bytesPerElement[output.dtype])
        continue;
      // The same memory read in another pattern by the same unit would be overwritten too early.
      const others = unit.inputs.filter((other) => this.#storages.get(rootOf(other)) === storage && other !== input);
      if (unit.kind === "fused" ? others.some((other) => other.size !== output.size) : others.length > 0) continue;
      if (unit.kind === "kernel" && unit.node.inputs.filter((other) => this.#storages.get(rootOf(other)) === storage).length > 1) continue;
      if (storage.last > position) continue;
      return storage;
    }
    return null;
  }

  /** Lowers a unit. @returns its work. */
  #record(unit: Unit, position: number): number {
    const recorder = new CallRecorder(
      this.parts,
      this.request.blas,
      this.request.native !== null,
      position,
      (tensor) => this.address(tensor),
      (storage) => this.#workspace.push(storage),
    );
    switch (unit.kind) {
      case "view":
        break;
      case "fused": {
        const placed = unit.inputs.filter((input) => !isUniform(unit, input));
        const work = unit.group.nodes.length === 0 ? 0 : costOf(unit.group) * sizeOfGroup(unit);
        recorder.fused(
          [...placed, ...unit.outputs].map((tensor) => this.address(tensor)),
          work,
        );
        break;
      }
      case "kernel":
        unit.rule.lower(unit.node, recorder);
        break;
      case "fusion":
        unit.match.lower(recorder);
        break;
      case "portable":
        recorder.host(this.#host.length);
        this.#host.push({
          node: unit.node,
          inputs: unit.node.inputs.map((input) => this.address(input)),
          outputs: unit.node.outputs.map((output) => this.address(output)),
        });
    }
    this.#recorded.push({ unit, calls: recorder.calls, scratch: recorder.scratches });
    return recorder.calls.reduce((sum, call) => sum + call.work, 0);
  }

  plan(): Plan {
    const workspaceBytes = layOut(this.#workspace.filter((storage) => storage.last >= storage.first));
    const kernels = new Set<string>();
    for (const { calls } of this.#recorded) for (const { target } of calls) if (target.kind === "kernel") kernels.add(target.name);
    if (this.#guard.tensors.length > 0) kernels.add("notFinite");
    const imports = importsFor(this.#module, kernels, this.request.signatures, this.request.measured);
    const fused = new FusedFunctions(this.#module);
    const checked: Node[] = [];
    const listing: string[] = [];
    const steps = this.#steps(fused, checked, listing);
    writeProgram(this.#module, imports, steps, this.parts);
    return {
      binary: this.#module.finish(),
      parts: this.parts,
      workspaceBytes,
      inputs: this.graph.inputs.map((input) => this.address(input)),
      outputs: this.ordered.outputs.map((tensor) => ({ tensor, address: this.address(tensor) })),
      products: this.#products.map(placed),
      natives: this.#natives.map(({ routine, count, args }) => ({
        code: this.request.native?.(routine) as number,
        numbers: args.map((argument) => (typeof argument === "number" ? argument : argument.value)),
        relative: args.flatMap((argument, index) => (typeof argument === "number" || argument.storage.fixed ? [] : [index])),
        count,
        grain: grainOf(routine),
      })),
      host: this.#host,
      checked,
      variables: [...new Set([...this.graph.nodes.flatMap(({ variable }) => variable ?? []), ...this.ordered.inPlace.values()])],
      work: this.work,
      listing,
    };
  }

  /** Groups calls so that there is a barrier exactly where one part needs what another part made. */
  #steps(fused: FusedFunctions, checked: Node[], listing: string[]): Step[] {
    const steps: Step[] = [];
    const since = new Accesses();
    let step: Step = { calls: [], checks: [], abortable: true };
    let work = 0;
    const close = (): void => {
      if (step.calls.length > 0) steps.push(step);
      step = { calls: [], checks: [], abortable: true };
      since.clear();
      work = 0;
    };
    const commit = (): void => {
      close();
      steps.push(...this.#guard.steps((tensor) => this.address(tensor), sharedCallWork, checked.length));
      checked.push(...this.#guard.tensors.map(({ node }) => node as Node));
      step.abortable = false;
    };
    for (const [position, { unit, calls, scratch }] of this.#recorded.entries()) {
      if (calls.length === 0) continue;
      // A run that may change variables is not stopped any more, and one that may be stopped has changed none.
      if (position >= this.ordered.commit && step.abortable) commit();
      const reads = unit.inputs.filter((input) => !isUniform(unit, input)).map((input) => this.#storage(input));
      const writes = [...unit.outputs.map((output) => this.#storage(output)), ...scratch];
      let before: RecordedCall | null = null;
      for (const recorded of calls) {
        const owner = this.#ownerOf(recorded);
        // A call with an owner begins a run of calls of several owners, unless it says that it goes on with one.
        const begins = this.parts > 1 && recorded.owner !== null && !recorded.independent;
        const meet =
          begins ||
          (before === null
            ? since.conflicts(reads, writes, owner)
            : !recorded.independent && (owner === null || owner !== this.#ownerOf(before)));
        if (meet || (work > abortWork(this.parts) && !(recorded.owner !== null && recorded.independent))) {
          const { abortable } = step;
          close();
          step.abortable = abortable;
        }
        step.calls.push(this.#call(recorded, owner, unit, fused));
        listing.push(`${meet ? "| " : "  "}${owner === null ? String(this.parts) : "1"} ${describe(recorded, unit)}`);
        since.add(reads, writes, owner);
        work += recorded.work;
        before = recorded;
      }
      if (this.request.checkNumbers) {
        for (const output of unit.outputs) {
          if (output.dtype !== "f32") continue;
          step.checks.push({ address: this.address(output), length: output.size, index: checked.length });
          checked.push(output.node as Node);
        }
        const { abortable } = step;
        close();
        step.abortable = abortable;
      }
    }
    if (step.abortable) commit();
    else close();
    return steps;
  }

  /** Who does a call alone: the first thread, where it is too little to share. */
  #ownerOf({ owner, work }: RecordedCall): number | null {
    if (this.parts === 1) return 0;
    return owner ?? (work < sharedCallWork ? 0 : null);
  }

  #call(recorded: RecordedCall, owner: number | null, unit: Unit, fused: FusedFunctions): Call {
    const { target, args } = recorded;
    if (target.kind === "kernel" || target.kind === "host") return { target, args, owner };
    if (target.kind === "product") {
      this.#products.push(target);
      return { target: { kind: "product", index: this.#products.length - 1 }, args: [], owner };
    }
    if (target.kind === "native") {
      this.#natives.push({ routine: target.routine, count: target.count, args });
      return { target: { kind: "native", index: this.#natives.length - 1 }, args: [], owner };
    }
    if (unit.kind !== "fused") throw new Error("only fused units have fused calls");
    return { target: { kind: "fused", body: fused.function(unit.group, uniformInGroup) }, args, owner };
  }
}

function sizeOfGroup(unit: Unit): number {
  return (unit.outputs[0] as Tensor).size;
}

/** Uniform constants are part of a fused group's code. */
function uniformInGroup(tensor: Tensor): number | null {
  return uniformValue(tensor);
}

function isUniform(unit: Unit, input: Tensor): boolean {
  return unit.kind === "fused" && uniformValue(input) !== null;
}
