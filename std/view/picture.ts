import { escapeHtml } from "./escape.js";
import type { MimeBundle } from "./bundle.js";
import { selfShowing } from "./views.js";

/** A drawing as SVG text with its size in CSS pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/** A complete SVG document. */
export function svgDocument({ width, height, body }: Drawing): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif">${body}</svg>`
  );
}

/**
 * The drawing as an `<img>`: the only form of a picture that every front end keeps, trusted or not. The SVG is
 * percent-encoded, which for a drawing that holds a PNG is a quarter smaller than base64 once more.
 */
export function imageElement(drawing: Drawing, alternative: string): string {
  return (
    `<img src="${svgDataUri(drawing)}" width="${drawing.width}" height="${drawing.height}" ` +
    `style="max-width:100%;height:auto;background:transparent" alt="${escapeHtml(alternative)}">`
  );
}

function svgDataUri(drawing: Drawing): string {
  // Texts are escaped, so the only quotes left delimit attributes, and single ones need no encoding.
  const encoded = svgDocument(drawing)
    .replace(/[\r\n]+\s*/g, " ")
    .replace(/"/g, "'")
    .replace(/[%#{}<>&\\^`|]|[^\x20-\x7e]/gu, (character) => encodeURIComponent(character));
  return `data:image/svg+xml,${encoded}`;
}

/** The bundle of a picture: the text says what is on it, the caption stands below. */
export function pictureBundle(drawing: Drawing, text: string, options: { caption?: string; alternative?: string } = {}): MimeBundle {
  const caption =
    options.caption === undefined || options.caption === ""
      ? ""
      : `<div style="opacity:0.75;font-size:90%">${escapeHtml(options.caption)}</div>`;
  return selfShowing({
    "text/plain": text,
    "text/html": `<div>${imageElement(drawing, options.alternative ?? options.caption ?? text)}${caption}</div>`,
  });
}

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly colour: string;
  readonly bold?: boolean;
  readonly mono?: boolean;
  readonly rotate?: number;
}

export function svgText(x: number, y: number, text: string, style: TextStyle): string {
  const anchor = style.anchor === undefined || style.anchor === "start" ? "" : ` text-anchor="${style.anchor}"`;
  const bold = style.bold === true ? ` font-weight="bold"` : "";
  const mono = style.mono === true ? ` font-family="ui-monospace, DejaVu Sans Mono, monospace"` : "";
  const rotate = style.rotate === undefined ? "" : ` transform="rotate(${style.rotate} ${coordinate(x)} ${coordinate(y)})"`;
  return `<text x="${coordinate(x)}" y="${coordinate(y)}" font-size="${style.size ?? 12}" fill="${style.colour}"${anchor}${bold}${mono}${rotate}>${escapeHtml(text)}</text>`;
}

/** A coordinate with a tenth of a pixel: finer is not seen, and shorter files are. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The width a sans-serif text of this size takes at most, near enough to lay labels out. */
export function estimateWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text)
    width += /[ilj.,:;'|!\s]/.test(character) ? 0.35 : /[mwMW@%]/.test(character) ? 0.95 : character > "\u2e80" ? 1 : 0.62;
  return width * size;
}
