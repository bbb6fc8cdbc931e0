import { LamellaError } from "../errors.js";
import { formatShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import { mosaic, type Tile } from "./mosaic.js";
import { formatNumber, plural } from "./numbers.js";
import { pictureBundle } from "./picture.js";
import { rangeOf, statisticsOf, statisticsText } from "./statistics.js";
import type { ViewOptions } from "./views.js";

/**
 * Attention weights, a picture for each head: a row is a position that looks, a column one that is looked at, bright is much.
 * @param weights heads x T x S, T x S, or a batch of one (of a larger batch the first is shown).
 * @param options `heads`: "all" (the default), the index of one, or a list of indices; `columns`.
 * @throws LamellaError when the tensor has no such shape, or no such head.
 */
export function attentionMaps(weights: Tensor, options: ViewOptions = {}): MimeBundle {
  const { shape } = weights;
  if (shape.length < 2 || shape.length > 4)
    throw new LamellaError(`attention weights are heads x T x S, but this tensor is ${formatShape(shape)}`);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const heads = shape.length === 2 ? 1 : (shape.at(-3) as number);
  const data = weights.data.subarray(0, heads * rows * columns);
  const chosen = chosenHeads(options["heads"], heads);
  const [, high] = rangeOf(data);
  const tiles = chosen.map((head): Tile => {
    const at = (row: number, column: number): number => data[(head * rows + row) * columns + column] as number;
    return { width: columns, height: rows, at, range: [0, high > 0 ? high : 1], caption: heads > 1 ? [`head ${head}`] : [] };
  });
  const batch = shape.length === 4 && (shape[0] as number) > 1 ? `, of the first of ${shape[0]} examples` : "";
  const caption = `${options.title === undefined ? "" : `${options.title}: `}${plural(chosen.length, "head")} of ${formatShape([rows, columns])}, a row looks at the columns, from 0 (dark) to ${formatNumber(high, 3)} (bright)${batch}`;
  const drawing = mosaic(tiles, {
    colours: "viridis",
    tileSize: chosen.length > 4 ? 140 : 240,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  return pictureBundle(drawing, `${caption}\n${statisticsText(statisticsOf(data))}`, { caption });
}

function chosenHeads(wanted: unknown, heads: number): readonly number[] {
  const all = Array.from({ length: heads }, (_, head) => head);
  if (wanted === undefined || wanted === "all" || wanted === true) return all;
  const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const bad = list.find((head) => !all.includes(head as number));
  if (bad !== undefined) throw new LamellaError(`heads are "all", one or a list of 0 to ${heads - 1}, but ${JSON.stringify(bad)} arrived`);
  return list as readonly number[];
}
