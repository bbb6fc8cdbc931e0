import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dataRegistry, digits, makeShapes, makeSpirals, MemoryDataset, writeDigits, xor } from "../../std/data/index.js";

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

describe("embedded data", () => {
  it("digits: the same bytes for a seed, others for another, every class equally often", () => {
    const one = writeDigits(40, 1);
    expect(hash(writeDigits(40, 1).images)).toBe(hash(one.images));
    expect(hash(writeDigits(40, 2).images)).not.toBe(hash(one.images));
    for (let label = 0; label < 10; label++) expect(one.labels.filter((other) => other === label).length).toBe(4);
    // Ink covers a tenth of a picture, more or less.
    const mean = one.images.reduce((sum, pixel) => sum + pixel, 0) / one.images.length / 255;
    expect(mean).toBeGreaterThan(0.05);
    expect(mean).toBeLessThan(0.25);
  });

  it("digits say that they are embedded", () => {
    expect(digits.description).toBe("digits: 5000 images of 28x28x1, 10 classes, embedded: generated from strokes; 1000 more to test");
  });

  it("xor is its truth table", () => {
    const { x, y } = xor.batch([0, 1, 2, 3]);
    expect(x?.toArray()).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect([...(y?.data ?? [])]).toEqual([0, 1, 1, 0]);
  });

  it("spirals end at radius 1, and neighbours along an arm belong together", () => {
    const { train, test } = makeSpirals({ count: 200, noise: 0 });
    expect([train.size, test.size]).toEqual([160, 40]);
    const { point, label } = train.batch(Array.from({ length: 160 }, (_, index) => index));
    const radii = Array.from({ length: 160 }, (_, index) =>
      Math.hypot(point?.data[2 * index] as number, point?.data[2 * index + 1] as number),
    );
    expect(Math.max(...radii)).toBeCloseTo(1, 1);
    expect(new Set(label?.data)).toEqual(new Set([0, 1]));
  });

  it("shapes: the box is the smallest one round the mask", () => {
    const shapes = makeShapes({ count: 12, size: 24 });
    const { mask, box, label } = shapes.train.batch([0, 1, 2, 3]);
    for (let row = 0; row < 4; row++) {
      const cells = Array.from({ length: 576 }, (_, index) => index).filter(
        (index) => mask?.data[row * 576 + index] === (label?.data[row] as number) + 1,
      );
      const [xs, ys] = [cells.map((cell) => cell % 24), cells.map((cell) => Math.floor(cell / 24))];
      const expected = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1].map((value) => Math.fround(value / 24));
      expect([...(box?.data.subarray(4 * row, 4 * row + 4) ?? [])]).toEqual(expected);
    }
  });

  it("naming a data set makes nothing: every name has a summary without its data", () => {
    expect(Object.keys(dataRegistry)).toContain("mnist");
    for (const [name, dataset] of Object.entries(dataRegistry))
      expect([name, dataset.name, dataset.summary.length > 10]).toEqual([name, name, true]);
  });
});

describe("MemoryDataset", () => {
  const data = new MemoryDataset({
    name: "d",
    columns: { x: { data: Uint8Array.of(0, 51, 102, 255), shape: [2] }, y: { data: Int32Array.of(7, 8), shape: [] } },
  });

  it("gives bytes as numbers in [0, 1] and whole numbers as they are, in the order asked", () => {
    const { x, y } = data.batch([1, 0]);
    expect(x?.toArray()).toEqual([
      [Math.fround(0.4), 1],
      [0, Math.fround(0.2)],
    ]);
    expect([y?.dtype, [...(y?.data ?? [])]]).toEqual(["i32", [8, 7]]);
  });

  it("a part of a part counts from its own start", () => {
    expect(data.subset(1, 2).batch([0])["y"]?.data[0]).toBe(8);
  });

  it.each([
    {
      title: "an example that is not there",
      run: () => data.subset(0, 1).batch([1]),
      message: "d has examples 0 to 0; there is no example 1",
    },
    {
      title: "a part that is not there",
      run: () => data.subset(1, 3),
      message: "d: a part from 1 to 3 was asked for, but there are 2 examples (0 to 2)",
    },
    {
      title: "columns of different lengths",
      run: () =>
        new MemoryDataset({
          name: "d",
          columns: { x: { data: Float32Array.of(1), shape: [] }, y: { data: Int32Array.of(1, 2), shape: [] } },
        }),
      message: "d: column x holds 1 examples, but y holds 2",
    },
    {
      title: "half an example",
      run: () => new MemoryDataset({ name: "d", columns: { x: { data: Float32Array.of(1, 2, 3), shape: [2] } } }),
      message: "d: column x holds 3 numbers, which is no whole number of examples of 2",
    },
  ])("$title", ({ run, message }) => expect(run).toThrow(expect.objectContaining({ message })));
});
