import { LamellaError } from "../errors.js";
import type { Executor } from "../engine/executor.js";
import { currentTrace, trace } from "./graph.js";
import { gradients } from "./gradients.js";
import { identity } from "./operations/cast.js";
import { portableExecutor } from "./portable.js";
import { Tensor } from "./tensor.js";

/** A function of tensors that can be differentiated: its result is one number, such as a loss. */
export type Differentiable = (...inputs: Tensor[]) => Tensor;

/** One gradient for one input; for several a list with one for each, in their order. */
export type GradientsOf<F extends Differentiable> = Parameters<F> extends readonly [Tensor] ? Tensor : OneEach<Parameters<F>>;
type OneEach<Inputs extends unknown[]> = { [K in keyof Inputs]: Tensor };

let executor: Executor | null = null;

/** Takes over the running of what `grad` and `valueAndGrad` build; f64 stays on the portable executor. */
export function setGradientExecutor(next: Executor): void {
  executor = next;
}

/**
 * The function that computes the gradient of f with respect to its inputs. On tensors with values it is computed at once; inside
 * `trace`, `compile` or another `grad` it becomes part of that graph, so that gradients of gradients work. What f closes over
 * is constant; variables are read.
 *
 *     grad((x: Tensor) => sum(square(x)))(tensor([3, -1])) // 2 x: [6, -2]
 *     const [da, db] = grad((a: Tensor, b: Tensor) => sum(mul(a, b)))(a, b)
 *
 * @param f gives one number (a tensor of one element) from any number of f32 or f64 tensors of any shapes
 * @returns for one input its gradient, of the input's shape and dtype; for several a list with one for each
 * @throws ShapeError when f gives more than one number; LamellaError when an input is no floating-point tensor, or an
 *   operation on the way has no gradient
 */
export function grad<F extends Differentiable>(f: F): (...inputs: Parameters<F>) => GradientsOf<F> {
  const both = valueAndGrad(f);
  return (...inputs) => both(...inputs)[1];
}

/**
 * Like `grad`, with the value of f first, computed in the same run: `const [loss, gradient] = valueAndGrad(f)(weights)`.
 * @returns the value of f as f gives it, then what `grad(f)` gives
 * @throws as `grad`
 */
export function valueAndGrad<F extends Differentiable>(f: F): (...inputs: Parameters<F>) => readonly [Tensor, GradientsOf<F>] {
  return (...inputs) => {
    for (const [index, input] of inputs.entries()) {
      if (!(input instanceof Tensor))
        throw new LamellaError(`grad: input ${index} is no tensor but ${typeof input}; make it one with tensor(…)`);
      if (input.dtype !== "f32" && input.dtype !== "f64")
        throw new LamellaError(
          `grad: input ${index} is ${input.dtype}; only floating-point tensors have gradients: cast it, or close over it in the function`,
        );
    }
    const all = currentTrace() === null ? outside(f, inputs) : inside(f, inputs);
    const [value, ...found] = all;
    return [value as Tensor, (found.length === 1 ? found[0] : found) as GradientsOf<F>];
  };
}

/** The inputs get nodes of their own, so that only the way through f counts, whatever else they are made of. */
function inside(f: Differentiable, inputs: readonly Tensor[]): Tensor[] {
  const running = currentTrace();
  const own = inputs.map((input) => identity(running?.lift(input) ?? input));
  const value = f(...own);
  return [value, ...gradients(value, own)];
}

function outside(f: Differentiable, inputs: readonly Tensor[]): Tensor[] {
  const graph = trace((...symbolic) => {
    const value = f(...symbolic);
    return [value, ...gradients(value, symbolic)];
  }, inputs);
  const types = graph.nodes.flatMap((node) => node.types);
  const planned = executor !== null && types.every(({ dtype }) => dtype !== "f64") ? executor : portableExecutor;
  const plan = planned.prepare(graph, { name: "grad" });
  try {
    return plan.run(inputs);
  } finally {
    plan.dispose();
  }
}
