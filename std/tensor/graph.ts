import { LamellaError } from "../errors.js";
import type { Operation } from "./operation.js";
import { allocate, sizeOf, type TensorType, type TypedArray } from "./shape.js";
import { Tensor } from "./tensor.js";

/** One application of an operation in a graph, or a leaf: an input, a constant, a variable's value. */
export interface Node {
  readonly id: number;
  readonly kind: "operation" | "input" | "constant" | "variable";
  readonly operation: Operation | null;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly types: readonly TensorType[];
  /** The symbolic tensors of this node's outputs, one per type. */
  readonly outputs: readonly Tensor[];
  /** The row of the network this came from ("conv1 of AlexNet"), for messages; empty outside a network. */
  readonly scope: string;
  readonly constant: Tensor | null;
  readonly variable: Variable | null;
}

/** A traced computation: what goes in, what comes out, and which variables it reads and sets. */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Each variable set by the graph and the value it gets at the end of a run, all at once. */
  readonly assignments: readonly { readonly variable: Variable; readonly value: Tensor }[];
  /** Every node in an order in which inputs come before what uses them. */
  readonly nodes: readonly Node[];
}

/** How a variable begins: its type, and who writes its first numbers, every one of them, to where they are to be. */
export interface InitialNumbers extends TensorType {
  fill(numbers: TypedArray): void;
  /** All are 0: memory that is 0 already need not be touched. */
  readonly zeros?: boolean;
}

/**
 * Mutable state that outlives a step: a parameter, an optimiser's moment, a running mean. Its storage may lie in the
 * engine's memory, so that a training step changes it in place.
 */
export class Variable implements TensorType {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorType["dtype"];
  readonly trainable: boolean;
  #storage: TypedArray | null = null;
  /** What writes the first numbers, as long as nobody has asked for them. */
  #initial: InitialNumbers | null = null;
  #location: unknown = null;

  /** @param value the first value: a tensor, which is copied, or numbers that are written once they are needed. */
  constructor(name: string, value: Tensor | InitialNumbers, options: { trainable?: boolean } = {}) {
    this.name = name;
    this.shape = value.shape;
    this.dtype = value.dtype;
    this.trainable = options.trainable ?? true;
    if (value instanceof Tensor) this.#storage = value.data.slice();
    else this.#initial = value;
  }

  /** Where the numbers are now: a view of the engine's memory once a plan has used them. */
  get storage(): TypedArray {
    if (this.#storage === null) {
      this.#storage = allocate(this.dtype, sizeOf(this.shape));
      this.#initial?.fill(this.#storage);
      this.#initial = null;
    }
    return this.#storage;
  }

  /** Owned by the engine: whatever it needs to find the storage again (an address). */
  get location(): unknown {
    return this.#location;
  }

  /**
   * The engine moves the numbers to memory of its own.
   * @param fresh whether the memory has never been written and so holds zeros; otherwise it may hold anything
   */
  moveTo(storage: TypedArray, location: unknown, fresh: boolean): void {
    if (this.#storage !== null) storage.set(this.#storage);
    else if (!(fresh && this.#initial?.zeros === true)) this.#initial?.fill(storage);
    this.#initial = null;
    this.#storage = storage;
    this.#location = location;
  }

  /** Begins anew: in place where the engine has the numbers, else when they are next needed. */
  reset(initial: InitialNumbers): void {
    if (this.#location === null) {
      this.#storage = null;
      this.#initial = initial;
    } else initial.fill(this.storage);
  }

  /** The value: a copy of the numbers now, or inside a trace the symbolic value at the start of the step (or what was assigned since). */
  get value(): Tensor {
    const trace = currentTrace();
    if (trace !== null) return trace.read(this);
    const data = allocate(this.dtype, sizeOf(this.shape));
    data.set(this.storage);
    return new Tensor(this, data);
  }

  /** Sets the value: at once, or inside a trace at the end of the step. */
  assign(value: Tensor): void {
    if (
      value.dtype !== this.dtype ||
      value.shape.length !== this.shape.length ||
      value.shape.some((extent, axis) => extent !== this.shape[axis])
    ) {
      throw new LamellaError(
        `${this.name} is ${this.shape.join("x")} ${this.dtype}, but a value of ${value.shape.join("x")} ${value.dtype} was assigned to it`,
      );
    }
    const trace = currentTrace();
    if (trace !== null) trace.assign(this, value);
    else if (this.#initial === null) this.storage.set(value.data);
    else {
      this.#initial = null;
      this.#storage = value.data.slice();
    }
  }
}

/** A trace in progress. */
export class Trace {
  readonly nodes: Node[] = [];
  readonly assigned = new Map<Variable, Tensor>();
  readonly #reads = new Map<Variable, Tensor>();
  readonly #constants = new Map<Tensor, Tensor>();
  scope = "";

  #leaf(kind: Node["kind"], type: TensorType, extra: Partial<Pick<Node, "constant" | "variable">> = {}): Tensor {
    return this.#node({
      kind,
      operation: null,
      inputs: [],
      attributes: null,
      types: [type],
      constant: extra.constant ?? null,
      variable: extra.variable ?? null,
    })[0] as Tensor;
  }

  #node(parts: Omit<Node, "id" | "outputs" | "scope">): Tensor[] {
    const outputs: Tensor[] = [];
    const node: Node = { ...parts, id: this.nodes.length, outputs, scope: this.scope };
    for (const [index, type] of parts.types.entries())
      outputs.push(new Tensor({ shape: type.shape, dtype: type.dtype }, null, node, index));
    this.nodes.push(node);
    return outputs;
  }

  input(type: TensorType): Tensor {
    return this.#leaf("input", type);
  }

  /** The symbolic stand-in of a tensor that has a value. */
  lift(value: Tensor): Tensor {
    if (value.symbolic) return value;
    let lifted = this.#constants.get(value);
    if (lifted === undefined) {
      lifted = this.#leaf("constant", value, { constant: value });
      this.#constants.set(value, lifted);
    }
    return lifted;
  }

  add(operation: Operation, inputs: readonly Tensor[], attributes: unknown, types: readonly TensorType[]): Tensor[] {
    return this.#node({
      kind: "operation",
      operation,
      inputs: inputs.map((input) => this.lift(input)),
      attributes,
      types,
      constant: null,
      variable: null,
    });
  }

  read(variable: Variable): Tensor {
    const assigned = this.assigned.get(variable);
    if (assigned !== undefined) return assigned;
    let read = this.#reads.get(variable);
    if (read === undefined) {
      read = this.#leaf("variable", variable, { variable });
      this.#reads.set(variable, read);
    }
    return read;
  }

  assign(variable: Variable, value: Tensor): void {
    this.assigned.set(variable, this.lift(value));
  }
}

let active: Trace | null = null;

export function currentTrace(): Trace | null {
  return active;
}

/** Names the row of the network whose operations are being traced inside `body`, for messages. */
export function withScope<T>(scope: string, body: () => T): T {
  if (active === null) return body();
  const trace = active;
  const outer = trace.scope;
  trace.scope = scope;
  try {
    return body();
  } finally {
    trace.scope = outer;
  }
}

/**
 * Runs `body` on symbolic inputs of the given types and gives the graph it built: `inputs`, `outputs`, the variables it assigns,
 * and `nodes`, the operations in their order. Nothing is computed; `compile` runs such graphs.
 *
 *     trace((x) => relu(add(x, 1)), [{ shape: [2, 3], dtype: "f32" }]).nodes.map((node) => node.operation?.name)
 *
 * @param body gives a tensor or a list of tensors
 * @param types shape and dtype of each input; tensors will do
 * @throws ShapeError at the operation whose shapes do not fit; LamellaError when a trace is already running on this thread (grad and compile may be nested; trace may not).
 */
export function trace(body: (...inputs: Tensor[]) => Tensor | readonly Tensor[], types: readonly TensorType[]): Graph {
  if (active !== null) throw new LamellaError("trace was called inside another trace; call the function itself there");
  const current = new Trace();
  active = current;
  try {
    const inputs = types.map((type) => current.input(type));
    const result = body(...inputs);
    const outputs = (result instanceof Tensor ? [result] : result).map((output) => current.lift(output));
    const assignments = [...current.assigned].map(([variable, value]) => ({ variable, value }));
    return { inputs, outputs, assignments, nodes: current.nodes };
  } finally {
    active = null;
  }
}
