import type { Dataset } from "../data/dataset.js";
import { formatShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import { escapeHtml } from "./escape.js";
import { htmlTable } from "./html-table.js";
import { imageGrid } from "./image-grid.js";
import { formatCount, formatNumber } from "./numbers.js";
import { textTable } from "./text-table.js";
import { htmlOf, selfShowing, type ViewOptions } from "./views.js";

/** A data set: its description, then its first examples, as pictures where they are, else as a table of their columns. */
export function datasetView(dataset: Dataset, options: ViewOptions = {}): MimeBundle {
  return selfShowing(viewOfDataset(dataset, options));
}

function viewOfDataset(dataset: Dataset, options: ViewOptions): MimeBundle {
  const names = Object.keys(dataset.columns);
  const count = Math.min(dataset.size, options.limit ?? 20);
  const title = { "text/plain": dataset.description, "text/html": `<div>${escapeHtml(dataset.description)}</div>` };
  if (count === 0 || names.length === 0) return title;
  const batch = dataset.batch(Array.from({ length: count }, (_, index) => index));
  const first = dataset.columns[names[0] as string];
  const pictures =
    first !== undefined &&
    first.shape.length >= 2 &&
    first.shape.length <= 3 &&
    (first.shape.length === 2 || [1, 3].includes(first.shape[2] as number));
  if (pictures && (first.shape[0] as number) > 4) {
    const target = dataset.columns[names.at(-1) as string];
    const labelled = names.length > 1 && target?.shape.length === 0;
    const grid = imageGrid(batch[names[0] as string] as Tensor, {
      caption: count < dataset.size ? `the first ${count} of ${formatCount(dataset.size)}` : `all ${formatCount(count)}`,
      ...options,
      limit: count,
      ...(labelled ? { labels: batch[names.at(-1) as string] as Tensor } : {}),
      ...(dataset.classes === null ? {} : { classes: dataset.classes }),
    });
    return {
      ...grid,
      "text/plain": `${title["text/plain"]}\n${grid["text/plain"]}`,
      "text/html": title["text/html"] + htmlOf(grid),
    };
  }
  const rows = Array.from({ length: Math.min(count, 10) }, (_, index) =>
    names.map((name) => {
      const column = batch[name] as Tensor;
      const size = column.size / Math.max(1, column.shape[0] ?? 1);
      const values = Array.from(column.data.subarray(index * size, index * size + Math.min(size, 6)), (value) => formatNumber(value));
      const text = `${values.join(" ")}${size > 6 ? " …" : ""}`;
      const className = size === 1 && name === names.at(-1) ? dataset.classes?.[Number(values[0])] : undefined;
      return className === undefined || className === text ? text : `${text} (${className})`;
    }),
  );
  const columns = names.map((name) => ({ title: `${name} ${formatShape(dataset.columns[name]?.shape ?? [])}`.replace(" scalar", "") }));
  return {
    "text/plain": `${title["text/plain"]}\n${textTable(columns, rows)}`,
    "text/html": title["text/html"] + htmlTable(columns, rows),
  };
}
