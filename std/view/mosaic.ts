import { gapIndex, ink, lastIndex, nanIndex, paletteOf, wrongColour, type ColourMapName } from "./colours.js";
import { coordinate, estimateWidth, svgText, type Drawing } from "./picture.js";
import { pngDataUri } from "./png.js";
import { clip } from "./text-table.js";

/** A small picture: one plane of numbers through a colour map, or three planes of red, green and blue in [0, 1]. */
export interface Tile {
  readonly width: number;
  readonly height: number;
  /** The value at a row and column; `channel` is 0 for a plane, 0 to 2 for colours. */
  at(row: number, column: number, channel: number): number;
  readonly range: readonly [number, number];
  /** Lines of text under the tile. */
  readonly caption?: readonly string[];
  /** Framed, and its caption drawn bold in a warning colour: never the colour alone. */
  readonly wrong?: boolean;
}

export interface MosaicOptions {
  readonly columns?: number;
  readonly colours: ColourMapName | "rgb";
  /** The width of the whole in CSS pixels, at most. */
  readonly width?: number;
  /** The size a tile's longer side is magnified to; default about 64. */
  readonly tileSize?: number;
}

/** PNG pixels of one mosaic: past it, tiles are averaged down. */
const pixelBudget = 800_000;
const captionSize = 11;
const lineHeight = 14;

/** Tiles in rows as one PNG inside one SVG that carries the captions: one image element, whatever the number of tiles. */
export function mosaic(tiles: readonly Tile[], options: MosaicOptions): Drawing {
  const width = options.width ?? 900;
  const tileHeight = Math.max(1, ...tiles.map((tile) => tile.height));
  const tileWidth = Math.max(1, ...tiles.map((tile) => tile.width));
  const lines = Math.max(0, ...tiles.map((tile) => tile.caption?.length ?? 0));
  const captionWidth = Math.min(140, Math.max(0, ...tiles.flatMap((tile) => (tile.caption ?? []).map((text) => boldWidth(text)))));

  const target = options.tileSize ?? (tiles.length === 1 ? 224 : 64);
  const longest = Math.max(tileWidth, tileHeight);
  // Small pictures are magnified by a whole number, so that every pixel stays a sharp square.
  let scale = longest <= target ? Math.floor(target / longest) : longest <= target * 2 ? 1 : (target * 2) / longest;
  // Where captions make the cells wide anyway, the tiles fill them.
  if (scale >= 1 && options.tileSize === undefined) scale = Math.max(scale, Math.round(captionWidth / tileWidth));
  const gap = tiles.length === 1 ? 0 : 6;
  const fitting = Math.max(1, Math.floor((width + gap) / (Math.max(tileWidth * scale, captionWidth) + gap)));
  const wanted =
    options.columns === undefined ? balanced(tiles.length, fitting) : Math.max(1, Math.min(tiles.length || 1, Math.floor(options.columns)));
  // More columns than fit: smaller tiles.
  if (wanted > fitting) scale = Math.min(scale, Math.max(8, (width + gap) / wanted - gap) / tileWidth);
  const columns = wanted;
  const rows = Math.ceil(tiles.length / columns);

  const reduce = Math.max(1, Math.ceil(Math.sqrt((tiles.length * tileWidth * tileHeight) / pixelBudget)), Math.floor(1 / scale / 2));
  const pixel = scale * reduce; // CSS pixels a PNG pixel takes
  const cellWidth = Math.ceil(Math.max(Math.ceil(tileWidth / reduce) * pixel, wanted > fitting ? 0 : captionWidth) / pixel + gap / pixel);
  const cellHeight = Math.ceil((Math.ceil(tileHeight / reduce) * pixel + lines * lineHeight + (lines > 0 ? 4 : 0)) / pixel + gap / pixel);
  const trailing = Math.floor(gap / pixel);
  const pixelWidth = Math.max(1, columns * cellWidth - trailing);
  const pixelHeight = Math.max(1, rows * cellHeight - trailing);

  const channels = options.colours === "rgb" ? 4 : 1;
  const data = new Uint8Array(pixelWidth * pixelHeight * channels).fill(options.colours === "rgb" ? 0 : gapIndex);
  const parts: string[] = [];
  for (const [index, tile] of tiles.entries()) {
    const w = Math.ceil(tile.width / reduce);
    const h = Math.ceil(tile.height / reduce);
    const left = (index % columns) * cellWidth + Math.floor((cellWidth - Math.floor(gap / pixel) - w) / 2);
    const top = Math.floor(index / columns) * cellHeight;
    paint(tile, reduce, left, top, pixelWidth, data, channels);
    if (tile.wrong === true) {
      parts.push(
        `<rect x="${coordinate(left * pixel)}" y="${coordinate(top * pixel)}" width="${coordinate(w * pixel)}" height="${coordinate(h * pixel)}" fill="none" stroke="${wrongColour}" stroke-width="3"/>`,
      );
    }
    const middle = (left + w / 2) * pixel;
    for (const [line, text] of (tile.caption ?? []).entries()) {
      const y = (top + h) * pixel + 12 + line * lineHeight;
      parts.push(
        svgText(middle, y, fitted(text, cellWidth * pixel - gap), {
          size: captionSize,
          anchor: "middle",
          colour: tile.wrong === true ? wrongColour : ink,
          bold: tile.wrong === true,
        }),
      );
    }
  }
  const uri = pngDataUri(
    options.colours === "rgb"
      ? { kind: "rgba", width: pixelWidth, height: pixelHeight, data }
      : { kind: "indexed", width: pixelWidth, height: pixelHeight, data, palette: paletteOf(options.colours) },
  );
  const shownWidth = Math.ceil(pixelWidth * pixel);
  const shownHeight = Math.ceil(pixelHeight * pixel);
  const sharp = pixel >= 1 ? ` style="image-rendering:pixelated"` : "";
  const image = `<image width="${coordinate(pixelWidth * pixel)}" height="${coordinate(pixelHeight * pixel)}" preserveAspectRatio="none"${sharp} xlink:href="${uri}"/>`;
  return { width: shownWidth, height: shownHeight, body: tiles.length === 0 ? "" : image + parts.join("") };
}

/** A caption may be bold, which is wider. */
function boldWidth(text: string): number {
  return 4 + estimateWidth(text, captionSize) * 1.12;
}

/** The caption, shortened until it fits its cell. */
function fitted(text: string, width: number): string {
  let length = Array.from(text).length;
  let result = text;
  while (length > 2 && boldWidth(result) > width + 4) result = clip(text, --length);
  return result;
}

/** The columns that fill the rows most evenly among those that fit. */
function balanced(count: number, fitting: number): number {
  if (count <= fitting) return Math.max(1, count);
  const rows = Math.ceil(count / fitting);
  return Math.ceil(count / rows);
}

/** Writes a tile, averaged over squares of `reduce` pixels. */
function paint(tile: Tile, reduce: number, left: number, top: number, width: number, data: Uint8Array, channels: number): void {
  const [low, high] = tile.range;
  const extent = high - low;
  const mean = (row: number, column: number, channel: number): number => {
    if (reduce === 1) return tile.at(row, column, channel);
    let sum = 0;
    let count = 0;
    for (let y = row * reduce; y < Math.min((row + 1) * reduce, tile.height); y++) {
      for (let x = column * reduce; x < Math.min((column + 1) * reduce, tile.width); x++) {
        sum += tile.at(y, x, channel);
        count++;
      }
    }
    return sum / count;
  };
  const unit = (value: number): number => (extent === 0 ? 0 : Math.min(1, Math.max(0, (value - low) / extent)));
  for (let row = 0; row < Math.ceil(tile.height / reduce); row++) {
    for (let column = 0; column < Math.ceil(tile.width / reduce); column++) {
      const target = ((top + row) * width + left + column) * channels;
      if (channels === 1) {
        const value = mean(row, column, 0);
        data[target] = Number.isNaN(value) ? nanIndex : Math.round(unit(value) * lastIndex);
        continue;
      }
      const colour = [0, 1, 2].map((channel) => mean(row, column, channel));
      if (colour.some(Number.isNaN)) data.set([255, 0, 255, 255], target);
      else data.set([...colour.map((value) => Math.round(unit(value) * 255)), 255], target);
    }
  }
}
