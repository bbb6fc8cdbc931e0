import { trace } from "../tensor/graph.js";
import type { TensorType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { configurationNumber, executor } from "./engine.js";
import type { Executable, PrepareOptions } from "./executor.js";

/** A function that runs as a plan. */
export interface Compiled<R extends Tensor | readonly Tensor[], Inputs extends readonly Tensor[] = readonly Tensor[]> {
  (...inputs: Inputs): R;
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
 * Turns a function of tensors into one that is traced once per types of its inputs and then runs as a plan: fused, on all
 * threads, in memory laid out beforehand. Reading and assigning variables inside works: assignments happen together at the end
 * of a call. `grad` inside becomes part of the plan. Plain JavaScript in `body` (a loop, a random number, a print) happens when
 * it is traced, not at each call.
 *
 *     const step = compile((w: Tensor, x: Tensor) => sub(w, mul(grad((v: Tensor) => loss(v, x))(w), 0.1)))
 *     w = step(w, x)
 *
 * @param body gives a tensor or a list of tensors; it must not read values of its inputs (`data`, `item()`)
 * @returns the function, with `runAsync`, `prepare` and `dispose`. Its results have the shapes and dtypes that `body` gives
 * @throws what `body` throws when it is traced: ShapeError at the operation whose shapes do not fit
 */
export function compile<R extends Tensor | readonly Tensor[], Inputs extends readonly Tensor[] = readonly Tensor[]>(
  body: (...inputs: Inputs) => R,
  options: PrepareOptions = {},
): Compiled<R, Inputs> {
  const plans = new Map<string, { executable: Executable; single: boolean }>();
  const planFor = (types: readonly TensorType[]): { executable: Executable; single: boolean } => {
    let key = `${configurationNumber()}`;
    for (const { dtype, shape } of types) key += `|${dtype}${shape.join("x")}`;
    let found = plans.get(key);
    if (found === undefined) {
      let single = false;
      const graph = trace((...inputs) => {
        const result = body(...(inputs as readonly Tensor[] as Inputs));
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
  const compiled = (...inputs: Inputs): R => {
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
