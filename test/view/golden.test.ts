import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bundleOf, compareHistories, confusionMatrix, imageGrid, networkTable } from "../../std/view/index.js";
import { tensor } from "../../std/tensor/tensor.js";
import { drawPanels, panelsOf } from "../../std/view/training-curve.js";
import { chartAxes } from "../../std/view/chart/line-chart.js";
import { plotlyFigure } from "../../std/view/plotly.js";
import { svgDocument } from "../../std/view/picture.js";
import { htmlOf } from "../../std/view/views.js";
import * as examples from "./examples.js";

/** Each output below is a file that can be opened and looked at; `vitest -u` writes them anew. */
const golden = (name: string): string => join(fileURLToPath(new URL("golden", import.meta.url)), name);
const history = examples.historyOf(examples.trainingEvents());

/** One attribute or element a line, so that a change shows where it is. */
const lines = (markup: string): string => markup.replace(/></g, ">\n<") + "\n";

describe("golden outputs", () => {
  test.each([
    ["lenet", examples.leNet],
    ["wrong-claims", examples.wrongClaims],
    ["nested", examples.nested],
  ])("network table %s", async (name, network) => {
    const bundle = networkTable(network);
    await expect(bundle["text/plain"] + "\n").toMatchFileSnapshot(golden(`network-${name}.txt`));
    await expect(lines(htmlOf(bundle))).toMatchFileSnapshot(golden(`network-${name}.html`));
  });

  test("training curve", async () => {
    await expect(lines(svgDocument(drawPanels(panelsOf(history))))).toMatchFileSnapshot(golden("training-curve.svg"));
    const bundle = bundleOf(history);
    await expect(bundle["text/plain"] + "\n").toMatchFileSnapshot(golden("training-curve.txt"));
    expect(Object.keys(bundle)).toEqual(["text/plain", "text/html", "application/vnd.plotly.v1+json"]);
  });

  test("the live figure has the axes of the still curve, and no marker of it is cut at the edge", () => {
    const panels = panelsOf(history);
    const { data, layout } = plotlyFigure(panels) as { data: { mode: string; cliponaxis: boolean }[]; layout: Record<string, unknown> };
    for (const [index, { series, options }] of panels.entries()) {
      const { horizontal, vertical } = chartAxes(series, options);
      const suffix = index === 0 ? "" : String(index + 1);
      expect(layout[`xaxis${suffix}`]).toMatchObject({ range: [horizontal.minimum, horizontal.maximum], nticks: horizontal.ticks.length });
      expect(layout[`yaxis${suffix}`]).toMatchObject({ range: [vertical.minimum, vertical.maximum], nticks: vertical.ticks.length });
    }
    const marked = data.filter(({ mode }) => mode === "lines+markers");
    expect(marked.length).toBeGreaterThan(0);
    expect(marked.every(({ cliponaxis }) => !cliponaxis)).toBe(true);
  });

  test("the live figure is no taller than its lines and their legend need", () => {
    const heightOf = (one: Parameters<typeof panelsOf>[0]): unknown => (plotlyFigure(panelsOf(one)).layout as { height: unknown }).height;
    const alone = { ...history, epochs: history.epochs.map(({ epoch, metrics }) => ({ epoch, metrics: { loss: metrics["loss"] ?? 0 } })) };
    expect([heightOf(alone), heightOf(history)]).toEqual([310, 340]);
  });

  test("histories compared", async () => {
    const better = {
      ...history,
      epochs: history.epochs.map(({ epoch, metrics }) => ({ epoch, metrics: { ...metrics, val_accuracy: 0.99 } })),
    };
    await expect(compareHistories({ sgd: history, adam: better })["text/plain"] + "\n").toMatchFileSnapshot(golden("histories.txt"));
  });

  test("confusion matrix", async () => {
    const truth = Array.from({ length: 100 }, (_, index) => index % 4);
    const said = truth.map((label, index) => (index % 9 === 0 ? (label + 1) % 4 : label));
    await expect(
      confusionMatrix(truth, said, { classes: ["circle", "square", "star", "triangle"] })["text/plain"] + "\n",
    ).toMatchFileSnapshot(golden("confusion-matrix.txt"));
  });

  test("image grid", async () => {
    const grid = imageGrid(examples.pictures(3, 12, 12, 1), {
      labels: [0, 1, 2],
      predictions: [0, 2, 2],
      probabilities: [0.99, 0.612, 1],
      classes: ["zero", "one", "two"],
    });
    await expect(grid["text/plain"] + "\n").toMatchFileSnapshot(golden("image-grid.txt"));
    await expect(lines(decodeURIComponent(/data:image\/svg\+xml,([^"]*)"/.exec(htmlOf(grid))?.[1] ?? ""))).toMatchFileSnapshot(
      golden("image-grid.svg"),
    );
  });
});

test("the same value gives the same bundle, to the last byte", () => {
  const twice = (value: unknown): void => expect(JSON.stringify(bundleOf(value))).toBe(JSON.stringify(bundleOf(value)));
  twice(history);
  twice(examples.pictures(12, 28, 28, 1));
  twice(
    tensor(
      new Float32Array(400).map((_, index) => index),
      { shape: [20, 20] },
    ),
  );
});
