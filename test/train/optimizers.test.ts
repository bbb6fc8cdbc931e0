import { describe, expect, it } from "vitest";
import { cos, mul, portableExecutor, square, sum, tensor, Tensor, trace, Variable } from "../../std/tensor/index.js";
import { adam, optimizers, schedules, type Optimizer, type Schedule } from "../../std/train/index.js";
import { TrainedParameters } from "../../std/train/update.js";
import { expectClose, reference } from "./reference.js";

/** One weight vector, trained for `steps` steps on `loss`; its values after each. */
function descend(
  optimizer: Optimizer,
  start: readonly number[],
  loss: (w: Tensor) => Tensor,
  steps: number,
  options: { clip?: number; accumulate?: number } = {},
): number[][] {
  const w = new Variable("w", tensor([...start]));
  const trained = new TrainedParameters("w", [w], optimizer, options);
  const types = optimizer.scalars(1, 1).map(() => ({ shape: [], dtype: "f32" as const }));
  const step = portableExecutor.prepare(
    trace((...scalars) => {
      const value = loss(w.value);
      trained.minimise(value, scalars);
      return value;
    }, types),
  );
  return Array.from({ length: steps }, (_, index) => {
    step.run(
      optimizer.scalars(index + 1, optimizer.learningRate).map((value) => new Tensor({ shape: [], dtype: "f32" }, Float32Array.of(value))),
    );
    return [...w.storage];
  });
}

describe("optimisers take PyTorch's steps", () => {
  const { start, a, cases } = reference.optimizers;
  for (const { optimizer, args, path } of cases) {
    it(`${optimizer} ${JSON.stringify(args)}`, () => {
      const make = optimizers[optimizer as keyof typeof optimizers] as (args: object) => Optimizer;
      const own = descend(make(args), start, (w) => sum(mul(cos(w), tensor(a))), 10);
      for (const [index, step] of [0, 1, 9].entries())
        expectClose(own[step] as number[], path[index] as number[], 2e-5, `${optimizer} after step ${step + 1}`);
    });
  }

  it("clips the norm of the gradient as clip_grad_norm_ does", () => {
    const { start, norm, gradient } = reference.clipping;
    const [after] = descend(optimizers.sgd({ lr: 1 }), start, (w) => mul(sum(square(w)), 0.5), 1, { clip: norm });
    expectClose(
      after as number[],
      start.map((value, index) => value - (gradient[index] as number)),
      1e-6,
      "clipped step",
    );
  });
});

describe("schedules give PyTorch's rates", () => {
  const factors = (schedule: Schedule, losses?: readonly number[]): number[] => {
    const run = schedule.start();
    return Array.from({ length: 10 }, (_, epoch) => {
      const factor = run.factor({ epoch, step: epoch, stepsPerEpoch: 1, epochs: 10 });
      if (losses !== undefined) run.epochEnded?.({ loss: losses[epoch] as number });
      return factor;
    });
  };
  const { schedules: expected } = reference;
  it.each(
    Object.entries({
      step: factors(schedules.step({ every: 3, by: 0.5 })),
      milestones: factors(schedules.step({ every: [2, 7] })),
      exponential: factors(schedules.exponential({ by: 0.9 })),
      cosine: factors(schedules.cosine({ to: 0.1 })),
      linear: factors(schedules.linear({ to: 0.2 })),
      plateau: factors(schedules.plateau({ patience: 1 }), expected["plateauLosses"]),
    }),
  )("%s", (name, own) => expectClose(own, expected[name] as number[], 1e-6, name));

  it("warmup rises in equal steps: 2 epochs of 2 steps give 1/4, 2/4, 3/4, 1", () => {
    const run = schedules.constant({ warmup: 2 }).start();
    expect([0, 1, 2, 3, 4].map((step) => run.factor({ epoch: Math.floor(step / 2), step, stepsPerEpoch: 2, epochs: 5 }))).toEqual([
      0.25, 0.5, 0.75, 1, 1,
    ]);
  });

  it("noam is highest at the end of its warmup: 512^-0.5 * 4000^-0.5", () => {
    const run = schedules.noam({ width: 512 }).start();
    const at = (step: number): number => run.factor({ epoch: 0, step: step - 1, stepsPerEpoch: 1, epochs: 1 });
    expect(at(4000)).toBeCloseTo(512 ** -0.5 * 4000 ** -0.5, 12);
    expect(at(4000)).toBeGreaterThan(at(3999));
    expect(at(4000)).toBeGreaterThan(at(4001));
  });
});

it("an optimiser names an argument that is out of range", () => {
  expect(() => adam({ beta1: 1.5 })).toThrow("`adam`: beta1=1.5 must be a number from 0 to 1 (memory of the mean gradient)");
});
