import { describe, expect, it } from "vitest";
import { augmentations } from "../../std/data/index.js";
import { Generator } from "../../std/tensor/random.js";
import type { Tensor } from "../../std/tensor/index.js";
import { tensor } from "../../std/tensor/index.js";

/** One image of 4x4 with the numbers 1 to 16. */
const image = tensor(
  Float32Array.from({ length: 16 }, (_, index) => index + 1),
  { shape: [1, 4, 4, 1] },
);
const repeated = (count: number): Tensor =>
  tensor(
    Float32Array.from({ length: 16 * count }, (_, index) => (index % 16) + 1),
    { shape: [count, 4, 4, 1] },
  );
const rows = (value: Tensor, at = 0): number[] => [
  ...value.data.subarray((at * value.size) / (value.shape[0] as number), ((at + 1) * value.size) / (value.shape[0] as number)),
];

describe("augmentations", () => {
  it("crop takes the middle outside training and moves while training", () => {
    const crop = augmentations.crop({ size: [2, 2] });
    expect(rows(crop.apply(image, null))).toEqual([6, 7, 10, 11]);
    const random = new Generator(1);
    const corners = new Set(Array.from({ length: 60 }, () => crop.apply(image, random).data[0] as number));
    expect(corners).toEqual(new Set([1, 2, 3, 5, 6, 7, 9, 10, 11]));
    expect(crop.outputShape([4, 4, 1])).toEqual([2, 2, 1]);
  });

  it("crop with padding shows zeros around", () => {
    const padded = augmentations.crop({ size: 4, pad: 4 });
    const seen = Array.from({ length: 40 }, (_, seed) => padded.apply(image, new Generator(seed)));
    expect(seen.some((value) => [...value.data].every((pixel) => pixel === 0))).toBe(true);
    expect(rows(padded.apply(image, null))).toEqual(rows(image));
  });

  it("crop larger than the image is refused", () => {
    expect(() => augmentations.crop({ size: 5 }).outputShape([4, 4, 1])).toThrow(
      "augment crop: a piece of 5x5 does not fit into images of 4x4",
    );
  });

  it("flip mirrors about half of the examples, and nothing outside training", () => {
    const flip = augmentations.flip({ direction: "horizontal" });
    const flipped = flip.apply(repeated(400), new Generator(3));
    const first = Array.from({ length: 400 }, (_, index) => rows(flipped, index).slice(0, 4).join());
    expect(new Set(first)).toEqual(new Set(["1,2,3,4", "4,3,2,1"]));
    const mirrored = first.filter((row) => row.startsWith("4")).length;
    expect(Math.abs(mirrored - 200)).toBeLessThan(50);
    expect(flip.apply(image, null)).toBe(image);
  });

  it("shift moves by whole pixels with zeros moving in", () => {
    const shifted = augmentations.shift({ by: 1 }).apply(repeated(50), new Generator(2));
    for (let index = 0; index < 50; index++) {
      const middle = rows(shifted, index);
      // The pixel that arrives at (1, 1) comes from within one pixel of it.
      expect([1, 2, 3, 5, 6, 7, 9, 10, 11]).toContain(middle[5]);
    }
    expect(rows(augmentations.shift({ by: 0 }).apply(image, new Generator(1)))).toEqual(rows(image));
  });

  it("rotate keeps the middle of a symmetric image, and turns the rest", () => {
    const disc = tensor(
      Float32Array.from({ length: 81 }, (_, index) => (Math.hypot((index % 9) - 4, Math.floor(index / 9) - 4) < 2 ? 1 : 0)),
      { shape: [1, 9, 9, 1] },
    );
    const turned = augmentations.rotate({ degrees: 45 }).apply(disc, new Generator(5));
    expect(turned.data[40]).toBeCloseTo(1, 5);
    expect(Math.abs([...turned.data].reduce((sum, value) => sum + value, 0) - 9)).toBeLessThan(1.5);
  });

  it("noise has the deviation asked for", () => {
    const zero = tensor(new Float32Array(20000), { shape: [1, 100, 200, 1] });
    const noisy = augmentations.noise({ deviation: 0.1 }).apply(zero, new Generator(4)).data;
    const deviation = Math.sqrt([...noisy].reduce((sum, value) => sum + value * value, 0) / noisy.length);
    expect(deviation).toBeGreaterThan(0.097);
    expect(deviation).toBeLessThan(0.103);
  });

  it("pca shifts each image along the one direction in which the colours vary", () => {
    // Grey images: the only component is (1, 1, 1).
    const grey = tensor(
      Float32Array.from({ length: 2 * 16 * 3 }, (_, index) => (Math.floor(index / 3) % 16) / 16),
      { shape: [2, 4, 4, 3] },
    );
    const out = augmentations.pca({ deviation: 1 }).apply(grey, new Generator(6));
    for (let image = 0; image < 2; image++) {
      const shift = (out.data[image * 48] as number) - (grey.data[image * 48] as number);
      expect(Math.abs(shift)).toBeGreaterThan(1e-3);
      for (let index = image * 48; index < (image + 1) * 48; index++)
        expect((out.data[index] as number) - (grey.data[index] as number)).toBeCloseTo(shift, 5);
    }
  });

  it("the same generator gives the same change", () => {
    const rotate = augmentations.rotate();
    expect(rows(rotate.apply(image, new Generator(9)))).toEqual(rows(rotate.apply(image, new Generator(9))));
  });
});
