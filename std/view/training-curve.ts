import type { TrainingHistory } from "../train/events.js";
import type { MimeBundle } from "./bundle.js";
import { lineChart, sideBySide, type LineChartOptions, type Series } from "./chart/line-chart.js";
import { seriesColours } from "./colours.js";
import { formatCount, formatNumber, formatPercent, plural } from "./numbers.js";
import { pictureBundle, type Drawing } from "./picture.js";
import { plotlyFigure, withPlotly } from "./plotly.js";
import { textTable } from "./text-table.js";
import type { ViewOptions } from "./views.js";

const [trainColour, validationColour] = [seriesColours[0], seriesColours[1]];

/** A history in the making or done; `stopped` is null while it runs. */
export type Progress = Omit<TrainingHistory, "stopped"> & { readonly stopped: TrainingHistory["stopped"] | "failed" | null };

/** One panel of the curve: the metric with and without `val_`. */
export interface Panel {
  readonly series: readonly Series[];
  readonly options: LineChartOptions;
}

/**
 * The training curve: a panel per metric, training in blue and held-out data dashed in orange. The loss of every step is
 * drawn faintly under its running mean. With `interactive`, or in a front end that has the plotly extension, it can be zoomed.
 */
export function trainingCurve(history: Progress, options: ViewOptions = {}): MimeBundle {
  const panels = panelsOf(history);
  const bundle = pictureBundle(drawPanels(panels), historyText(history), {
    caption: captionOf(history),
    alternative: `Training curve. ${captionOf(history)}`,
  });
  return withPlotly(bundle, plotlyFigure(panels), { interactive: options.interactive === true });
}

export function drawPanels(panels: readonly Panel[]): Drawing {
  return sideBySide(panels.map((panel) => lineChart(panel.series, { width: 430, ...panel.options })));
}

/**
 * How many epochs a live curve has room for: 50, or what lies ahead of a longer run, which would be a sliver if the axis
 * went to its planned end at once.
 */
function extentFor(reached: number): number {
  for (let scale = 10; ; scale *= 10) {
    const extent = [1, 2, 5].map((step) => step * scale).find((each) => each >= 50 && each >= 1.1 * reached);
    if (extent !== undefined) return extent;
  }
}

/** The panels, the loss first, then the metrics by name. While nothing is known of a metric it has no panel. */
export function panelsOf(history: Progress): Panel[] {
  const { run, steps, epochs } = history;
  const reached = Math.max(epochs.at(-1)?.epoch ?? 0, (steps.at(-1)?.step ?? 0) / Math.max(1, run.stepsPerEpoch));
  const end = Math.min(run.epochs, history.stopped === null || reached === 0 ? extentFor(reached) : reached);
  const shared: LineChartOptions = {
    xLabel: "epoch",
    xRange: [0, end > 0 ? end : 1],
    empty: history.stopped === null ? "waiting for the first step" : "no step was taken",
  };
  const metrics = new Set(epochs.flatMap((epoch) => Object.keys(epoch.metrics)).map((name) => name.replace(/^val_/, "")));
  metrics.delete("loss");

  const x = steps.map(({ step }) => step / Math.max(1, run.stepsPerEpoch));
  const raw = thin(
    x,
    steps.map(({ loss }) => loss),
    300,
  );
  const smooth = thin(x, smoothLoss(history), 200);
  const ofEpochs = (name: string, label: string, colour: string, dashed: boolean): Series[] => {
    const known = epochs.filter(({ metrics: values }) => name in values);
    if (known.length === 0) return [];
    return [
      {
        name: label,
        x: known.map(({ epoch }) => epoch),
        y: known.map(({ metrics: values }) => values[name] as number),
        colour,
        dashed,
        dots: true,
      },
    ];
  };
  const loss: Panel = {
    series: [
      ...(steps.length > 1 ? [{ name: "each step", ...raw, colour: trainColour, faint: true }] : []),
      ...(steps.length > 0 ? [{ name: "training", ...smooth, colour: trainColour }] : ofEpochs("loss", "training", trainColour, false)),
      ...ofEpochs("val_loss", "validation", validationColour, true),
    ],
    options: { ...shared, title: "loss" },
  };
  const others = [...metrics].sort().map((name): Panel => ({
    series: [...ofEpochs(name, "training", trainColour, false), ...ofEpochs(`val_${name}`, "validation", validationColour, true)],
    options: { ...shared, title: name },
  }));
  return [loss, ...others];
}

/** "epoch 2/3 step 40/125  loss 0.123  accuracy 0.98": where a run stands. */
export function progressText(history: Progress): string {
  const { run, steps, epochs } = history;
  const last = steps.at(-1);
  const perEpoch = Math.max(1, run.stepsPerEpoch);
  const step = last === undefined ? 0 : ((last.step - 1) % perEpoch) + 1;
  const epoch = last === undefined ? 1 : Math.floor((last.step - 1) / perEpoch) + 1;
  const metrics = Object.entries(epochs.at(-1)?.metrics ?? {}).filter(([name]) => name !== "loss");
  return [
    `epoch ${epoch}/${run.epochs} step ${step}/${perEpoch}`,
    ...(last === undefined ? [] : [`loss ${formatNumber(last.loss, 3)}`]),
    ...metrics.map(([name, value]) => `${name.replace(/^val_/, "validation ")} ${formatNumber(value, 3)}`),
  ].join("  ");
}

function captionOf(history: Progress): string {
  const { run, epochs, steps, stopped } = history;
  if (stopped === null) return `${run.network}: ${progressText(history)}`;
  const last = epochs.at(-1)?.metrics ?? {};
  const shown = Object.entries(last).map(([name, value]) => `${name.replace(/^val_/, "validation ")} ${formatMetric(name, value)}`);
  const length = `${plural(epochs.length, "epoch")}, ${plural(steps.length, "step")}`;
  const how =
    stopped === "failed"
      ? `failed after ${length}`
      : stopped === "interrupted"
        ? `interrupted after ${length}; the weights reached are kept`
        : stopped === "early"
          ? `stopped early after ${length}`
          : length;
  const broken = steps.find(({ loss }) => !Number.isFinite(loss));
  const warning = broken === undefined ? [] : [`the loss is ${formatNumber(broken.loss)} from step ${broken.step} on`];
  return [`${run.network}: ${how}`, ...shown, ...warning].join("; ");
}

function historyText(history: Progress): string {
  const { run, epochs } = history;
  const head = captionOf(history);
  if (history.stopped === null || epochs.length === 0) return head;
  const names = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const first = epochs.length > 20 ? epochs.slice(0, 5) : epochs;
  const lastRows = epochs.length > 20 ? epochs.slice(-10) : [];
  const rowOf = ({ epoch, metrics }: (typeof epochs)[number]): string[] => [
    String(epoch),
    ...names.map((name) => (name in metrics ? formatNumber(metrics[name] as number) : "")),
  ];
  return [
    `${run.network}, ${formatCount(run.parameterCount)} parameters, ${plural(run.examples, "training example")}${run.validation > 0 ? `, ${formatCount(run.validation)} held out` : ""}, seed ${run.seed}`,
    textTable(
      [
        { title: "epoch", align: "right" },
        ...names.map((title) => ({ title: title.replace(/^val_/, "validation "), align: "right" as const })),
      ],
      [...first.map(rowOf), ...(lastRows.length > 0 ? [["…"]] : []), ...lastRows.map(rowOf)],
    ),
    ...(history.stopped === "finished" && history.steps.every(({ loss }) => Number.isFinite(loss)) ? [] : [head]),
  ].join("\n");
}

/** Accuracies read as percentages, everything else as numbers. */
export function formatMetric(name: string, value: number): string {
  return /accuracy|^top|^val_top/.test(name) ? formatPercent(value) : formatNumber(value, 3);
}

/** The running mean of the loss; its window depends on the length planned, so that what is drawn does not move as the run goes. */
export function smoothLoss({ run, steps }: Progress): number[] {
  const window = Math.min(50, Math.max(1, Math.round((run.epochs * run.stepsPerEpoch) / 50)));
  return runningMean(
    steps.map(({ loss }) => loss),
    window,
  );
}

/** The mean of the `window` values up to each one. */
function runningMean(values: readonly number[], window: number): number[] {
  const result: number[] = [];
  let sum = 0;
  let count = 0;
  for (const [index, value] of values.entries()) {
    if (Number.isFinite(value)) {
      sum += value;
      count++;
    }
    const old = values[index - window] ?? NaN;
    if (Number.isFinite(old)) {
      sum -= old;
      count--;
    }
    result.push(Number.isFinite(value) && count > 0 ? sum / count : NaN);
  }
  return result;
}

/** At most about `count` points, the first and the last among them: more are not seen, and make the file large. */
export function thin(x: readonly number[], y: readonly number[], count: number): { x: number[]; y: number[] } {
  const stride = Math.max(1, Math.ceil(x.length / count));
  const kept = x.map((_, index) => index).filter((index) => index % stride === 0 || index === x.length - 1);
  return { x: kept.map((index) => x[index] as number), y: kept.map((index) => y[index] as number) };
}
