import { afterEach, describe, expect, it } from "vitest";
import { blobs, MemoryDataset } from "../../std/data/index.js";
import { net, shape, type Net } from "../../std/network/index.js";
import { copied } from "../../std/train/snapshot.js";
import { sgd, train, type TrainOptions } from "../../std/train/index.js";

/** A net with a row `hidden` between its inputs and three classes. */
const classifier = (kind: "relu" | "log" | "sqrt"): Net =>
  net("Small", { point: shape(2) }, ({ point }, { dense, relu, log, sqrt, softmax }) =>
    point.row("hidden", dense(8), { relu, log, sqrt }[kind]()).row("last", dense(3), softmax()),
  );

const options = { optimizer: sgd({ lr: 0.1 }), batch: 16, epochs: 1, seed: 1, view: false } as const;

/** 100 points with one number that is none. */
function damaged(value: number): MemoryDataset {
  const data = Float32Array.from({ length: 200 }, (_, index) => (index === 101 ? value : Math.sin(index)));
  const label = Int32Array.from({ length: 100 }, (_, index) => index % 3);
  const columns = { point: { data, shape: [2] }, label: { data: label, shape: [] } };
  return new MemoryDataset({ name: "readings", columns, classes: ["a", "b", "c"] });
}

describe("a loss that is no number is traced to what made it", () => {
  it.each(["log", "sqrt"] as const)("in the very first step: %s of a negative number", async (kind) => {
    const small = classifier(kind);
    small.initialize(1);
    const before = [...small.parameters.values()].map(({ storage }) => [...storage]);
    await expect(train(small, blobs, options)).rejects.toThrow(
      new RegExp(
        `^the loss of Small became NaN at step 1 \\(epoch 1\\): training step of Small: ${kind} in hidden/${kind} of Small gave a number that is not finite .*` +
          "This operation gives no number for some inputs .*The weights are those before the run$",
      ),
    );
    expect([...small.parameters.values()].map(({ storage }) => [...storage])).toEqual(before);
  });

  it.each([NaN, Infinity, -Infinity])("to the example of the data that holds %d", async (value) => {
    await expect(train(classifier("relu"), damaged(value), options)).rejects.toThrow(
      new RegExp(
        `: example 50 of readings has ${value} in its column point\\. Correct this example or leave it out\\. The weights are those`,
      ),
    );
  });

  it("to the row whose product overflows under a learning rate that is far too large", async () => {
    await expect(train(classifier("relu"), blobs, { ...options, optimizer: sgd({ lr: 1e30 }) })).rejects.toThrow(
      /: matmul in (hidden|last)\/dense of Small gave a number that is not finite .*Most often the learning rate is too large: it was 1e\+30, try 1e\+29/,
    );
  });
});

describe("nets too large to be copied while they train", () => {
  const { greatestBytes } = copied;
  afterEach(() => void (copied.greatestBytes = greatestBytes));

  /** Trains without copies until it fails. @returns what was said, and the weights before and after the last step */
  async function failing(small: Net, data: typeof blobs | MemoryDataset, more: TrainOptions): Promise<{ text: string; kept: boolean }> {
    copied.greatestBytes = 0;
    const weights = (): number[] => [...small.parameters.values()].flatMap(({ storage }) => [...storage]);
    let last: number[] = [];
    const onEvent = (): void => void (last = weights());
    const error: unknown = await train(small, data, { ...options, ...more, onEvent }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { text: (error as Error).message, kept: weights().every((value, at) => value === last[at] && Number.isFinite(value)) };
  }

  it.each(["log", "sqrt"] as const)("are told where the first bad number was made, and keep their weights: %s", async (kind) => {
    const { text, kept } = await failing(classifier(kind), blobs, {});
    expect(text).toMatch(
      new RegExp(
        `^the loss or a gradient of Small is no number at step 1 \\(epoch 1\\): training step of Small: ${kind} in hidden/${kind} of Small gave a number that is not finite .*The weights are those before the run$`,
      ),
    );
    expect(kept).toBe(true);
  });

  it("name a gradient that is no number though the loss is one", async () => {
    // The root of 0 is 0, and its slope infinite.
    const roots = net("Roots", { point: shape(2) }, ({ point }, { dense, relu, sqrt, softmax }) =>
      point.row("hidden", dense(8), relu(), sqrt()).row("last", dense(3), softmax()),
    );
    const { text, kept } = await failing(roots, blobs, {});
    expect(text).toMatch(
      /^the loss or a gradient of Roots is no number at step 1 \(epoch 1\): .* in (hidden\/sqrt|the gradients) of Roots gave/,
    );
    expect(kept).toBe(true);
  });

  it("name the example of the data, and the step whose weights are left", async () => {
    const { text, kept } = await failing(classifier("relu"), damaged(NaN), {});
    expect(text).toMatch(
      /: example 50 of readings has NaN in its column point\..* The weights are those (before the run|after step \d, the last good ones kept)$/,
    );
    expect(kept).toBe(true);
  });

  it("also where gradients are accumulated", async () => {
    const { text, kept } = await failing(classifier("log"), blobs, { accumulate: 3 });
    expect(text).toMatch(/ at step 1 \(epoch 1\): training step of Small: log in hidden\/log of Small gave/);
    expect(kept).toBe(true);
  });
});
