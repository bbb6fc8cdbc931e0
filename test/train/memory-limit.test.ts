import { describe, expect, it, vi } from "vitest";
import { LamellaError } from "../../std/errors.js";
import { blobs } from "../../std/data/index.js";
import { net, shape, type Net } from "../../std/network/index.js";
import { portableExecutor } from "../../std/tensor/index.js";
import { evaluate, sgd, train } from "../../std/train/index.js";
import { expectClose } from "./reference.js";

const limit = vi.hoisted(() => ({ batch: Number.POSITIVE_INFINITY }));

// An executor that refuses batches above a limit, as the engine does when its memory is full.
vi.mock("../../std/train/executor.js", () => ({
  engineDescription: () => "portable",
  trainingExecutor: () => ({
    name: "limited",
    prepare: (graph: Parameters<typeof portableExecutor.prepare>[0], options: object) => {
      const batch = graph.inputs[0]?.shape[0] ?? 0;
      if (batch > limit.batch)
        throw new LamellaError(`a batch of ${batch} does not fit: a batch of ${limit.batch} would`, { code: "E901" });
      return portableExecutor.prepare(graph, options);
    },
  }),
}));

const classifier = (normalised = false): Net =>
  net("Small", { point: shape(2) }, ({ point }, { dense, bn, tanh, softmax }) =>
    normalised ? point.to(dense(8), bn(), tanh(), dense(3), softmax()) : point.to(dense(8), tanh(), dense(3), softmax()),
  );

/** Its masks have 7 numbers for each example: pieces begin in the middle of a block of random numbers. */
const dropping = (): Net =>
  net("Dropping", { point: shape(2) }, ({ point }, { dense, dropout, tanh, softmax }) =>
    point.to(dense(7), tanh(), dropout(0.5), dense(3), softmax()),
  );

async function trained(
  batchLimit: number,
  small: Net = classifier(),
): Promise<{ weights: Float32Array; engine: string; losses: number[] }> {
  limit.batch = batchLimit;
  const { run, steps } = await train(small, blobs, {
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    batch: 64,
    epochs: 1,
    seed: 3,
    view: false,
  });
  limit.batch = Number.POSITIVE_INFINITY;
  return { weights: [...small.parameters.values()][0]?.storage as Float32Array, engine: run.engine, losses: steps.map(({ loss }) => loss) };
}

describe("a batch that does not fit into memory", () => {
  it("is trained in pieces, with the same weights and losses", async () => {
    const whole = await trained(1000);
    const pieces = await trained(20);
    expect([whole.engine, pieces.engine]).toEqual(["portable", "portable, each batch in 4 pieces"]);
    expect(pieces.losses.length).toBe(7);
    expectClose(pieces.losses, whole.losses, 1e-5, "loss");
    expectClose(pieces.weights, [...whole.weights], 1e-5, "weight");
  });

  it.each([40, 20, 3])("of more than %i drops the same numbers as the whole batch", async (most) => {
    const whole = await trained(1000, dropping());
    const pieces = await trained(most, dropping());
    expectClose(pieces.losses, whole.losses, 1e-5, "loss");
    expectClose(pieces.weights, [...whole.weights], 1e-5, "weight");
  });

  it("stays whole under batch normalisation: the figures and the reason are told", async () => {
    limit.batch = 20;
    await expect(train(classifier(true), blobs, { batch: 64, epochs: 1, view: false })).rejects.toThrow(
      "a batch of 64 does not fit: a batch of 20 would. The batch is not trained in pieces: Small has batch normalisation, whose mean and variance are those of the whole batch",
    );
    limit.batch = Number.POSITIVE_INFINITY;
  });

  it("evaluates in smaller batches, with the same figures", async () => {
    const small = classifier();
    small.initialize(1);
    const whole = await evaluate(small, blobs);
    limit.batch = 30;
    const pieces = await evaluate(small, blobs);
    limit.batch = Number.POSITIVE_INFINITY;
    expect(pieces["accuracy"]).toBe(whole["accuracy"]);
    expect(pieces["loss"]).toBeCloseTo(whole["loss"] as number, 6);
  });

  it("is refused when not even one example fits", async () => {
    limit.batch = 0;
    await expect(train(classifier(), blobs, { batch: 4, epochs: 1, view: false })).rejects.toThrow(
      "a batch of 1 does not fit: a batch of 0 would",
    );
    limit.batch = Number.POSITIVE_INFINITY;
  });
});
