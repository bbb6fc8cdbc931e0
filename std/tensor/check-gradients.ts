import { LamellaError } from "../errors.js";
import { grad, type Differentiable } from "./differentiate.js";
import { trace } from "./graph.js";
import { cast } from "./operations/cast.js";
import { portableExecutor } from "./portable.js";
import { Tensor } from "./tensor.js";

/**
 * Compares the gradients of f with central differences, (f(x + h) - f(x - h)) / 2h, in double precision; says nothing where
 * they agree.
 *
 *     checkGradients((a: Tensor, b: Tensor) => sum(tanh(matmul(a, b))), [randomNormal([2, 3]), randomNormal([3, 2])])
 *
 * The tolerance: with h = 1e-5 (|x| + 1) the difference is wrong by f'''(x) h^2 / 6, about 1e-11 for functions of
 * moderate curvature, and by rounding of f, about 1e-16 |f| / h, again 1e-11 |f|. 1e-6 of the larger of the two gradients and
 * of |f| leaves five digits for curvature and for sums of many terms, while a wrong gradient is off in its first digits.
 *
 * Random inputs should stay clear of kinks (relu at 0, equal maxima), where a difference over the kink is no gradient.
 * Inputs of integer or bool dtype are passed through and not differentiated.
 * @param f gives one number from tensors of the shapes of `inputs`
 * @param options.tolerance default 1e-6
 * @throws LamellaError naming the worst element, its gradient and the difference.
 */
export function checkGradients(f: Differentiable, inputs: readonly Tensor[], options: { readonly tolerance?: number } = {}): void {
  const tolerance = options.tolerance ?? 1e-6;
  const precise = inputs.map((input) => (input.dtype === "f32" ? cast(input, "f64") : input));
  const varied = precise.flatMap((input, index) => (input.dtype === "f64" ? [index] : []));
  const withVaried = (...own: Tensor[]): Tensor => {
    const all = [...precise];
    for (const [at, index] of varied.entries()) all[index] = own[at] as Tensor;
    return f(...all);
  };
  const start = varied.map((index) => precise[index] as Tensor);
  const found = grad(withVaried)(...start) as Tensor | Tensor[];
  const analytic = found instanceof Tensor ? [found] : found;

  const plan = portableExecutor.prepare(trace(withVaried, start), { name: "checkGradients" });
  const valueAt = (all: readonly Tensor[]): number => (plan.run(all)[0] as Tensor).item();
  const value = Math.abs(valueAt(start));
  let worst: { error: number; text: string } = { error: 0, text: "" };
  for (const [at, input] of start.entries()) {
    for (let element = 0; element < input.size; element++) {
      const h = 1e-5 * (Math.abs(input.data[element] as number) + 1);
      const shifted = (by: number): number => {
        const data = input.data.slice();
        data[element] = (data[element] as number) + by;
        return valueAt(start.map((own, index) => (index === at ? new Tensor(own, data) : own)));
      };
      const difference = (shifted(h) - shifted(-h)) / (2 * h);
      const gradient = (analytic[at] as Tensor).data[element] as number;
      const error = Math.abs(gradient - difference) / Math.max(1, value, Math.abs(gradient), Math.abs(difference));
      if (!(error <= worst.error))
        worst = {
          error,
          text:
            `input ${varied[at]}, element ${positionOf(element, input.shape)}: the gradient is ${gradient}, central ` +
            `differences give ${difference}`,
        };
      if (Number.isNaN(error)) break;
    }
  }
  if (!(worst.error <= tolerance))
    throw new LamellaError(
      `checkGradients: ${worst.text}; they may differ by ${tolerance}, but differ by ${worst.error.toExponential(1)} of the larger`,
    );
}

function positionOf(element: number, shape: readonly number[]): string {
  const position: number[] = [];
  let rest = element;
  for (const extent of [...shape].reverse()) {
    position.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return `[${position.join(", ")}]`;
}
