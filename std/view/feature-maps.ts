import { LamellaError } from "../errors.js";
import { formatShape, type Shape, type TypedArray } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { MimeBundle } from "./bundle.js";
import type { ColourMapName } from "./colours.js";
import { mosaic, type Tile } from "./mosaic.js";
import { formatNumber, plural } from "./numbers.js";
import { pictureBundle } from "./picture.js";
import { rangeOf, statisticsOf, statisticsText } from "./statistics.js";
import type { ViewOptions } from "./views.js";

/** Maps shown before the view says how many there are more; AlexNet's widest layer has 384. */
const usualLimit = 512;

/**
 * The channels of a layer's output as pictures, in reading order: bright is high, magenta is NaN.
 * @param maps height x width x channels, or a batch of one of them (of a larger batch the first is shown).
 * @param options `columns`, `limit`, `scale: "all"` to compare the maps with one another.
 * @throws LamellaError when the tensor has no such shape.
 */
export function featureMaps(maps: Tensor, options: ViewOptions = {}): MimeBundle {
  const { shape } = maps;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new LamellaError(`feature maps are height x width x channels, but this tensor is ${formatShape(shape)}`);
  }
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  const data = maps.data;
  const batch = shape.length === 4 ? (shape[0] as number) : 1;
  const first = data.subarray(0, height * width * channels);
  const shown = Math.min(channels, options.limit ?? usualLimit);
  const whole = rangeOf(first);
  const shared = options.scale === "all";
  let constant = 0;
  const tiles = Array.from({ length: shown }, (_, channel): Tile => {
    const at = (row: number, column: number): number => first[(row * width + column) * channels + channel] as number;
    const range = rangeOf(everyChannelth(first, channel, channels));
    if (range[0] === range[1]) constant++;
    return { width, height, at, range: shared ? whole : range };
  });
  const name = options.title ?? "";
  const caption = [
    `${name === "" ? "" : `${name}: `}${plural(channels, "map")} of ${formatShape([height, width])}`,
    ...(shown < channels ? [`the first ${shown} shown`] : []),
    ...(batch > 1 ? [`of the first of ${batch} examples`] : []),
    shared
      ? `all from ${formatNumber(whole[0], 3)} (dark) to ${formatNumber(whole[1], 3)} (bright)`
      : "each from its least (dark) to its greatest value (bright)",
    ...(constant > 0 ? [`${constant} ${constant === 1 ? "is" : "are"} constant`] : []),
  ].join(", ");
  const drawing = mosaic(tiles, {
    colours: "viridis",
    tileSize: shown > 128 ? 32 : shown > 16 ? 64 : 112,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  return pictureBundle(drawing, `${caption}\n${statisticsText(statisticsOf(first))}`, { caption });
}

/**
 * The weights of a convolution, kernel height x kernel width x inputs x outputs: filters over three colours as colour
 * pictures; over one channel as grey; else a row of the first inputs for each output. Blue is negative, orange positive.
 */
export function filters(weights: Tensor, options: ViewOptions = {}): MimeBundle {
  const { shape } = weights;
  if (shape.length !== 4)
    throw new LamellaError(
      `the weights of a convolution are kernel height x kernel width x inputs x outputs, but this tensor is ${formatShape(shape)}`,
    );
  const [height, width, inputs, outputs] = shape as readonly [number, number, number, number];
  const data = weights.data;
  const value = (row: number, column: number, input: number, output: number): number =>
    data[((row * width + column) * inputs + input) * outputs + output] as number;
  const statistics = statisticsOf(data);
  const most = Math.max(Math.abs(statistics.minimum), Math.abs(statistics.maximum));
  const symmetric: [number, number] = Number.isFinite(most) ? [-most, most] : [-1, 1];
  const colour = inputs === 3 && height > 1;
  const shownOutputs = Math.min(outputs, options.limit ?? (colour || inputs === 1 ? 256 : 16));
  const shownInputs = colour ? 1 : Math.min(inputs, inputs === 1 ? 1 : 16);
  const tiles: Tile[] = [];
  for (let output = 0; output < shownOutputs; output++) {
    for (let input = 0; input < shownInputs; input++) {
      const own = colour ? rangeOf(filterValues(data, output, outputs)) : symmetric;
      tiles.push({ width, height, at: (row, column, channel) => value(row, column, colour ? channel : input, output), range: own });
    }
  }
  const name = options.title === undefined ? "" : `${options.title}: `;
  const caption = [
    `${name}${plural(outputs, "filter")} of ${formatShape([height, width, inputs])}`,
    ...(shownOutputs < outputs ? [`the first ${shownOutputs} shown`] : []),
    ...(shownInputs < inputs && !colour
      ? [`a row for each filter, its first ${shownInputs} inputs`]
      : shownInputs > 1
        ? ["a row for each filter, a column for each input"]
        : []),
    colour ? "inputs 0, 1, 2 as red, green, blue" : `blue below zero, orange above, to ±${formatNumber(most, 3)}`,
  ].join(", ");
  const columns = options.columns ?? (shownInputs > 1 ? shownInputs : undefined);
  const drawing = mosaic(tiles, {
    colours: colour ? "rgb" : ("diverging" satisfies ColourMapName),
    tileSize: shownInputs > 1 ? 32 : 56,
    ...(columns === undefined ? {} : { columns }),
  });
  return pictureBundle(drawing, `${caption}\n${statisticsText(statistics)}`, { caption });
}

/** True for what is more likely a convolution's weights than a batch of images. */
export function looksLikeFilters(shape: Shape): boolean {
  return shape.length === 4 && (shape[0] as number) <= 15 && shape[0] === shape[1];
}

function* everyChannelth(data: TypedArray, channel: number, channels: number): Generator<number> {
  for (let index = channel; index < data.length; index += channels) yield data[index] as number;
}

function* filterValues(data: TypedArray, output: number, outputs: number): Generator<number> {
  for (let index = output; index < data.length; index += outputs) yield data[index] as number;
}
