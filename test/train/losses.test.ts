import { describe, expect, it } from "vitest";
import { gradients, portableExecutor, softmax, sigmoid, tensor, Tensor, trace } from "../../std/tensor/index.js";
import { losses, type LossFunction } from "../../std/train/index.js";
import { expectClose, reference, tensorOf } from "./reference.js";

function valueAndGradient(loss: (prediction: Tensor) => Tensor, prediction: Tensor): { value: number; gradient: Float32Array } {
  const graph = trace(
    (symbolic) => {
      const value = loss(symbolic);
      return [value, ...gradients(value, [symbolic])];
    },
    [prediction],
  );
  const [value, gradient] = portableExecutor.prepare(graph).run([prediction]) as [Tensor, Tensor];
  return { value: value.item(), gradient: gradient.data as Float32Array };
}

const named = losses as unknown as Record<string, LossFunction<object>>;

describe("losses equal PyTorch's in value and gradient", () => {
  for (const [index, { loss, args, prediction, target, value, gradient }] of reference.losses.entries()) {
    it(`${loss} ${JSON.stringify(args)} (case ${index})`, () => {
      const result = valueAndGradient(
        (symbolic) => (named[loss] as LossFunction<object>)(symbolic, tensorOf(target), args),
        tensorOf(prediction),
      );
      expectClose([result.value], [value], 2e-6, loss);
      expectClose(result.gradient, gradient, 3e-6, `gradient of ${loss}`);
    });
  }
});

describe("losses on what comes out of softmax and sigmoid use the logits", () => {
  it("crossentropy(softmax(z)) is crossentropy(z), finite where the probability is 0 in single precision", () => {
    const z = tensor([[0, 200, -100]]);
    const labels = new Tensor({ shape: [1], dtype: "i32" }, Int32Array.of(2));
    const { value, gradient } = valueAndGradient((symbolic) => losses.crossentropy(softmax(symbolic), labels), z);
    expect(value).toBe(300);
    expect([...gradient]).toEqual([0, 1, -1]);
  });

  it("bce(sigmoid(z), 1) is softplus(-z)", () => {
    const { value, gradient } = valueAndGradient((symbolic) => losses.bce(sigmoid(symbolic), 1), tensor([[-90, 0]]));
    expect(value).toBeCloseTo((90 + Math.log(2)) / 2, 5);
    expectClose(gradient, [-0.5, -0.25], 1e-6, "gradient");
  });
});

describe("losses by hand", () => {
  it("dice of one mask: 1 - (2*1 + 1) / (2 + 1 + 1)", () => {
    const { value } = valueAndGradient((p) => losses.dice(p, tensor([[1, 0, 0]])), tensor([[1, 1, 0]]));
    expect(value).toBeCloseTo(1 - 3 / 4, 6);
  });

  it("contrastive: the same at 0.5, others at 0.25 and 2: (0.25 + 0.75^2 + 0) / 3", () => {
    const { value } = valueAndGradient((d) => losses.contrastive(d, tensor([1, 0, 0])), tensor([0.5, 0.25, 2]));
    expect(value).toBeCloseTo((0.25 + 0.5625) / 3, 6);
  });

  it("hinge with targets of -1 and 1: (0.5 + 2 + 0) / 3", () => {
    const { value } = valueAndGradient((z) => losses.hinge(z, tensor([1, -1, 1])), tensor([0.5, 1, 3]));
    expect(value).toBeCloseTo(2.5 / 3, 6);
  });

  it("a label in a column of its own is the same label", () => {
    const column = new Tensor({ shape: [2, 1], dtype: "i32" }, Int32Array.of(0, 1));
    const flat = new Tensor({ shape: [2], dtype: "i32" }, Int32Array.of(0, 1));
    const z = tensor([
      [1, 2],
      [3, 5],
    ]);
    expect(losses.crossentropy(z, column).item()).toBe(losses.crossentropy(z, flat).item());
  });
});

describe("messages", () => {
  const z = tensor([[1, 2, 3]]);
  it.each([
    {
      title: "shapes that do not agree",
      run: () => losses.mse(z, tensor([[1, 2]])),
      message: "mse: the prediction is 1x3, but the target is 1x2 (the first number is the batch); both must agree",
    },
    {
      title: "class numbers of the wrong shape",
      run: () => losses.crossentropy(z, new Tensor({ shape: [3], dtype: "i32" }, Int32Array.of(0, 1, 2))),
      message: "crossentropy: outputs of 1x3 (the first number is the batch, the last the classes) need class numbers of 1, but 3 arrived",
    },
    {
      title: "an option that does not exist",
      run: () => losses.huber({ detla: 2 } as never),
      message: "`huber` has no option `detla`; it has delta",
    },
    {
      title: "a number out of range",
      run: () => losses.crossentropy({ smoothing: 2 }),
      message:
        "`crossentropy`: smoothing=2 must be a number from 0 to 1 (label smoothing: this share of the target is spread over all classes)",
    },
  ])("$title", ({ run, message }) => expect(run).toThrow(expect.objectContaining({ message })));
});
