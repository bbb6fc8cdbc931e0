import { LamellaError } from "../errors.js";
import { formatShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import { mosaic, type Tile } from "./mosaic.js";
import { plural } from "./numbers.js";
import { pictureBundle } from "./picture.js";
import { rangeOf } from "./statistics.js";
import type { ViewOptions } from "./views.js";

export interface ImageGridOptions extends ViewOptions {
  /** The class of each image: indices (into `classes` where given), or texts. */
  readonly labels?: readonly (number | string)[] | Tensor;
  /** What a network said of each, in the same form. Where it differs from the label the tile is framed and says both. */
  readonly predictions?: readonly (number | string)[] | Tensor;
  /** How sure it was of what it said, each from 0 to 1. */
  readonly probabilities?: readonly number[] | Tensor;
  /** The images are mistakes all of them: none is framed, each says what was said and what it was. */
  readonly onlyMistakes?: boolean;
  /** Below the grid, in place of the number and size of the images. */
  readonly caption?: string;
}

/** Images the grid shows before it says how many there are more. */
const usualLimit = 64;

/**
 * Images in a grid, labels and predictions under them.
 * @param images N x height x width x 1 (or x 3), or height x width, or height x width x 1 or 3 for a single one. Numbers
 * from 0 to 1, or `u8`; other ranges are stretched to their own.
 * @throws LamellaError when the shape is not one of images.
 */
export function imageGrid(images: Tensor, options: ImageGridOptions = {}): MimeBundle {
  const batch = imageBatch(images);
  const shown = Math.min(batch.count, Math.max(0, options.limit ?? usualLimit));
  const labels = namesOf(options.labels, options.classes);
  const predictions = namesOf(options.predictions, options.classes);
  const probabilities = options.probabilities === undefined ? null : numbersOf(options.probabilities);
  const range = imageRange(images);
  let wrong = 0;
  const tiles = Array.from({ length: shown }, (_, index): Tile => {
    const label = labels?.[index];
    const said = predictions?.[index];
    const sure = probabilities?.[index];
    const mistaken = label !== undefined && said !== undefined && label !== said;
    if (mistaken) wrong++;
    const certainty = sure === undefined ? "" : `, ${Number.isFinite(sure) ? `${Math.floor(sure * 100)} %` : "?"}`;
    const lines = captionLines(label, said === undefined ? undefined : said + certainty, mistaken, options.onlyMistakes === true);
    return { ...batch.tile(index), range, caption: lines, wrong: mistaken && options.onlyMistakes !== true };
  });
  const count = plural(batch.count, "image");
  const size = formatShape([batch.height, batch.width, batch.channels]);
  const rest = shown < batch.count ? `, the first ${shown} shown` : "";
  const compared = labels !== null && predictions !== null ? `, ${wrong === 0 ? "none" : wrong} of these wrong (framed, ✗)` : "";
  const content = `${count} of ${size}${rest}${compared}`;
  const caption =
    options.caption ??
    (options.title === undefined ? content : options.onlyMistakes === true ? options.title : `${options.title}: ${content}`);
  const listed = (names: readonly string[] | null, name: string): string =>
    names === null ? "" : `\n${name}: ${names.slice(0, Math.min(shown, 32)).join(" ")}${shown > 32 ? " …" : ""}`;
  const drawing = mosaic(tiles, {
    colours: batch.channels === 3 ? "rgb" : "grey",
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  return pictureBundle(drawing, `${caption}${listed(labels, "labels")}${listed(predictions, "predictions")}`, { caption });
}

/** The lines under a tile: its label, or what was said of it and, where that is wrong, what it was. */
function captionLines(label: string | undefined, said: string | undefined, mistaken: boolean, plain: boolean): string[] {
  if (said === undefined) return label === undefined ? [] : [label];
  if (label === undefined) return [said];
  if (!mistaken) return [`✓ ${said}`];
  return [plain ? `said ${said}` : `✗ ${said}`, `was ${label}`];
}

/** A tensor as images, however many axes it has. */
function imageBatch(images: Tensor): {
  count: number;
  height: number;
  width: number;
  channels: number;
  tile(index: number): Omit<Tile, "range">;
} {
  const { shape, data } = images;
  const last = shape.at(-1) ?? 0;
  const layouts: Record<number, readonly [number, number, number, number] | null> = {
    2: [1, shape[0] ?? 0, shape[1] ?? 0, 1],
    3: last === 1 || last === 3 ? [1, shape[0] ?? 0, shape[1] ?? 0, last] : [shape[0] ?? 0, shape[1] ?? 0, last, 1],
    4: last === 1 || last === 3 ? [shape[0] ?? 0, shape[1] ?? 0, shape[2] ?? 0, last] : null,
  };
  const layout = layouts[shape.length] ?? null;
  if (layout === null) {
    throw new LamellaError(
      `an image grid shows height x width x 1 or x 3, one or a batch of them, but this tensor is ${formatShape(shape)}; for the channels of a layer show it as "maps"`,
    );
  }
  const [count, height, width, channels] = layout;
  return {
    count,
    height,
    width,
    channels,
    tile: (index) => {
      const offset = index * height * width * channels;
      return {
        width,
        height,
        at: (row, column, channel) => data[offset + (row * width + column) * channels + (channels === 1 ? 0 : channel)] as number,
      };
    },
  };
}

/** [0, 1] and [0, 255] keep their meaning; anything else is stretched to its own range. */
function imageRange(images: Tensor): [number, number] {
  const [low, high] = rangeOf(images.data);
  if (images.dtype === "u8") return [0, 255];
  if (low >= 0 && high <= 1) return [0, 1];
  if (low >= -1 && high <= 1) return [-1, 1];
  if (low >= 0 && high <= 255 && high > 100) return [0, 255];
  return [low, high];
}

function numbersOf(values: readonly number[] | Tensor): readonly number[] {
  return Array.isArray(values) ? values : Array.from((values as Tensor).data);
}

function namesOf(
  values: readonly (number | string)[] | Tensor | undefined,
  classes: readonly string[] | undefined,
): readonly string[] | null {
  if (values === undefined) return null;
  const list = Array.isArray(values) ? (values as readonly (number | string)[]) : Array.from((values as Tensor).data);
  return list.map((value) => (typeof value === "string" ? value : (classes?.[value] ?? String(value))));
}
