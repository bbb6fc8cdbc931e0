import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load, save } from "../../std/io/index.js";
import { blobs, makeBlobs, MemoryDataset, orGate, spirals, xor, type Dataset } from "../../std/data/index.js";
import { net, shape, type Net } from "../../std/network/index.js";
import { add, mul, type Tensor } from "../../std/tensor/index.js";
import { adam, evaluate, fit, losses, metrics, sgd, train, type TrainingEvent, type TrainOptions } from "../../std/train/index.js";
import { requestInterrupt, resetInterrupt } from "../../std/train/interrupt.js";
import { expectClose, reference } from "./reference.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lamella-train-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { view: false } as const;

function classifier(options: { classes?: number; hidden?: number } = {}): Net {
  const { classes = 3, hidden = 16 } = options;
  return net("Small", { point: shape(2) }, ({ point }, { dense, tanh, softmax }) =>
    point.to(dense(hidden), tanh(), dense(classes), softmax()),
  );
}

describe("train", () => {
  it("takes PyTorch's five steps of an MLP with Adam", async () => {
    const { x, y, weights, losses: told, after } = reference.mlp;
    const mlp = net("Reference", { x: shape(4) }, ({ x: input }, { dense, tanh }) => input.to(dense(8), tanh(), dense(3)));
    const file = join(folder, "reference");
    for (const [index, variable] of [...mlp.parameters.values()].entries()) variable.storage.set(weights[index] as number[]);
    save(mlp, file);
    load(mlp, file); // loaded weights are not drawn anew
    const data = new MemoryDataset({
      name: "batch",
      columns: { x: { data: Float32Array.from(x), shape: [4] }, y: { data: Int32Array.from(y), shape: [] } },
    });
    const history = await train(mlp, data, { loss: "crossentropy", optimizer: adam({ lr: 0.01 }), batch: 16, epochs: 5, ...quiet });
    expectClose(
      history.steps.map(({ loss }) => loss),
      told,
      1e-5,
      "loss",
    );
    for (const [index, variable] of [...mlp.parameters.values()].entries())
      expectClose(variable.storage, after[index] as number[], 1e-4, variable.name);
  });

  it("gives the same bits with one seed, others with another", async () => {
    const run = async (seed: number): Promise<[string, number]> => {
      const small = classifier();
      const history = await train(small, blobs, { optimizer: adam({ lr: 0.01 }), epochs: 2, batch: 30, seed, split: 80, ...quiet });
      return [small.weightsHash(), history.epochs[1]?.metrics["val_loss"] as number];
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other[0]).not.toBe(first[0]);
  });

  it("learns: blobs to 90 %, xor exactly, and tells it in events in order", async () => {
    const events: TrainingEvent[] = [];
    const small = classifier();
    const history = await train(small, blobs, {
      optimizer: adam({ lr: 0.02 }),
      epochs: 10,
      seed: 1,
      metrics: ["accuracy", metrics.f1()],
      onEvent: (event) => events.push(event),
      ...quiet,
    });
    expect(history.epochs.at(-1)?.metrics["accuracy"]).toBeGreaterThan(0.9);
    expect((await evaluate(small, blobs, ["accuracy"]))["accuracy"]).toBeGreaterThan(0.9);
    expect(events[0]).toEqual({ kind: "start", run: history.run });
    expect(events.at(-1)).toEqual({ kind: "stop", reason: "finished", message: "10 epochs done" });
    expect(history.steps.map(({ step }) => step)).toEqual(Array.from({ length: 130 }, (_, index) => index + 1));
    expect([history.run.examples, history.run.stepsPerEpoch, history.stopped]).toEqual([400, 13, "finished"]);

    const gates = net("Gates", { x: shape(2) }, ({ x }, { dense, tanh, sigmoid }) => x.to(dense(8), tanh(), dense(1), sigmoid()));
    await train(gates, xor, { loss: "bce", optimizer: adam({ lr: 0.1 }), batch: 4, epochs: 150, seed: 1, metrics: "accuracy", ...quiet });
    expect(await evaluate(gates, xor, "accuracy", { loss: "bce" })).toMatchObject({ accuracy: 1 });
  });

  it("uses the last, smaller batch: 400 examples in batches of 150 are 3 steps", async () => {
    const history = await train(classifier(), blobs, { batch: 150, epochs: 1, ...quiet });
    expect(history.steps.length).toBe(3);
    // The epoch's loss is the mean over examples, not over batches.
    const [a, b, c] = history.steps.map(({ loss }) => loss) as [number, number, number];
    expect(history.epochs[0]?.metrics["loss"]).toBeCloseTo((150 * a + 150 * b + 100 * c) / 400, 6);
  });

  it("accumulating 4 batches of 25 is a batch of 100", async () => {
    const run = async (options: TrainOptions): Promise<Float32Array> => {
      const small = classifier();
      await train(small, blobs, { optimizer: sgd({ lr: 0.1, momentum: 0.9 }), epochs: 1, seed: 3, ...options, ...quiet });
      return [...small.parameters.values()][0]?.storage as Float32Array;
    };
    const [whole, pieces] = [await run({ batch: 100 }), await run({ batch: 25, accumulate: 4 })];
    expectClose(pieces, [...whole], 1e-5, "weights");
  });

  it("frozen weights stay, the others move", async () => {
    const labelled = net("Labelled", { point: shape(2) }, ({ point }, { dense, tanh, softmax }) =>
      point.row("base", dense(8), tanh()).row(dense(3), softmax()),
    );
    labelled.initialize(0);
    const before = [...labelled.parameters.values()].map((variable) => [...variable.storage]);
    await train(labelled, blobs, { freeze: "base", epochs: 1, seed: 0, ...quiet });
    const moved = [...labelled.parameters.values()].map((variable, index) =>
      variable.storage.some((value, at) => value !== (before[index] as number[])[at]),
    );
    expect(moved).toEqual([false, false, true, true]);
    await expect(train(labelled, blobs, { freeze: "nothing", ...quiet })).rejects.toThrow(/nothing/);
  });

  it("a second run goes on from the weights of the first", async () => {
    const small = classifier();
    await train(small, blobs, { epochs: 5, seed: 1, optimizer: adam({ lr: 0.02 }), ...quiet });
    const history = await train(small, blobs, { epochs: 1, seed: 1, optimizer: adam({ lr: 0.001 }), ...quiet });
    expect(history.steps[0]?.loss).toBeLessThan(0.5);
    const reached = small.weightsHash();
    small.reseed(99);
    expect(small.weightsHash()).toBe(reached);
  });

  it("weights loaded into a net are those a net that uses it starts from, and trains on", async () => {
    const base = net("Base", { point: shape(2) }, ({ point }, { dense, tanh }) => point.row("h", dense(8), tanh()));
    base.initialize(5);
    const file = join(folder, "base");
    save(base, file);
    const loaded = net("Loaded", { point: shape(2) }, ({ point }, { dense, tanh }) => point.row("h", dense(8), tanh()));
    load(loaded, file);
    const user = net("User", { point: shape(2) }, ({ point }, { dense, softmax }) => point.row("base", loaded).row(dense(3), softmax()));
    await train(user, blobs, { freeze: "base", epochs: 1, seed: 9, ...quiet });
    expect([...loaded.parameters.values()][0]?.storage).toEqual([...base.parameters.values()][0]?.storage);
    await train(user, blobs, { epochs: 1, seed: 9, ...quiet });
    const moved = loaded.weightsHash();
    // The base was trained inside the other net: a run of its own goes on from there.
    for await (const event of fit(
      loaded,
      new MemoryDataset({
        name: "d",
        columns: { point: { data: new Float32Array(8), shape: [2] }, y: { data: new Float32Array(32), shape: [8] } },
      }),
      { loss: "mse", optimizer: sgd({ lr: 0 }), epochs: 1 },
    ))
      void event;
    expect(loaded.weightsHash()).toBe(moved);
  });

  it("early stop, schedule and checkpoints follow the metrics", async () => {
    const file = join(folder, "deep", "check");
    const events: TrainingEvent[] = [];
    const small = classifier();
    const history = await train(small, blobs, {
      epochs: 50,
      split: { train: 80, validation: 20 },
      optimizer: sgd({ lr: 0 }),
      stop: { patience: 2 },
      checkpoint: { path: file, keep: "best" },
      schedule: "cosine",
      onEvent: (event) => events.push(event),
      ...quiet,
    });
    // A rate of 0 never improves: the first epoch is the best, two more are waited for.
    expect([history.stopped, history.epochs.length]).toEqual(["early", 3]);
    expect(events.at(-1)).toEqual({
      kind: "stop",
      reason: "early",
      message: "stopped early after epoch 3: loss has not improved since epoch 1",
    });
    expect(events.filter(({ kind }) => kind === "checkpoint")).toEqual([{ kind: "checkpoint", epoch: 1, path: `${file}.safetensors` }]);
    expect(existsSync(`${file}.safetensors`)).toBe(true);
  });

  it("an interrupt keeps the weights reached", async () => {
    const small = classifier();
    let stopped = "";
    const history = await train(small, blobs, {
      epochs: 1000,
      seed: 1,
      onEvent: (event) => {
        if (event.kind === "step" && event.step === 20) requestInterrupt();
        if (event.kind === "stop") stopped = event.message;
      },
      ...quiet,
    });
    resetInterrupt();
    expect([history.stopped, history.steps.length, stopped]).toEqual([
      "interrupted",
      20,
      "interrupted in epoch 2 after step 20; the weights reached are kept",
    ]);
    const reference = classifier();
    for await (const event of fit(reference, blobs, { epochs: 1000, seed: 1 })) if (event.kind === "step" && event.step === 20) break;
    expect(small.weightsHash()).toBe(reference.weightsHash());
  });

  it("a loss that is no number any more ends the run with step, cause and the last good weights", async () => {
    const regression = net("Line", { x: shape(2) }, ({ x }, { dense }) => x.to(dense(1)));
    const data = new MemoryDataset({
      name: "large",
      columns: {
        x: { data: Float32Array.from({ length: 40 }, (_, index) => 1e15 * ((index % 7) - 3)), shape: [2] },
        y: { data: new Float32Array(20), shape: [1] },
      },
    });
    const failure = train(regression, data, { loss: "mse", optimizer: sgd({ lr: 100 }), epochs: 3, batch: 20, ...quiet });
    await expect(failure).rejects.toThrow(
      /^the loss of Line became (NaN|Infinity) at step \d \(epoch \d\): .* in .*Line.*\. Most often the learning rate is too large: it was 100, try 10, or bound the gradient with clip 1; .*The weights are those/,
    );
    for (const variable of regression.parameters.values()) expect([...variable.storage].every(Number.isFinite)).toBe(true);
  });

  it("a label that is out of range names the loss", async () => {
    const data = new MemoryDataset({
      name: "wrong",
      columns: { point: { data: new Float32Array(8), shape: [2] }, label: { data: Int32Array.of(0, 1, 7, 0), shape: [] } },
    });
    await expect(train(classifier(), data, { epochs: 1, ...quiet })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining("label 7 at position"), context: ["in the loss of Small"] }),
    );
  });

  it("the perceptron rule learns OR, and refuses a net of two layers", async () => {
    const perceptron = net("Perceptron", { x: shape(2) }, ({ x }, { dense, step, init }) =>
      x.to(dense(1, { init: init["zeros"]?.() ?? "zeros" }), step()),
    );
    const history = await train(perceptron, orGate, { rule: "perceptron", lr: 0.1, epochs: 20, batch: 1, ...quiet });
    expect(history.epochs.at(-1)?.metrics).toEqual({ loss: 0, accuracy: 1 });
    await expect(train(classifier(), blobs, { rule: "perceptron", ...quiet })).rejects.toThrow(
      "rule perceptron trains one dense layer, but Small has 4 groups of weights: give it a loss and an optimizer instead",
    );
  });

  it("several outputs with a loss expression and metrics of each", async () => {
    const count = 64;
    const x = Float32Array.from({ length: 2 * count }, (_, index) => Math.sin(index));
    const data = new MemoryDataset({
      name: "people",
      columns: {
        x: { data: x, shape: [2] },
        age: {
          data: Float32Array.from({ length: count }, (_, index) => (x[2 * index] as number) + 2 * (x[2 * index + 1] as number)),
          shape: [1],
        },
        mood: { data: Int32Array.from({ length: count }, (_, index) => ((x[2 * index] as number) > 0 ? 1 : 0)), shape: [] },
      },
    });
    const heads = net("Heads", { x: shape(2) }, ({ x: input }, { dense, tanh, softmax }) => {
      const trunk = input.to(dense(16), tanh());
      return { age: trunk.to(dense(1)), mood: trunk.to(dense(2), softmax()) };
    });
    const history = await train(heads, data, {
      loss: ({ outputs, data: columns }) =>
        add(
          losses.mse(outputs["age"] as Tensor, columns["age"] as Tensor),
          mul(losses.crossentropy(outputs["mood"] as Tensor, columns["mood"] as Tensor), 0.5),
        ),
      metrics: [metrics.mae({ output: "age" }), metrics.accuracy({ output: "mood" })],
      optimizer: adam({ lr: 0.02 }),
      epochs: 40,
      seed: 1,
      ...quiet,
    });
    const last = history.epochs.at(-1)?.metrics as Record<string, number>;
    expect(Object.keys(last)).toEqual(["loss", "mae(age)", "accuracy(mood)"]);
    expect(last["mae(age)"]).toBeLessThan(0.2);
    expect(last["accuracy(mood)"]).toBeGreaterThan(0.9);
  });

  it("adversarial updates: each loss moves its own net alone", async () => {
    const G = net("G", { z: shape(2) }, ({ z }, { dense, tanh }) => z.to(dense(8), tanh(), dense(2)));
    const D = net("D", { point: shape(2) }, ({ point }, { dense, leakyrelu, sigmoid }) =>
      point.to(dense(8), leakyrelu(0.2), dense(1), sigmoid()),
    );
    const moved = async (only: "D" | "G"): Promise<[boolean, boolean]> => {
      for (const one of [G, D]) one.initialize(1);
      const before = [G.weightsHash(), D.weightsHash()];
      await train([G, D], spirals, {
        updates: (step) => {
          const fake = step.run(G, step.normal(2));
          const still = (loss: () => ReturnType<typeof losses.bce>, on: boolean) => () => (on ? loss() : mul(loss(), 0));
          return [
            [D, still(() => add(losses.bce(step.run(D, step.data["point"] as Tensor), 1), losses.bce(step.run(D, fake), 0)), only === "D")],
            [G, still(() => losses.bce(step.run(D, fake), 1), only === "G")],
          ];
        },
        optimizer: sgd({ lr: 0.1 }),
        epochs: 1,
        batch: 400,
        seed: 1,
        ...quiet,
      });
      return [G.weightsHash() !== before[0], D.weightsHash() !== before[1]];
    };
    // Both hashes are compared with the weights of seed 1, which the run draws too.
    expect(await moved("D")).toEqual([false, true]);
    expect(await moved("G")).toEqual([true, false]);
  });
});

describe("messages before training starts", () => {
  const cases: { title: string; options?: TrainOptions; data?: Dataset; message: string }[] = [
    {
      title: "images of another size",
      data: new MemoryDataset({
        name: "wide",
        columns: { point: { data: new Float32Array(9), shape: [3] }, label: { data: new Int32Array(3), shape: [] } },
      }),
      message: "Small takes point: 2, but the column point of wide is 3: declare the net as Small(point: 3), or choose other data",
    },
    {
      title: "no target",
      data: new MemoryDataset({ name: "bare", columns: { point: { data: new Float32Array(4), shape: [2] } } }),
      message: "Small needs a target, but bare has only point: add a column, or write the loss as an expression",
    },
    {
      title: "more classes than outputs",
      data: makeBlobs({ classes: 5 }),
      message: "Small gives 3 numbers, but blobs has 5 classes: crossentropy needs one number for each, as in `dense 5`",
    },
    { title: "a batch of nothing", options: { batch: 0 }, message: "train: batch=0 must be a whole number of at least 1" },
    {
      title: "a split of more than everything",
      options: { split: { train: 80, validation: 30 } },
      message: "split 80, 30: percentages must be at least 0 and no more than 100 together, and something must train",
    },
    {
      title: "a split as a fraction",
      options: { split: 0.8 },
      message: "split 0.8: a split is in percent; write split 80 for 0.8 of the examples",
    },
    {
      title: "an unknown optimiser",
      options: { optimizer: "adamm" as never },
      message: "there is no optimiser `adamm`; there are sgd, adam, adamw, rmsprop, adagrad",
    },
    {
      title: "a metric of an output that is not there",
      options: { metrics: metrics.mae({ output: "age" }) },
      message: "metric mae(age): Small has no output `age`; it has output",
    },
    {
      title: "everything frozen",
      options: { freeze: ["dense", "dense.2"] },
      message: "Small has no weights to train: it has none, or all of them are frozen",
    },
  ];
  it.each(cases)("$title", async ({ options = {}, data = blobs, message }) => {
    await expect(train(classifier(), data, { ...options, ...quiet })).rejects.toThrow(expect.objectContaining({ message }));
  });
});
