import { formatShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { attentionMaps } from "./attention.js";
import type { MimeBundle } from "./bundle.js";
import { colourStops, ink } from "./colours.js";
import { escapeHtml } from "./escape.js";
import { featureMaps, filters, looksLikeFilters } from "./feature-maps.js";
import { htmlTable } from "./html-table.js";
import { imageGrid } from "./image-grid.js";
import { mosaic } from "./mosaic.js";
import { formatNumber } from "./numbers.js";
import { coordinate, imageElement, svgText, type Drawing } from "./picture.js";
import { statisticsOf, statisticsText } from "./statistics.js";
import { textTable } from "./text-table.js";
import { selfShowing, type ViewOptions } from "./views.js";

/** The largest matrix whose numbers are printed rather than painted. */
const numbersLimit = 12;

/**
 * A tensor as what it most likely is: few numbers as numbers, a matrix as a heat map, height x width x 1 or 3 as a picture
 * (a batch of them as a grid), other height x width x channels as feature maps. `as` chooses another view.
 */
export function tensorView(value: Tensor, options: ViewOptions = {}): MimeBundle {
  return selfShowing(viewOfTensor(value, options));
}

function viewOfTensor(value: Tensor, options: ViewOptions): MimeBundle {
  if (value.symbolic) return { "text/plain": `${titleOf(value, options)}, a value to come (inside trace)` };
  if (value.size === 0) return { "text/plain": `${titleOf(value, options)}, empty` };
  const { shape } = value;
  switch (options.as ?? ("heads" in options ? "attention" : usualView(value))) {
    case "attention":
      return attentionMaps(value, options);
    case "heatmap":
      return heatMap(value, options);
    case "image":
    case "images":
      return imageGrid(value, options);
    case "maps":
      return featureMaps(value, options);
    case "filters":
    case "weights":
      return filters(value, options);
    case "values":
      return valuesView(value, options);
    default:
      return shape.length <= 2 ? valuesView(value, options) : summaryView(value, options);
  }
}

function usualView({ shape, dtype }: Tensor): string {
  const [height = 1, width = 1] = shape.slice(-3);
  const channels = shape.at(-1) ?? 1;
  if (shape.length <= 1) return "values";
  if (shape.length === 2) return (shape[0] as number) <= numbersLimit && (shape[1] as number) <= numbersLimit ? "values" : "heatmap";
  if ((shape.length === 3 || shape.length === 4) && dtype !== "bool") {
    if ((channels === 1 || channels === 3) && height >= 5 && width >= 5) return "image";
    if (looksLikeFilters(shape)) return shape[0] === 1 ? "heatmap" : "filters";
    return height >= 2 && width >= 2 && (shape.length === 3 || shape[0] === 1) ? "maps" : "summary";
  }
  return "summary";
}

function titleOf({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string }, options: ViewOptions = {}): string {
  return `${options.title === undefined ? "" : `${options.title}: `}${shape.length === 0 ? "scalar" : `tensor ${formatShape(shape)}`} ${dtype}`;
}

/** Numbers, right-aligned; a long vector as its beginning and end. */
function valuesView(value: Tensor, options: ViewOptions): MimeBundle {
  const { shape, data, dtype } = value;
  const format = (number: number): string => (dtype === "bool" ? (number === 0 ? "false" : "true") : formatNumber(number));
  const head = titleOf(value, options);
  if (shape.length === 0) return { "text/plain": `${format(data[0] as number)} (${head})` };
  if (shape.length > 2) return summaryView(value, options);
  const columns = shape.at(-1) as number;
  const rows = shape.length === 1 ? 1 : (shape[0] as number);
  const [keptRows, keptColumns] = [kept(rows), kept(columns)];
  const cells = keptRows.map((row) =>
    row === null
      ? keptColumns.map(() => "⋮")
      : keptColumns.map((column) => (column === null ? "…" : format(data[row * columns + column] as number))),
  );
  const statistics = value.size > 4 && dtype !== "bool" ? statisticsText(statisticsOf(data)) : "";
  const aligned = keptColumns.map(() => ({ title: "", align: "right" as const }));
  const text = keptColumns.length === 1 ? cells.map((row) => row[0]).join("\n") : textTable(aligned, cells);
  const caption = [head, statistics].filter((part) => part !== "").join(", ");
  return {
    "text/plain": `${caption}\n${text}`,
    "text/html": `<div style="opacity:0.75;font-size:90%">${escapeHtml(caption)}</div>${htmlTable(aligned, keptColumns.length === 1 ? cells.map((row) => [row[0] as string]) : cells)}`,
  };
}

function summaryView(value: Tensor, options: ViewOptions): MimeBundle {
  const first = Array.from(value.data.subarray(0, 8), (number) => formatNumber(number)).join(" ");
  return { "text/plain": `${titleOf(value, options)}, ${statisticsText(statisticsOf(value.data))}\n${first}${value.size > 8 ? " …" : ""}` };
}

/** A matrix in colours: from dark to bright, or from blue through white to orange when it has both signs. Magenta is NaN. */
function heatMap(value: Tensor, options: ViewOptions): MimeBundle {
  const { shape, data } = value;
  const width = shape.at(-1) as number;
  const height = value.size / width;
  const statistics = statisticsOf(data);
  const signed = statistics.minimum < 0 && statistics.maximum > 0;
  const most = Math.max(Math.abs(statistics.minimum), Math.abs(statistics.maximum));
  const range: [number, number] = statistics.finite === 0 ? [0, 1] : signed ? [-most, most] : [statistics.minimum, statistics.maximum];
  const colours = signed ? "diverging" : "viridis";
  // A long matrix would be a line a few pixels thin: its short side is stretched.
  const [tall, wide] = [Math.max(1, Math.floor(width / height / 16)), Math.max(1, Math.floor(height / width / 16))];
  const at = (row: number, column: number): number => data[Math.floor(row / tall) * width + Math.floor(column / wide)] as number;
  const picture = mosaic([{ width: width * wide, height: height * tall, at, range }], {
    colours,
    tileSize: Math.min(480, Math.max(160, Math.max(width, height) * 12)),
  });
  const caption = [titleOf(value, options), statisticsText(statistics)].join(", ");
  const drawing = withColourBar(picture, colourStops(colours), range);
  return {
    "text/plain": caption,
    "text/html": `<div>${imageElement(drawing, caption)}<div style="opacity:0.75;font-size:90%">${escapeHtml(caption)}</div></div>`,
  };
}

function withColourBar(picture: Drawing, stops: readonly string[], [low, high]: readonly [number, number]): Drawing {
  const top = 8;
  const height = Math.max(picture.height, 60);
  const x = picture.width + 14;
  const gradient = stops
    .map((stop, index) => `<stop offset="${coordinate((1 - index / (stops.length - 1)) * 100)}%" stop-color="${stop}"/>`)
    .reverse();
  const bar = [
    `<linearGradient id="bar" x1="0" y1="0" x2="0" y2="1">${gradient.join("")}</linearGradient>`,
    `<rect x="${x}" y="${top}" width="12" height="${height - 2 * top}" fill="url(#bar)"/>`,
    svgText(x + 18, top + 9, formatNumber(high, 3), { size: 11, colour: ink }),
    svgText(x + 18, height - top, formatNumber(low, 3), { size: 11, colour: ink }),
  ];
  return { width: picture.width + 90, height, body: picture.body + bar.join("") };
}

/** All positions, or the first six and last three with a null between. */
function kept(extent: number): (number | null)[] {
  const all = Array.from({ length: extent }, (_, index) => index);
  return extent <= numbersLimit ? all : [...all.slice(0, 6), null, ...all.slice(-3)];
}
