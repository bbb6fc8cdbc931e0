import { expect, test } from "vitest";
import { checkSource } from "../../dsl/index.js";
import * as lamella from "../../std/index.js";
import { registry } from "../dsl/library.js";

const source = `block EncoderLayer(h, heads) { attention heads=heads | dense h }
net N(src: S int, tgt: T int, V=60, d=8) {
  let memory = src | embedding V, d | repeat 2 { EncoderLayer d, 2 }
  tgt | embedding V, d | attention memory, heads=2 | dense V
}`;

test("a text goes through a net as the data it was trained on wrote it: show text | N.memory[1].attention", async () => {
  const { values } = checkSource(source, { registry, runtime: lamella });
  const N = values["N"] as lamella.Net;
  const memory = N.taps.memory[1].attention as lamella.Tap;
  expect(() => lamella.pipe("3 may 1999", memory)).toThrow("N has no vocabulary for src: train it on data that have one");
  await lamella.train(N, lamella.dates.subset(0, 32), { loss: "crossentropy", epochs: 1, batch: 16, seed: 1, view: false });
  const seen = lamella.pipe("3 may 1999", memory) as lamella.Tensor;
  expect(seen.shape).toEqual([1, 2, 10, 10]); // batch, heads, characters, characters
  expect(seen).toEqual(
    memory.value(new lamella.Tensor({ shape: [1, 10], dtype: "i32" }, lamella.dates.sourceVocabulary.read("3 may 1999"))),
  );
  // The answer comes of both inputs.
  expect(() => lamella.pipe("3 may 1999", N)).toThrow("N takes 2 tensors (src, tgt), but 1 arrived");
});

test("a net of pictures reads no text", () => {
  const { values } = checkSource("net N(image: 2x2x1) { flatten | dense 2 }", { registry, runtime: lamella });
  expect(() => lamella.pipe("cat", values["N"])).toThrow("N takes no text: image is no row of token numbers (image: T int)");
});

test("a vocabulary cuts texts as it was told to", () => {
  const split = (text: string): string[] => text.split(" ");
  const vocabulary = lamella.Vocabulary.of(["guten Morgen", "guten Abend"], { split });
  expect([...vocabulary.read("guten Tag Abend")]).toEqual([4, 3, 5]);
});
