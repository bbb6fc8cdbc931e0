import { LamellaError, ShapeError } from "../errors.js";
import type { Graph, Variable } from "../tensor/graph.js";
import { indexChecks, type IndexCheck } from "../tensor/index-checks.js";
import { allocate, formatShape, sameShape, type TypedArray } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import type { Engine } from "./engine.js";
import type { Executable, PrepareOptions } from "./executor.js";
import type { Plan } from "./plan/planner.js";
import { numberStatus, type NativeCall, type Product, type RunProgram, type ThreadPlan } from "./threads/protocol.js";

let planCount = 0;

/** Below this much work a run is over before a worker would have woken: it stays on the calling thread. */
const inlineWork = 2_000_000;

const turnMs = 10;
let lastTurn = 0;

/** Lets the event loop have its turn now and then: a loop of tiny awaited steps must not keep interrupts and output waiting. */
async function turn(): Promise<void> {
  if (performance.now() - lastTurn < turnMs) return;
  await new Promise((resolve) => setImmediate(resolve));
  lastTurn = performance.now();
}

/** Frees what a plan holds when nobody disposed of it. */
const forgotten = new FinalizationRegistry<() => void>((free) => free());

/** Not a method: what it closes over must not keep the executable alive. */
function releaseOf(engine: Engine, constants: PlanExecutable["constants"], plan: number): () => void {
  return () => {
    for (const { address, bytes } of constants) engine.memory.free(address, bytes);
    engine.startedPool?.forget(plan);
  };
}

interface Views {
  readonly base: number;
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly TypedArray[];
}

/** A plan with its program, bound to an engine. */
export class PlanExecutable implements Executable {
  readonly peakBytes: number;
  readonly #thread: ThreadPlan;
  readonly #program: RunProgram;
  /** Kept so that the engine does not free the memory of variables whose numbers the program uses. */
  readonly variables: readonly Variable[];
  readonly #indexChecks: readonly IndexCheck[];
  #views: Views | null = null;
  #disposed = false;

  constructor(
    readonly engine: Engine,
    readonly graph: Graph,
    readonly plan: Plan,
    readonly options: PrepareOptions,
    readonly constants: readonly { readonly address: number; readonly bytes: number }[],
  ) {
    this.peakBytes = plan.workspaceBytes + constants.reduce((sum, { bytes }) => sum + bytes, 0);
    this.variables = plan.variables;
    this.#indexChecks = indexChecks(graph);
    const block = workspaceOf(engine).reserve(plan.workspaceBytes);
    if (!block) throw engine.tooLarge(graph, options, plan.workspaceBytes);
    const module = new WebAssembly.Module(plan.binary);
    this.#thread = { plan: ++planCount, module, products: plan.products, natives: plan.natives };
    forgotten.register(this, releaseOf(engine, constants, this.#thread.plan), this);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: engine.memory.memory },
      kernels: engine.instance.exports,
      engine: {
        host: (call: number, base: number): void => this.#host(call, base >>> 0),
        product: (call: number, base: number, part: number, parts: number): void =>
          engine.multiply(plan.products[call] as Product, base, part, parts),
        native: (call: number, base: number, part: number, parts: number): void =>
          engine.callNative?.(plan.natives[call] as NativeCall, base, part, parts),
        stuck: (): number => engine.startedPool?.stuck() ?? 0,
        mark: (call: number): void => this.#mark(call),
      },
    });
    this.#program = instance.exports["run"];
  }

  run(inputs: readonly Tensor[]): Tensor[] {
    this.#check(inputs);
    const { parts } = this.plan;
    const { engine } = this;
    const workspace = workspaceOf(engine);
    const base = workspace.take(this.plan.workspaceBytes, "synchronous");
    if (base === null) throw engine.tooLarge(this.graph, this.options, this.plan.workspaceBytes);
    try {
      const views = this.#viewsAt(base);
      this.#write(views, inputs);
      const shared = parts > 1 && engine.pool.available(parts - 1);
      const status = shared ? engine.pool.run(this.#thread, this.#program, base, parts) : this.#program(0, parts, base, 0);
      this.#settle(status);
      return this.#read(views);
    } finally {
      workspace.give(base);
    }
  }

  async runAsync(inputs: readonly Tensor[], { signal }: { signal?: AbortSignal } = {}): Promise<Tensor[]> {
    signal?.throwIfAborted();
    if (this.plan.work < inlineWork) {
      await turn();
      signal?.throwIfAborted();
      return this.run(inputs);
    }
    this.#check(inputs);
    const { engine } = this;
    const workspace = workspaceOf(engine);
    const leave = await workspace.enter();
    try {
      signal?.throwIfAborted();
      const base = workspace.take(this.plan.workspaceBytes, "asynchronous");
      if (base === null) throw engine.tooLarge(this.graph, this.options, this.plan.workspaceBytes);
      try {
        const views = this.#viewsAt(base);
        this.#write(views, inputs);
        const host = (plan: number, call: number, at: number): void => {
          if (plan === this.#thread.plan) this.#host(call, at >>> 0);
        };
        const status = await engine.pool.runAsync(this.#thread, base, this.plan.parts, host, signal);
        if (status === 1) signal?.throwIfAborted();
        this.#settle(status);
        return this.#read(views);
      } finally {
        workspace.give(base);
      }
    } finally {
      leave();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    releaseOf(this.engine, this.constants, this.#thread.plan)();
  }

  #check(inputs: readonly Tensor[]): void {
    const who = this.options.name ?? "this graph";
    if (this.#disposed) throw new LamellaError(`${who}: this plan was disposed of; prepare it again`);
    const traced = this.graph.inputs;
    if (inputs.length !== traced.length) throw new ShapeError(`${who} takes ${traced.length} inputs, but ${inputs.length} arrived`);
    for (let index = 0; index < traced.length; index++) {
      const given = inputs[index] as Tensor;
      const expected = traced[index] as Tensor;
      if (given.dtype !== expected.dtype || !sameShape(given.shape, expected.shape)) {
        throw new ShapeError(
          `${who}: input ${index} was planned as ${formatShape(expected.shape)} ${expected.dtype}, but ${formatShape(given.shape)} ${given.dtype} arrived`,
        );
      }
    }
    for (const check of this.#indexChecks) check(inputs);
  }

  #viewsAt(base: number): Views {
    if (this.#views !== null && this.#views.base === base) return this.#views;
    const { memory } = this.engine;
    const place = (address: Plan["inputs"][number]): number => address.value + (address.storage.fixed ? 0 : base);
    this.#views = {
      base,
      inputs: this.plan.inputs.map((address, index) => {
        const { dtype, size } = this.graph.inputs[index] as Tensor;
        return memory.view(dtype, place(address), size);
      }),
      outputs: this.plan.outputs.map(({ tensor, address }) => memory.view(tensor.dtype, place(address), tensor.size)),
    };
    return this.#views;
  }

  #write(views: Views, inputs: readonly Tensor[]): void {
    for (let index = 0; index < inputs.length; index++) (views.inputs[index] as TypedArray).set((inputs[index] as Tensor).data);
  }

  #read(views: Views): Tensor[] {
    return this.plan.outputs.map(({ tensor }, index) => {
      const data = allocate(tensor.dtype, tensor.size);
      data.set(views.outputs[index] as TypedArray);
      return new Tensor(tensor, data);
    });
  }

  #settle(status: number): void {
    if (status < numberStatus) return;
    const node = this.plan.checked[status - numberStatus];
    const where = node === undefined || node.scope === "" ? "" : ` in ${node.scope}`;
    throw new LamellaError(
      `${this.options.name ?? "this graph"}: ${node?.operation?.name ?? "an operation"}${where} gave a number that is not finite (NaN or infinity); ` +
        "the variables keep their values. A smaller learning rate, scaled inputs or gradient clipping usually help",
      { code: "E900" },
    );
  }

  /** Milliseconds that thread 0 spent in each call of `plan.listing` but the first, in plans made with LAMELLA_PROFILE=1. */
  readonly times: number[] = [];
  /** As `times`: at the barrier after a call. */
  readonly waits: number[] = [];
  #marked = 0;

  #mark(call: number): void {
    const now = performance.now();
    if (call < 0) this.waits[~call] = (this.waits[~call] ?? 0) + now - this.#marked;
    else if (call > 0) this.times[call] = (this.times[call] ?? 0) + now - this.#marked;
    this.#marked = performance.now();
  }

  /** A portable operation, on views of engine memory. */
  #host(call: number, base: number): void {
    const operation = this.plan.host[call] as Plan["host"][number];
    const { memory } = this.engine;
    const operand = (
      tensor: Tensor,
      address: Plan["inputs"][number],
    ): { shape: Tensor["shape"]; dtype: Tensor["dtype"]; data: TypedArray } => ({
      shape: tensor.shape,
      dtype: tensor.dtype,
      data: memory.view(tensor.dtype, address.value + (address.storage.fixed ? 0 : base), tensor.size),
    });
    const { node } = operation;
    const outputs = node.outputs.map((output, index) => operand(output, operation.outputs[index] as Plan["inputs"][number]));
    for (const { data } of outputs) data.fill(0);
    try {
      node.operation?.evaluate(
        node.inputs.map((input, index) => operand(input, operation.inputs[index] as Plan["inputs"][number])),
        node.attributes,
        outputs,
      );
    } catch (error) {
      throw error instanceof LamellaError && node.scope !== "" ? error.within(`in ${node.scope}`) : error;
    }
  }
}

/**
 * The memory that plans run in. Plans that run one after the other share one block, as large as the largest needs; one
 * that runs while an asynchronous run is under way gets a block of its own for that time.
 */
class Workspaces {
  #address = 0;
  #bytes = 0;
  #holder: "synchronous" | "asynchronous" | null = null;
  readonly #extra = new Map<number, number>();
  #last: Promise<void> = Promise.resolve();

  constructor(readonly engine: Engine) {}

  /** Makes the common block large enough. */
  reserve(bytes: number): boolean {
    if (bytes <= this.#bytes) return true;
    if (this.#holder !== null) return true; // seen to when it is taken
    const { memory } = this.engine;
    if (this.#bytes > 0) memory.free(this.#address, this.#bytes);
    const address = memory.allocate(bytes);
    if (address === null) {
      const old = this.#bytes > 0 ? memory.allocate(this.#bytes) : null;
      this.#address = old ?? 0;
      if (old === null) this.#bytes = 0;
      return false;
    }
    this.#address = address;
    this.#bytes = bytes;
    return true;
  }

  take(bytes: number, holder: "synchronous" | "asynchronous"): number | null {
    // Synchronous runs never nest: one that still holds the block was ended from outside, past its `finally`.
    if (this.#holder === "synchronous") this.#holder = null;
    if (this.#holder === null) {
      if (!this.reserve(bytes)) return null;
      this.#holder = holder;
      return this.#address;
    }
    const address = this.engine.memory.allocate(bytes);
    if (address !== null) this.#extra.set(address, bytes);
    return address;
  }

  give(address: number): void {
    const bytes = this.#extra.get(address);
    if (bytes === undefined) {
      this.#holder = null;
      return;
    }
    this.#extra.delete(address);
    this.engine.memory.free(address, bytes);
  }

  /** Waits until the asynchronous runs begun before are over; call what it gives when done. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    let leave = (): void => undefined;
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    return leave;
  }
}

const workspaces = new WeakMap<Engine["memory"], Workspaces>();

/** One per memory: engines of different settings share it. */
function workspaceOf(engine: Engine): Workspaces {
  let found = workspaces.get(engine.memory);
  if (found === undefined) {
    found = new Workspaces(engine);
    workspaces.set(engine.memory, found);
  }
  return found;
}
