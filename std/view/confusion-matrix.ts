import { LamellaError } from "../errors.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import { ink, textOn, tint, wrongColour } from "./colours.js";
import { formatCount, formatPercent } from "./numbers.js";
import { coordinate, estimateWidth, pictureBundle, svgText } from "./picture.js";
import { clip, textTable } from "./text-table.js";
import type { ViewOptions } from "./views.js";

type Labels = readonly number[] | Int32Array | Tensor;

/**
 * How often each class was taken for each: a row per true class, a column per predicted one, shaded by the share of the row.
 * @throws LamellaError when the lists differ in length or hold something that is not a class index.
 */
export function confusionMatrix(labels: Labels, predictions: Labels, options: ViewOptions = {}): MimeBundle {
  const [truth, said] = [indicesOf(labels), indicesOf(predictions)];
  if (truth.length !== said.length)
    throw new LamellaError(
      `a confusion matrix compares as many labels as predictions, but ${truth.length} labels and ${said.length} predictions arrived`,
    );
  const highest = [...truth, ...said].reduce((most, index) => Math.max(most, index), -1);
  const bad = [...truth, ...said].find((index) => !Number.isInteger(index) || index < 0);
  if (bad !== undefined) throw new LamellaError(`labels are class indices from 0, but ${bad} arrived`);
  const classes = Math.max(highest + 1, options.classes?.length ?? 0);
  const names = Array.from({ length: classes }, (_, index) => options.classes?.[index] ?? String(index));
  const counts = names.map(() => new Array<number>(classes).fill(0));
  for (const [index, row] of truth.entries()) {
    const cells = counts[row] as number[];
    const column = said[index] as number;
    cells[column] = (cells[column] as number) + 1;
  }
  const right = counts.reduce((sum, row, index) => sum + (row[index] as number), 0);
  const caption =
    truth.length === 0
      ? "no examples"
      : `${formatCount(right)} of ${formatCount(truth.length)} right (${formatPercent(right / truth.length)}); rows are what it was, columns what was said`;
  const table = textTable(
    [{ title: "" }, ...names.map((title) => ({ title: clip(title, 12), align: "right" as const }))],
    counts.map((row, index) => [clip(names[index] as string, 20), ...row.map((count) => (count === 0 ? "." : String(count)))]),
  );
  const title = options.title === undefined ? "" : `${options.title}: `;
  return pictureBundle(draw(counts, names), classes > 40 ? title + caption : `${title}${caption}\n${table}`, { caption: title + caption });
}

function draw(counts: readonly (readonly number[])[], names: readonly string[]): { width: number; height: number; body: string } {
  const classes = names.length;
  const cell = classes <= 12 ? 36 : Math.max(3, Math.floor(480 / classes));
  const labelled = cell >= 11;
  const shownNames = names.map((name) => clip(name, 14));
  const nameWidth = labelled ? Math.max(12, ...shownNames.map((name) => estimateWidth(name, 11))) : 0;
  const tilted = labelled && nameWidth > cell - 4;
  const left = nameWidth + 26;
  const top = (tilted ? nameWidth * 0.75 + 12 : 16) + 20;
  const parts: string[] = [];
  parts.push(
    `<rect x="${coordinate(left)}" y="${coordinate(top)}" width="${classes * cell - 1}" height="${classes * cell - 1}" fill="#f4f4f4"/>`,
  );
  for (const [row, cells] of counts.entries()) {
    const total = cells.reduce((sum, count) => sum + count, 0);
    for (const [column, count] of cells.entries()) {
      if (count === 0) continue;
      const share = total === 0 ? 0 : count / total;
      const [x, y] = [left + column * cell, top + row * cell];
      // Never empty where there is one mistake: it would not be seen in a row of a thousand.
      const colour = tint(row === column ? "#2f7fc9" : wrongColour, 0.12 + 0.88 * share);
      parts.push(`<rect x="${coordinate(x)}" y="${coordinate(y)}" width="${cell - 1}" height="${cell - 1}" fill="${colour}"/>`);
      if (cell >= 24)
        parts.push(
          svgText(x + (cell - 1) / 2, y + cell / 2 + 4, String(count), {
            size: count > 9999 ? 9 : 11,
            anchor: "middle",
            colour: textOn(colour),
            bold: row !== column,
          }),
        );
    }
  }
  for (const [index, name] of labelled ? shownNames.entries() : []) {
    const middle = index * cell + cell / 2;
    parts.push(svgText(left - 6, top + middle + 4, name, { size: 11, anchor: "end", colour: ink }));
    if (tilted) parts.push(svgText(left + middle, top - 6, name, { size: 11, colour: ink, rotate: -45 }));
    else parts.push(svgText(left + middle, top - 6, name, { size: 11, anchor: "middle", colour: ink }));
  }
  parts.push(svgText(left, 12, "said", { size: 12, bold: true, colour: ink }));
  parts.push(svgText(12, top + (classes * cell) / 2, "was", { size: 12, bold: true, colour: ink, rotate: -90, anchor: "middle" }));
  return {
    width: Math.ceil(left + classes * cell + (tilted ? nameWidth * 0.75 : 8)),
    height: Math.ceil(top + classes * cell + 4),
    body: parts.join(""),
  };
}

function indicesOf(labels: Labels): number[] {
  return Array.from("data" in labels ? labels.data : labels);
}
