import { LamellaError } from "../errors.js";
import type { TrainingHistory } from "../train/events.js";
import type { MimeBundle } from "./bundle.js";
import type { Series } from "./chart/line-chart.js";
import { seriesColours } from "./colours.js";
import { htmlTable } from "./html-table.js";
import { formatCount } from "./numbers.js";
import { imageElement } from "./picture.js";
import { plotlyFigure, withPlotly } from "./plotly.js";
import { textTable } from "./text-table.js";
import { drawPanels, formatMetric, smoothLoss, thin, type Panel } from "./training-curve.js";
import type { ViewOptions } from "./views.js";

/**
 * Several runs against one another: a panel for each metric (of the held-out part where there is one), a line for each run,
 * and a table of what each ended with.
 * @param histories by the name each run goes by.
 */
export function compareHistories(histories: Readonly<Record<string, TrainingHistory>>, options: ViewOptions = {}): MimeBundle {
  const runs = Object.entries(histories);
  if (runs.length === 0) throw new LamellaError("nothing to compare: no history was given");
  const metrics = [...new Set(runs.flatMap(([, { epochs }]) => epochs.flatMap((epoch) => Object.keys(epoch.metrics))))];
  const shown = metrics
    .filter((name) => name.startsWith("val_") || !metrics.includes(`val_${name}`))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const longest = Math.max(
    1,
    ...runs.map(([, { epochs, steps, run }]) =>
      Math.max(epochs.at(-1)?.epoch ?? 0, (steps.at(-1)?.step ?? 0) / Math.max(1, run.stepsPerEpoch)),
    ),
  );
  const range = [0, longest] as const;
  const panels: Panel[] = shown.map((metric) => ({
    series: runs.map(([name, { epochs }], index): Series => ({
      name,
      x: epochs.map(({ epoch }) => epoch),
      y: epochs.map((epoch) => epoch.metrics[metric] ?? NaN),
      colour: colourOf(index),
      dashed: index % 2 === 1,
      dots: true,
    })),
    options: { title: metric.replace(/^val_/, "validation "), xLabel: "epoch", xRange: range },
  }));
  if (!shown.includes("loss") || runs.some(([, { epochs }]) => epochs.length < 2)) {
    panels.unshift({
      series: runs.map(([name, history], index): Series => {
        const x = history.steps.map(({ step }) => step / Math.max(1, history.run.stepsPerEpoch));
        return { name, ...thin(x, smoothLoss(history), 200), colour: colourOf(index), dashed: index % 2 === 1 };
      }),
      options: { title: "training loss", xLabel: "epoch", xRange: range },
    });
  }
  const columns = [
    { title: "run" },
    { title: "parameters", align: "right" as const },
    { title: "epochs", align: "right" as const },
    ...metrics.map((name) => ({ title: name.replace(/^val_/, "validation "), align: "right" as const })),
  ];
  const rows = runs.map(([name, { run, epochs, stopped }]) => [
    name,
    formatCount(run.parameterCount),
    `${epochs.length}${stopped === "finished" ? "" : ` (${stopped})`}`,
    ...metrics.map((metric) => {
      const value = epochs.at(-1)?.metrics[metric];
      return value === undefined ? "" : formatMetric(metric, value);
    }),
  ]);
  const text = textTable(columns, rows);
  const bundle = {
    "text/plain": text,
    "text/html": `<div>${imageElement(drawPanels(panels), `Curves of ${runs.map(([name]) => name).join(", ")}`)}${htmlTable(columns, rows)}</div>`,
  };
  return withPlotly(bundle, plotlyFigure(panels), { interactive: options.interactive === true });
}

function colourOf(index: number): string {
  return seriesColours[index % seriesColours.length] as string;
}

/** Losses first. */
function rank(metric: string): number {
  return metric.endsWith("loss") ? 0 : 1;
}
