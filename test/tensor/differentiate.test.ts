import { describe, expect, test } from "vitest";
import { LamellaError, ShapeError } from "../../std/errors.js";
import * as t from "../../std/tensor/index.js";
import { checkGradients, grad, portableExecutor, tensor, trace, valueAndGrad, Variable, type Tensor } from "../../std/tensor/index.js";

describe("grad", () => {
  test("of one input gives a tensor: the gradient of x1^2 + x2^2 is 2 x", () => {
    expect(grad((x) => t.sum(t.square(x)))(tensor([3, -1])).toArray()).toEqual([6, -2]);
  });

  test("of several inputs gives a list: the gradients of a b + a are b + 1 and a", () => {
    const found = grad((a: Tensor, b: Tensor) => t.add(t.mul(a, b), a))(tensor(2), tensor(5));
    expect(found.map((each) => each.item())).toEqual([6, 2]);
  });

  test("of a gradient: the third derivative of x^4 at 2 is 24 x = 48", () => {
    const f = (x: Tensor): Tensor => t.mul(t.square(x), t.square(x));
    const first = (x: Tensor): Tensor => grad(f)(x);
    const second = (x: Tensor): Tensor => grad(first)(x);
    expect(grad(second)(tensor(2)).item()).toBe(48);
  });

  test("counts only the way through f, whatever else the input is made of", () => {
    // d/dx [ x * f'(y) ] with y = x^2, f(y) = y^2, f'(y) = 2y = 2x^2: the outer gradient of 2x^3 is 6x^2 = 24.
    const outer = (x: Tensor): Tensor => t.mul(x, grad((y) => t.square(y))(t.square(x)));
    expect(grad(outer)(tensor(2)).item()).toBe(24);
  });

  test("inside a trace is part of the graph", () => {
    const graph = trace((x) => grad((y) => t.sum(t.exp(y)))(x), [{ shape: [2], dtype: "f64" }]);
    const x = tensor([0, 1], { dtype: "f64" });
    expect(portableExecutor.prepare(graph).run([x])[0]?.toArray()).toEqual([1, Math.E]);
  });

  test("is zero where f does not depend on the input", () => {
    expect(grad((x, y) => t.sum(y))(tensor([1, 2]), tensor(3))[0]?.toArray()).toEqual([0, 0]);
    expect(grad((x) => t.sum(t.step(x)))(tensor([1, 2])).toArray()).toEqual([0, 0]);
  });

  test("stops at stopGradient", () => {
    expect(grad((x) => t.mul(t.stopGradient(x), x))(tensor(3)).item()).toBe(3);
  });

  test("comes with the value", () => {
    const [value, gradient] = valueAndGrad((x: Tensor) => t.sum(t.square(x)))(tensor([1, 2]));
    expect([value.item(), gradient.toArray()]).toEqual([5, [2, 4]]);
  });

  test("reads and assigns variables", () => {
    const weight = new Variable("w", tensor([2, 3]));
    const found = grad((x) => {
      const product = t.sum(t.mul(x, weight.value));
      weight.assign(t.add(weight.value, 1));
      return product;
    })(tensor([1, 1]));
    expect(found.toArray()).toEqual([2, 3]);
    expect(weight.value.toArray()).toEqual([3, 4]);
  });

  test("refuses what is not one number, and what has no gradient", () => {
    expect(() => grad((x) => x)(tensor([1, 2]))).toThrow(
      new ShapeError("a gradient is taken of one number (a loss), but this is 2: take its sum or mean"),
    );
    expect(() => grad((x) => x)(tensor([1], { dtype: "i32" }))).toThrow(
      new LamellaError("grad: input 0 is i32; only floating-point tensors have gradients: cast it, or close over it in the function"),
    );
  });
});

describe("checkGradients", () => {
  test("accepts a right gradient", () => {
    checkGradients((a, b) => t.sum(t.tanh(t.matmul(a, b))), [t.randomNormal([2, 3]), t.randomNormal([3, 2], { seed: 1 })]);
  });

  test("names the worst element of a wrong one", () => {
    // A cube whose gradient forgets the factor 3.
    const cube = t.defineOperation<null>({
      name: "cube",
      infer: ([x]) => [x],
      gradient: ({ inputs: [x], gradients: [g] }) => [t.mul(g, t.square(x))],
      evaluate([x], _, [out]) {
        for (let i = 0; i < out.data.length; i++) out.data[i] = (x.data[i] as number) ** 3;
      },
    });
    expect(() =>
      checkGradients(
        (x) => t.sum(t.applyOne(cube, [x], null)),
        [
          tensor([
            [0, 1],
            [2, 0.5],
          ]),
        ],
      ),
    ).toThrow(
      // prettier-ignore
      /^checkGradients: input 0, element \[1, 0\]: the gradient is 4, central differences give 12\.00000/,
    );
  });
});
