import { LamellaError, ShapeError } from "../errors.js";
import type { Executable, Executor, PrepareOptions } from "../engine/executor.js";
import type { Graph, Node } from "./graph.js";
import { setDefaultEagerRunner, type EagerRunner, type OperandArray } from "./operation.js";
import { allocate, bytesPerElement, formatShape, sameShape, sizeOf, type TypedArray } from "./shape.js";
import { Tensor } from "./tensor.js";

/** Runs one operation on plain arrays. */
export const portableEagerRunner: EagerRunner = (operation, inputs, attributes, types) => {
  const outputs = types.map(({ shape, dtype }) => ({ shape, dtype, data: allocate(dtype, sizeOf(shape)) }));
  operation.evaluate(inputs, attributes, outputs);
  return outputs.map((output) => new Tensor(output, output.data));
};

setDefaultEagerRunner(portableEagerRunner);

/**
 * Runs graphs by walking them with each operation's `evaluate`: right everywhere, for f64 too, and slow. It serves where
 * there is no WebAssembly SIMD, in finite differences, and as what the engine is compared with.
 */
export const portableExecutor: Executor = {
  name: "portable",
  prepare: (graph, options) => new PortableExecutable(graph, options ?? {}),
};

class PortableExecutable implements Executable {
  readonly peakBytes: number;
  readonly #graph: Graph;
  readonly #name: string;
  readonly #checkNumbers: boolean;
  readonly #guardedOutputs: number;
  /** The nodes that an output or an assignment depends on. */
  readonly #needed: readonly Node[];
  /** How many uses of each node's outputs are to come. */
  readonly #uses = new Map<Node, number>();

  constructor(graph: Graph, options: PrepareOptions) {
    this.#graph = graph;
    this.#name = options.name ?? "this graph";
    this.#checkNumbers = options.checkNumbers ?? false;
    this.#guardedOutputs = options.guardedOutputs ?? 0;
    const needed = new Set<Node>();
    const stack = [...graph.outputs, ...graph.assignments.map(({ value }) => value)].map((tensor) => tensor.node as Node);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
      if (needed.has(node)) continue;
      needed.add(node);
      for (const input of node.inputs) stack.push(input.node as Node);
    }
    this.#needed = graph.nodes.filter((node) => needed.has(node));
    this.peakBytes = this.#measurePeak();
  }

  run(inputs: readonly Tensor[]): Tensor[] {
    const walk = this.#walk(inputs);
    for (;;) {
      const step = walk.next();
      if (step.done === true) return step.value;
    }
  }

  async runAsync(inputs: readonly Tensor[], options: { signal?: AbortSignal } = {}): Promise<Tensor[]> {
    const walk = this.#walk(inputs);
    for (let lastPause = performance.now(); ;) {
      options.signal?.throwIfAborted();
      const step = walk.next();
      if (step.done === true) return step.value;
      // The event loop gets its turn often enough that an interrupt arrives, and rarely enough that it costs nothing.
      if (performance.now() - lastPause > 10) {
        await new Promise((resolve) => setImmediate(resolve));
        lastPause = performance.now();
      }
    }
  }

  dispose(): void {
    // Nothing is held between runs.
  }

  /** Yields after every operation; assignments happen together after the last, so that an abort leaves the variables as they were. */
  *#walk(inputs: readonly Tensor[]): Generator<undefined, Tensor[]> {
    this.#checkInputs(inputs);
    const values = new Map<Node, readonly OperandArray[]>();
    const uses = new Map(this.#uses);
    const valueOf = (tensor: Tensor): OperandArray =>
      (values.get(tensor.node as Node) as readonly OperandArray[])[tensor.output] as OperandArray;
    for (const node of this.#needed) {
      values.set(node, this.#evaluate(node, inputs, valueOf));
      if (node.kind !== "operation") continue;
      for (const input of node.inputs) {
        const source = input.node as Node;
        const left = (uses.get(source) as number) - 1;
        uses.set(source, left);
        if (left === 0) values.delete(source);
      }
      yield undefined;
    }
    const outputs = this.#graph.outputs.map((tensor) => {
      const { shape, dtype, data } = valueOf(tensor);
      // A variable's storage changes; what is handed out does not.
      return new Tensor({ shape, dtype }, (tensor.node as Node).kind === "variable" ? data.slice() : data);
    });
    const assigned = this.#graph.assignments.map(({ variable, value }) => ({ variable, data: valueOf(value).data.slice() }));
    if (this.#guardedOutputs > 0)
      this.#checkResults(
        assigned.map(({ data }) => data),
        outputs,
      );
    for (const { variable, data } of assigned) variable.storage.set(data);
    return outputs;
  }

  #evaluate(node: Node, inputs: readonly Tensor[], valueOf: (tensor: Tensor) => OperandArray): readonly OperandArray[] {
    if (node.kind === "input") return [inputs[this.#graph.inputs.findIndex((input) => input.node === node)] as Tensor];
    if (node.kind === "constant") return [node.constant as Tensor];
    if (node.variable !== null) return [{ shape: node.variable.shape, dtype: node.variable.dtype, data: node.variable.storage }];
    const outputs = node.types.map(({ shape, dtype }) => ({ shape, dtype, data: allocate(dtype, sizeOf(shape)) }));
    const operands = node.inputs.map(valueOf);
    try {
      (node.operation as NonNullable<Node["operation"]>).evaluate(operands, node.attributes, outputs);
    } catch (error) {
      throw error instanceof LamellaError && node.scope !== "" ? error.within(`in ${node.scope}`) : error;
    }
    if (this.#checkNumbers) checkFinite(node, operands, outputs, this.#name);
    return outputs;
  }

  /** Before variables change: a step whose loss or new values are no numbers changes nothing. */
  #checkResults(assigned: readonly TypedArray[], outputs: readonly Tensor[]): void {
    const results = [...outputs.slice(0, this.#guardedOutputs).map(({ data }) => data), ...assigned];
    if (results.some((data) => data instanceof Float32Array && data.some((value) => !Number.isFinite(value))))
      throw new LamellaError(`${this.#name} gave a number that is not finite (NaN or infinity); the variables keep their values`, {
        code: "E900",
      });
  }

  #checkInputs(inputs: readonly Tensor[]): void {
    if (inputs.length !== this.#graph.inputs.length)
      throw new ShapeError(`${this.#name} takes ${this.#graph.inputs.length} inputs, but ${inputs.length} arrived`);
    for (const [index, traced] of this.#graph.inputs.entries()) {
      const given = inputs[index] as Tensor;
      if (!sameShape(given.shape, traced.shape) || given.dtype !== traced.dtype) {
        throw new ShapeError(
          `${this.#name}: input ${index} was planned as ${formatShape(traced.shape)} ${traced.dtype}, but ` +
            `${formatShape(given.shape)} ${given.dtype} arrived`,
        );
      }
    }
  }

  /** The most bytes that are alive at once, by the same rule by which values are dropped. */
  #measurePeak(): number {
    const bytes = (node: Node): number => node.types.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement[dtype], 0);
    const uses = new Map(this.#uses);
    let alive = 0;
    let peak = 0;
    for (const node of this.#needed) {
      if (node.kind !== "operation") continue;
      alive += bytes(node);
      peak = Math.max(peak, alive);
      for (const input of node.inputs) {
        const source = input.node as Node;
        const left = (uses.get(source) as number) - 1;
        uses.set(source, left);
        if (left === 0 && source.kind === "operation") alive -= bytes(source);
      }
    }
    return peak;
  }
}

/** The place of the first number that is NaN or infinite; -1 when there is none. */
function firstNotFinite({ dtype, data }: OperandArray): number {
  return dtype === "f32" || dtype === "f64" ? data.findIndex((value) => !Number.isFinite(value)) : -1;
}

/** Every earlier result was finite, so that what an operation was given wrong came in with the graph's inputs or variables. */
function checkFinite(node: Node, inputs: readonly OperandArray[], outputs: readonly OperandArray[], name: string): void {
  for (const output of outputs) {
    const at = firstNotFinite(output);
    if (at < 0) continue;
    const where = node.scope === "" ? "" : ` in ${node.scope}`;
    const cause = inputs.some((input) => firstNotFinite(input) >= 0)
      ? "its input held such a number already: look at the data, or at weights from a step that went wrong"
      : "from numbers that were all finite: a learning rate that is too large, a logarithm or a root of 0, or a division by 0";
    throw new LamellaError(
      `${name}: ${node.operation?.name ?? node.kind}${where} made ${String(output.data[at])} (first at element ${at} of ` +
        `${formatShape(output.shape)}); ${cause}`,
      { code: "E900" },
    );
  }
}
