import { expect, test } from "vitest";
import type { Dataset } from "../../std/data/dataset.js";
import type { Network } from "../../std/network/network.js";
import { tensor, type Tensor } from "../../std/tensor/tensor.js";
import { bundleOf, confusionMatrix, confusions, mistakes, predictions } from "../../std/view/index.js";
import * as examples from "./examples.js";

/** 600 pictures whose first number is their index over 1000; the class is the index modulo 3. */
const dataset: Dataset = {
  kind: "dataset",
  name: "rings",
  size: 600,
  columns: { image: { shape: [8, 8, 1], dtype: "f32" }, label: { shape: [], dtype: "i32" } },
  classes: ["zero", "one", "two"],
  description: "rings: 600 images of 8x8x1, 3 classes, generated",
  batch(indices) {
    const images = examples.pictures(indices.length, 8, 8, 1).data.slice() as Float32Array;
    for (const [row, index] of indices.entries()) images[row * 64] = index / 1000;
    return { image: tensor(images, { shape: [indices.length, 8, 8, 1] }), label: tensor(Int32Array.from(indices, (index) => index % 3)) };
  },
  subset: () => dataset,
};

/** Right but for every hundredth picture, which it takes for the next class, the surer the later. */
const network = {
  ...examples.networkOf("Rings", []),
  outputs: [{ name: "out", type: examples.flow(3) }],
  predict(images: Tensor): Tensor {
    const count = images.shape[0] as number;
    const scores = new Float32Array(count * 3).fill(0.01);
    for (let row = 0; row < count; row++) {
      const index = Math.round((images.data[row * 64] as number) * 1000);
      const wrong = index % 100 === 99;
      scores[row * 3 + ((index + (wrong ? 1 : 0)) % 3)] = wrong ? 0.5 + index / 2000 : 0.98;
    }
    return tensor(scores, { shape: [count, 3] });
  },
} as unknown as Network;

test("predictions of a whole data set, over several batches", () => {
  const asked = predictions(network, dataset);
  expect([...asked.labels.subarray(0, 4)]).toEqual([0, 1, 2, 0]);
  expect([...asked.predictions].filter((said, index) => said !== asked.labels[index])).toHaveLength(6);
});

test("mistakes, the surest first, with what was said and what it was", () => {
  const text = mistakes(network, dataset, { limit: 2 })["text/plain"];
  // Pictures 599 and 499: 599 % 3 = 2 was taken for 600 % 3 = 0, 499 % 3 = 1 for 2.
  expect(text).toBe("Rings is wrong on 6 of 600 examples (99.0 % right); the 2 it was surest of\nlabels: two one\npredictions: zero two");
});

test("a net that is never wrong", () => {
  const right = { ...network, predict: (images: Tensor) => network.predict(images) } as Network;
  const few = { ...dataset, size: 50 };
  expect(mistakes(right, few)["text/plain"]).toBe("Rings is wrong on 0 of 50 examples (100.0 % right)");
});

test("confusions count what the mistakes show", () => {
  expect(confusions(network, dataset)["text/plain"]).toBe(
    [
      "Rings: 594 of 600 right (99.0 %); rows are what it was, columns what was said",
      "      zero  one  two",
      "────────────────────",
      "zero   198    2    .",
      "one      .  198    2",
      "two      2    .  198",
    ].join("\n"),
  );
});

test("a confusion matrix refuses what is not one", () => {
  expect(() => confusionMatrix([0, 1], [0])).toThrow(
    "a confusion matrix compares as many labels as predictions, but 2 labels and 1 predictions arrived",
  );
  expect(() => confusionMatrix([0.5], [0])).toThrow("labels are class indices from 0, but 0.5 arrived");
  expect(confusionMatrix([], [])["text/plain"]).toContain("no examples");
});

test("a data set shows its first pictures under their classes", () => {
  expect(bundleOf(dataset, { limit: 4 })["text/plain"]).toBe(
    "rings: 600 images of 8x8x1, 3 classes, generated\nthe first 4 of 600\nlabels: zero one two zero",
  );
});
