import type { Executable, Executor } from "../engine/executor.js";
import { trace } from "../tensor/graph.js";
import { allocate, type TensorType } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";

/** The inputs of a step beside the data, by name; numbers that change from step to step. */
export interface StepInputs {
  readonly columns: readonly Tensor[];
  /** Counts the steps of the run from 0, for the random numbers of dropout. */
  readonly step: Tensor;
  /** The place of the first example in its batch, which may be fed in pieces. */
  readonly position: Tensor;
  /** The optimiser's numbers and, where gradients are accumulated, the batch's share of the update. */
  readonly scalars: readonly Tensor[];
}

export interface StepProgram {
  /** For messages: "training step of LeNet". */
  readonly name: string;
  /** Types of the columns for a batch of this size. */
  columnTypes(size: number): readonly TensorType[];
  readonly scalarCount: number;
  /** The step on symbolic tensors; what it gives is read back after each step. */
  body(inputs: StepInputs, variant: string): readonly Tensor[];
}

/** Runs a step's graph, planned once for each batch size and variant. */
export class StepRunner {
  readonly #program: StepProgram;
  readonly #executor: Executor;
  readonly #guardedOutputs: number;
  readonly #plans = new Map<string, Executable>();

  /** @param guardedOutputs how many losses must be finite before a step changes anything; see `PrepareOptions` */
  constructor(program: StepProgram, executor: Executor, guardedOutputs = 0) {
    this.#program = program;
    this.#executor = executor;
    this.#guardedOutputs = guardedOutputs;
  }

  /** Plans for a batch of this size now. @throws LamellaError with code E901 when it does not fit into memory. */
  prepare(size: number, variant: string): void {
    this.#plan(size, variant, false);
  }

  async run(
    size: number,
    columns: readonly Tensor[],
    numbers: { readonly step: number; readonly position?: number; readonly scalars: readonly number[] },
    options: { readonly variant?: string; readonly signal?: AbortSignal; readonly checkNumbers?: boolean } = {},
  ): Promise<Tensor[]> {
    const plan = this.#plan(size, options.variant ?? "", options.checkNumbers ?? false);
    const counts = [numbers.step, numbers.position ?? 0].map((value) => scalarTensor(value, "i32"));
    const inputs = [...columns, ...counts, ...numbers.scalars.map((value) => scalarTensor(value, "f32"))];
    return plan.runAsync(inputs, options.signal === undefined ? {} : { signal: options.signal });
  }

  #plan(size: number, variant: string, checkNumbers: boolean): Executable {
    const key = `${size}/${variant}/${checkNumbers}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      const columns = this.#program.columnTypes(size);
      const numbers = Array.from({ length: this.#program.scalarCount }, (): TensorType => ({ shape: [], dtype: "f32" }));
      const graph = trace(
        (...inputs) => {
          const [step, position, ...scalars] = inputs.slice(columns.length) as [Tensor, Tensor, ...Tensor[]];
          return this.#program.body({ columns: inputs.slice(0, columns.length), step, position, scalars }, variant);
        },
        [...columns, { shape: [], dtype: "i32" }, { shape: [], dtype: "i32" }, ...numbers],
      );
      plan = this.#executor.prepare(graph, {
        name: this.#program.name,
        checkNumbers,
        guardedOutputs: checkNumbers ? 0 : this.#guardedOutputs,
      });
      this.#plans.set(key, plan);
    }
    return plan;
  }

  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
  }
}

function scalarTensor(value: number, dtype: "f32" | "i32"): Tensor {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new Tensor({ shape: [], dtype }, data);
}
