import { faintInk, ink, seriesColours } from "../colours.js";
import { coordinate, estimateWidth, svgText, type Drawing } from "../picture.js";
import { clip } from "../text-table.js";
import { linearAxis, type Axis } from "./ticks.js";

/** One line of a chart; a NaN in `y` leaves a gap. */
export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly colour?: string;
  readonly dashed?: boolean;
  /** Drawn thin, behind the others and without a label: raw values under their running mean. */
  readonly faint?: boolean;
  /** A dot on every point: for values that exist at these points only. */
  readonly dots?: boolean;
}

export interface LineChartOptions {
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly width?: number;
  readonly height?: number;
  /** The x axis runs over this range even where no value has arrived yet. */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  /** Axes made elsewhere, such as logarithmic ones, for values that are given on their scale. */
  readonly xAxis?: Axis;
  readonly yAxis?: Axis;
  /** Ticks of the x axis at whole numbers only. */
  readonly integerX?: boolean;
  /** Printed in the panel when there is nothing to draw. */
  readonly empty?: string;
}

const labelSize = 12;
const tickSize = 11;

/** Lines over linear axes, each labelled at its end, or by a list at the right when there are too many to label apart. */
export function lineChart(series: readonly Series[], options: LineChartOptions = {}): Drawing {
  const width = options.width ?? 420;
  const height = options.height ?? 250;
  const coloured = series.map((line, index) => ({
    ...line,
    colour: line.colour ?? (seriesColours[index % seriesColours.length] as string),
  }));
  const named = coloured.filter((line) => line.faint !== true && line.y.some(Number.isFinite));
  const labels = named.map((line) => clip(line.name, 22));
  const right = named.length === 0 ? 14 : Math.min(width * 0.4, 18 + Math.max(...labels.map((label) => estimateWidth(label, labelSize))));
  const horizontal = options.xAxis ?? horizontalAxis(coloured, options, width);
  const vertical = options.yAxis ?? verticalAxis(coloured, options);
  const left =
    20 + Math.max(...vertical.ticks.map((tick) => estimateWidth(tick.label, tickSize)), 8) + (options.yLabel === undefined ? 0 : 4);
  const top = options.title === undefined && options.yLabel === undefined ? 12 : 30;
  const bottom = height - (options.xLabel === undefined ? 24 : 40);
  const xAt = (value: number): number =>
    left + ((value - horizontal.minimum) / (horizontal.maximum - horizontal.minimum)) * (width - right - left);
  const yAt = (value: number): number => bottom - ((value - vertical.minimum) / (vertical.maximum - vertical.minimum)) * (bottom - top);

  const parts: string[] = [];
  for (const tick of vertical.ticks) {
    parts.push(
      `<path d="M${coordinate(left)} ${coordinate(yAt(tick.value))}H${coordinate(width - right)}" stroke="${faintInk}" fill="none"/>`,
    );
    parts.push(svgText(left - 6, yAt(tick.value) + 4, tick.label, { size: tickSize, anchor: "end", colour: ink }));
  }
  for (const tick of horizontal.ticks) {
    parts.push(`<path d="M${coordinate(xAt(tick.value))} ${coordinate(bottom)}v4" stroke="${ink}" fill="none"/>`);
    parts.push(svgText(xAt(tick.value), bottom + 17, tick.label, { size: tickSize, anchor: "middle", colour: ink }));
  }
  parts.push(`<path d="M${coordinate(left)} ${coordinate(bottom)}H${coordinate(width - right)}" stroke="${ink}" fill="none"/>`);
  const heading = options.title ?? options.yLabel;
  if (heading !== undefined)
    parts.push(svgText(options.title === undefined ? left : 8, 16, heading, { size: 13, bold: true, colour: ink }));
  if (options.xLabel !== undefined)
    parts.push(svgText((left + width - right) / 2, height - 6, options.xLabel, { size: labelSize, anchor: "middle", colour: ink }));

  parts.push(
    `<clipPath id="panel"><rect x="${coordinate(left - 4)}" y="${coordinate(top - 4)}" width="${coordinate(width - right - left + 8)}" height="${coordinate(bottom - top + 8)}"/></clipPath>`,
  );
  parts.push(`<g clip-path="url(#panel)">`);
  for (const line of [...coloured].sort((a, b) => Number(b.faint ?? false) - Number(a.faint ?? false))) {
    parts.push(drawLine(line, xAt, yAt));
  }
  parts.push("</g>");

  const ends = named.map((line, index) => {
    const last = line.y.findLastIndex(Number.isFinite);
    const y = Math.min(bottom, Math.max(top, yAt(line.y[last] as number)));
    return { text: labels[index] as string, colour: line.colour, x: xAt(line.x[last] as number), y };
  });
  // A line that is the furthest keeps its name at its end while a run goes; the others have theirs in the margin.
  const furthest = Math.max(...ends.map((end) => end.x));
  const inMargin = ends.map((end) => end.x < furthest - 1 || furthest > width - right - 60);
  const few = named.length <= 8;
  const placed = spread(
    ends.map((end) => (few ? end.y : top)),
    labelSize + 2,
    top,
    bottom,
  );
  for (const [index, end] of ends.entries()) {
    const x = inMargin[index] === true || !few ? width - right : end.x;
    parts.push(svgText(x + 6, (placed[index] as number) + 4, end.text, { size: labelSize, colour: end.colour, bold: true }));
  }
  if (named.length === 0) {
    parts.push(
      svgText((left + width - right) / 2, (top + bottom) / 2, options.empty ?? "nothing to draw yet", {
        size: 13,
        anchor: "middle",
        colour: ink,
      }),
    );
  }
  return { width, height, body: parts.join("") };
}

/** Drawings side by side, wrapped to rows of at most `maximum` pixels. */
export function sideBySide(drawings: readonly Drawing[], options: { gap?: number; maximum?: number } = {}): Drawing {
  const gap = options.gap ?? 16;
  const maximum = options.maximum ?? 900;
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  let width = 0;
  const parts: string[] = [];
  for (const drawing of drawings) {
    if (x > 0 && x + drawing.width > maximum) {
      x = 0;
      y += rowHeight + gap;
      rowHeight = 0;
    }
    // A nested document of its own, so that ids such as the clip path's do not meet.
    parts.push(
      `<g transform="translate(${x} ${y})">${drawing.body.replaceAll("#panel", `#p${parts.length}`).replaceAll(`id="panel"`, `id="p${parts.length}"`)}</g>`,
    );
    x += drawing.width + gap;
    width = Math.max(width, x - gap);
    rowHeight = Math.max(rowHeight, drawing.height);
  }
  return { width, height: y + rowHeight, body: parts.join("") };
}

function horizontalAxis(series: readonly Series[], options: LineChartOptions, width: number): Axis {
  const values = series.flatMap((line) => [...line.x]).filter(Number.isFinite);
  const [minimum, maximum] = options.xRange ?? [minimumOf(values), maximumOf(values)];
  const axis = linearAxis(minimum, maximum, {
    tight: true,
    count: Math.max(2, Math.round(width / 80)),
    integer: options.integerX ?? false,
  });
  return axis;
}

/**
 * The y range: everything that is labelled, but of the raw values only the middle 98 %: one wild first step must not press
 * the rest of the curve flat.
 */
function verticalAxis(series: readonly Series[], options: LineChartOptions): Axis {
  if (options.yRange !== undefined) return linearAxis(options.yRange[0], options.yRange[1], { tight: true });
  const shown = series
    .filter((line) => line.faint !== true)
    .flatMap((line) => [...line.y])
    .filter(Number.isFinite);
  const raw = series
    .filter((line) => line.faint === true)
    .flatMap((line) => [...line.y])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const values = shown.concat(raw.slice(Math.floor(raw.length * 0.01), Math.max(1, Math.ceil(raw.length * 0.99))));
  if (values.length === 0) return linearAxis(0, 1);
  const minimum = minimumOf(values);
  const maximum = maximumOf(values);
  // Zero belongs on the axis when it is not far away: a loss reads against it.
  return linearAxis(minimum > 0 && minimum < maximum * 0.6 ? 0 : minimum, maximum);
}

/** The axes of the chart: for another drawing of the same lines that is to be seen in its place. */
export function chartAxes(series: readonly Series[], options: LineChartOptions): { readonly horizontal: Axis; readonly vertical: Axis } {
  return { horizontal: horizontalAxis(series, options, options.width ?? 420), vertical: verticalAxis(series, options) };
}

function drawLine(line: Series & { colour: string }, xAt: (value: number) => number, yAt: (value: number) => number): string {
  let path = "";
  let pen = false;
  const dots: string[] = [];
  const isolated = line.y.filter(Number.isFinite).length === 1;
  for (const [index, value] of line.y.entries()) {
    const x = line.x[index] ?? NaN;
    if (!Number.isFinite(value) || !Number.isFinite(x)) {
      pen = false;
      continue;
    }
    const limited = Math.max(-1e5, Math.min(1e5, yAt(value)));
    path += `${pen ? "L" : "M"}${coordinate(xAt(x))} ${coordinate(limited)}`;
    pen = true;
    if ((line.dots === true && line.y.length <= 60) || isolated)
      dots.push(`<circle cx="${coordinate(xAt(x))}" cy="${coordinate(limited)}" r="${line.dashed === true ? 3.2 : 2.6}"/>`);
  }
  const stroke = line.faint === true ? `stroke-width="1" stroke-opacity="0.35"` : `stroke-width="2"`;
  const dash = line.dashed === true ? ` stroke-dasharray="6 4"` : "";
  const circles = dots.length === 0 ? "" : `<g fill="${line.colour}">${dots.join("")}</g>`;
  return `<path d="${path}" fill="none" stroke="${line.colour}" stroke-linejoin="round" ${stroke}${dash}/>${circles}`;
}

/** Moves labels apart so that none is nearer than `distance` to the next, keeping their order and the panel's bounds. */
export function spread(positions: readonly number[], distance: number, minimum: number, maximum: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] as number) - (positions[b] as number) || a - b);
  const placed = [...positions];
  let previous = -Infinity;
  for (const index of order) {
    previous = Math.max(placed[index] as number, previous + distance, minimum);
    placed[index] = previous;
  }
  let limit = maximum;
  for (const index of order.reverse()) {
    if ((placed[index] as number) > limit) placed[index] = limit;
    limit = (placed[index] as number) - distance;
  }
  return placed;
}

function minimumOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function maximumOf(values: readonly number[]): number {
  return values.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
}
