import { trace } from "../tensor/graph.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { configurationNumber, executor } from "./engine.js";
import type { Executable, PrepareOptions } from "./executor.js";

/** A function that runs as a plan. */
export interface Compiled<R extends Tensor | readonly Tensor[]> {
  (...inputs: Tensor[]): R;
  /** Runs without blocking the calling thread. @throws AbortError soon after the signal fires. */
  runAsync(inputs: readonly Tensor[], options?: { signal?: AbortSignal }): Promise<R>;
  /** The plan for inputs of these types, made if there is none yet. */
  prepare(...types: TensorType[]): Executable;
  /** Frees the plans' memory. */
  dispose(): void;
}

/** Plans of other input types are let go past this many, the oldest first: a last, smaller batch is one more, not a leak. */
const plansKept = 16;

/**
 * Turns a function of tensors into one that is traced once per types of its inputs and then runs as a plan. Reading and
 * assigning variables inside works: assignments happen together at the end of a call.
 */
export function compile<R extends Tensor | readonly Tensor[]>(body: (...inputs: Tensor[]) => R, options: PrepareOptions = {}): Compiled<R> {
  const plans = new Map<string, { executable: Executable; single: boolean }>();
  const planFor = (types: readonly TensorType[]): { executable: Executable; single: boolean } => {
    let key = `${configurationNumber()}`;
    for (const { dtype, shape } of types) key += `|${dtype}${shape.join("x")}`;
    let found = plans.get(key);
    if (found === undefined) {
      let single = false;
      const graph = trace((...inputs) => {
        const result = body(...inputs);
        single = !Array.isArray(result);
        return result;
      }, types);
      found = { executable: executor().prepare(graph, options), single };
      plans.set(key, found);
      if (plans.size > plansKept) {
        const [oldest, entry] = plans.entries().next().value as [string, { executable: Executable }];
        entry.executable.dispose();
        plans.delete(oldest);
      }
    }
    return found;
  };
  const unwrap = (outputs: Tensor[], single: boolean): R => (single ? outputs[0] : outputs) as R;
  const compiled = (...inputs: Tensor[]): R => {
    const { executable, single } = planFor(inputs);
    return unwrap(executable.run(inputs), single);
  };
  return Object.assign(compiled, {
    async runAsync(inputs: readonly Tensor[], runOptions?: { signal?: AbortSignal }): Promise<R> {
      const { executable, single } = planFor(inputs);
      return unwrap(await executable.runAsync(inputs, runOptions), single);
    },
    prepare: (...types: TensorType[]): Executable => planFor(types).executable,
    dispose(): void {
      for (const { executable } of plans.values()) executable.dispose();
      plans.clear();
    },
  });
}
