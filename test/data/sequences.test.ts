import type { Tensor } from "../../std/tensor/index.js";
import { describe, expect, it } from "vitest";
import { dates, makeTones, numberInWords, numberWords } from "../../std/data/index.js";

describe("sequences", () => {
  it("numbers in words", () => {
    const cases: [number, string][] = [
      [0, "zero"],
      [21, "twenty-one"],
      [40, "forty"],
      [703, "seven hundred and three"],
      [1066, "one thousand and sixty-six"],
      [9999, "nine thousand nine hundred and ninety-nine"],
    ];
    for (const [value, words] of cases) expect(numberInWords(value)).toBe(words);
  });

  it("what has been written is what comes next, one place on", () => {
    const { src, tgt, next } = numberWords.train.batch([0, 1, 2, 3]) as Record<"src" | "tgt" | "next", Tensor>;
    const length = tgt.shape[1] as number;
    for (let row = 0; row < 4; row++) {
      const words = numberWords.sourceVocabulary
        .decode((src.data as Int32Array).subarray(row * (src.shape[1] as number), (row + 1) * (src.shape[1] as number)))
        .join("");
      const answer = numberWords.targetVocabulary.decode((next.data as Int32Array).subarray(row * length, (row + 1) * length)).join("");
      expect(numberInWords(Number(answer))).toBe(words);
      expect(tgt.data[row * length]).toBe(1);
      expect([...tgt.data.subarray(row * length + 1, row * length + 1 + answer.length)]).toEqual([
        ...next.data.subarray(row * length, row * length + answer.length),
      ]);
      expect(next.data[row * length + answer.length]).toBe(2);
    }
  });

  it("dates: the same day in both writings", () => {
    const { src, next } = dates.test.batch([0, 5, 9]) as Record<"src" | "next", Tensor>;
    for (let row = 0; row < 3; row++) {
      const text = dates.sourceVocabulary.decode((src.data as Int32Array).subarray(row * (src.shape[1] as number))).join("");
      const iso = dates.targetVocabulary.decode((next.data as Int32Array).subarray(row * 11, row * 11 + 11)).join("");
      expect(iso).toMatch(/^(19[5-9]|20[0-4])\d-\d\d-\d\d$/);
      expect(text).toContain(iso.slice(0, 4));
    }
    expect([dates.train.size, dates.test.size]).toEqual([9000, 1000]);
  });

  it("tones: a sine crosses zero twice a period, noise far more often", () => {
    const { train } = makeTones({ count: 25 });
    const { sound, label } = train.batch([0, 4]) as Record<"sound" | "label", Tensor>;
    expect([...label.data]).toEqual([0, 4]);
    const crossings = (row: number): number => {
      const samples = sound.data.subarray(row * 1024, (row + 1) * 1024);
      return [...samples].filter((value, index) => index > 0 && value > 0 !== (samples[index - 1] as number) > 0).length;
    };
    expect(crossings(0)).toBeLessThan(350);
    expect(crossings(1)).toBeGreaterThan(400);
  });
});
