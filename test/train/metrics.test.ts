import { describe, expect, it } from "vitest";
import { corpusBleu, meanAveragePrecision, metrics, type Metric, type MetricBatch } from "../../std/train/index.js";

function classes(scores: readonly (readonly number[])[], labels: readonly number[], extra: Partial<MetricBatch> = {}): MetricBatch {
  return {
    prediction: scores.flat(),
    predictionShape: [scores.length, scores[0]?.length ?? 0],
    target: labels,
    targetShape: [labels.length],
    integerTarget: true,
    logits: false,
    ...extra,
  };
}

function measure(metric: Metric, ...batches: MetricBatch[]): number {
  const run = metric.start();
  for (const batch of batches) run.add(batch);
  return run.value();
}

/** Scores that answer these classes of three. */
const answers = (...labels: number[]): number[][] => labels.map((label) => [0, 1, 2].map((other) => (other === label ? 0.8 : 0.1)));

describe("classification", () => {
  // Right classes 0 1 2 0 1 2, answers 0 2 1 0 0 1 (the example of scikit-learn's f1_score).
  const batch = classes(answers(0, 2, 1, 0, 0, 1), [0, 1, 2, 0, 1, 2]);
  const cases: [string, Metric, number][] = [
    ["accuracy: 2 of 6", metrics.accuracy(), 2 / 6],
    ["macro f1: (0.8 + 0 + 0) / 3", metrics.f1(), 0.8 / 3],
    ["micro f1: 2 of 6", metrics.f1({ average: "micro" }), 2 / 6],
    ["weighted f1: each class has two examples", metrics.f1({ average: "weighted" }), 0.8 / 3],
    ["macro precision: 2/3, 0, 0", metrics.precision(), 2 / 9],
    ["macro recall: 1, 0, 0", metrics.recall(), 1 / 3],
    ["top 3 of 3 is everything", metrics.top({ k: 3 }), 1],
  ];
  it.each(cases)("%s", (_, metric, value) => expect(measure(metric, batch)).toBeCloseTo(value, 12));

  it("the same over two batches as over one", () => {
    const halves = [classes(answers(0, 2, 1), [0, 1, 2]), classes(answers(0, 0, 1), [0, 1, 2])];
    expect(measure(metrics.f1(), ...halves)).toBe(measure(metrics.f1(), batch));
  });

  it("one output: above one half is yes; logits: above zero", () => {
    const one = (logits: boolean): MetricBatch => ({
      prediction: [0.4, 0.6, 0.9],
      predictionShape: [3, 1],
      target: [1, 1, 0],
      targetShape: [3, 1],
      integerTarget: false,
      logits,
    });
    expect(measure(metrics.accuracy(), one(false))).toBeCloseTo(1 / 3, 12);
    expect(measure(metrics.accuracy(), one(true))).toBeCloseTo(2 / 3, 12);
  });

  it("ignored labels do not count", () => {
    expect(measure(metrics.accuracy(), classes(answers(0, 1, 2), [0, 0, 9], { ignore: 9 }))).toBe(0.5);
  });

  it("perplexity of two even chances is 2", () => {
    expect(measure(metrics.perplexity(), classes([[0.5, 0.5]], [1]))).toBeCloseTo(2, 12);
    expect(measure(metrics.perplexity(), classes([[3, 3]], [1], { logits: true }))).toBeCloseTo(2, 12);
  });

  it("names show their arguments", () => {
    expect([metrics.top({ k: 5 }), metrics.f1({ average: "micro" }), metrics.mae({ output: "age" })].map(({ name }) => name)).toEqual([
      "top5",
      "f1_micro",
      "mae(age)",
    ]);
  });

  it("says which shapes do not fit", () => {
    expect(() => measure(metrics.accuracy(), classes(answers(0, 1), [0]))).toThrow(
      "accuracy: outputs of 2x3 need 2 class numbers, but the target is 1",
    );
  });
});

describe("regression", () => {
  const batch: MetricBatch = {
    prediction: [2.5, 0, 2, 8],
    predictionShape: [4, 1],
    target: [3, -0.5, 2, 7],
    targetShape: [4],
    integerTarget: false,
    logits: false,
  };
  const cases: [string, Metric, number][] = [
    ["mae: (0.5 + 0.5 + 0 + 1) / 4", metrics.mae(), 0.5],
    ["mse: (0.25 + 0.25 + 0 + 1) / 4", metrics.mse(), 0.375],
    ["rmse", metrics.rmse(), Math.sqrt(0.375)],
    ["r2: 1 - 1.5 / 29.1875 (the example of scikit-learn's r2_score)", metrics.r2(), 1 - 1.5 / 29.1875],
  ];
  it.each(cases)("%s", (_, metric, value) => expect(measure(metric, batch)).toBeCloseTo(value, 12));
});

describe("boxes", () => {
  it("mean overlap: 1/7 and 1", () => {
    const batch: MetricBatch = {
      prediction: [0, 0, 2, 2, 0, 0, 1, 1],
      predictionShape: [2, 4],
      target: [1, 1, 3, 3, 0, 0, 1, 1],
      targetShape: [2, 4],
      integerTarget: false,
      logits: false,
    };
    expect(measure(metrics.iou(), batch)).toBeCloseTo((1 / 7 + 1) / 2, 12);
    expect(measure(metrics.map(), batch)).toBe(0.25);
  });

  // Three true boxes; detections by score: right, wrong, right, wrong, right. Precision at the hits: 1, 2/3, 3/5.
  const box = (x: number): number[] => [x, 0, x + 1, 1];
  const truths = [0, 10, 20].map((x) => ({ box: box(x), label: 0, image: 0 }));
  const detections = [0, 50, 10, 60, 20].map((x, index) => ({ box: box(x), label: 0, image: 0, score: 1 - index / 10 }));
  for (const { style, value } of [
    { style: "area" as const, value: (1 + 2 / 3 + 3 / 5) / 3 },
    // Recalls 0 to 0.3 see precision 1 (4 points), 0.4 to 0.6 see 2/3 (3), 0.7 to 1 see 3/5 (4).
    { style: "voc" as const, value: (4 * 1 + 3 * (2 / 3) + 4 * (3 / 5)) / 11 },
    // 0 to 0.33 (34 points), 0.34 to 0.66 (33), 0.67 to 1 (34).
    { style: "coco" as const, value: (34 * 1 + 33 * (2 / 3) + 34 * (3 / 5)) / 101 },
  ]) {
    it(`average precision, ${style}`, () => expect(meanAveragePrecision(detections, truths, { style })).toBeCloseTo(value, 12));
  }

  it("a box found twice counts once", () => {
    const twice = [detections[0], detections[0]].map((detection) => ({ ...(detection as (typeof detections)[number]) }));
    expect(meanAveragePrecision(twice, truths.slice(0, 1))).toBe(1);
    expect(
      meanAveragePrecision(
        [
          { ...(twice[0] as (typeof detections)[number]), score: 0.1 },
          { ...(detections[1] as (typeof detections)[number]), score: 0.9 },
        ],
        truths.slice(0, 1),
      ),
    ).toBe(0.5);
  });
});

describe("bleu", () => {
  it("equal sentences give 1, nothing in common 0", () => {
    expect(corpusBleu([[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 5]])).toBe(1);
    expect(corpusBleu([[1, 2, 3, 4]], [[5, 6, 7, 8]])).toBe(0);
  });

  it("clips repeated words: `the` seven times against one with two gives 2/7", () => {
    expect(corpusBleu([[1, 1, 1, 1, 1, 1, 1]], [[1, 2, 3, 4, 1, 5, 6]], 1)).toBeCloseTo(2 / 7, 12);
  });

  it("short answers pay: 4 right words of 5 give exp(1 - 5/4)", () => {
    expect(corpusBleu([[1, 2, 3, 4]], [[1, 2, 3, 4, 5]])).toBeCloseTo(Math.exp(-0.25), 12);
  });
});
