/**
 * Colours of charts. The two first are far apart for every kind of colour blindness and in grey, and all have a contrast
 * of at least 3 on white and on near-black, because a picture cannot know whether the page around it is dark.
 */
export const seriesColours = ["#2f7fc9", "#d9660a", "#1a936f", "#b5579f", "#8a7a12", "#7a6ad8", "#c84b4b", "#5f7f8c"] as const;

/** Text, axes and rules of a picture: readable on white (4.3) and on near-black (4.4). */
export const ink = "#797979";
/** Grid lines: there, but behind everything. */
export const faintInk = "#8888884d";
/** A mistake; never the only mark of one. */
export const wrongColour = "#d9480f";
/** What holds: readable as text on white (4.3) and on near-black (4.4). */
export const rightColour = "#188a68";

export type ColourMapName = "viridis" | "grey" | "diverging";

const stops: Readonly<Record<ColourMapName, readonly string[]>> = {
  viridis: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"],
  grey: ["#000000", "#ffffff"],
  // Blue below zero, orange above, light at zero.
  diverging: ["#1c4f8c", "#5f9bd0", "#f4f4f4", "#eb9a4d", "#9c3c05"],
};

/** Index of the colour for NaN (magenta: found in no map) and of the transparent gaps between tiles. */
export const nanIndex = 254;
export const gapIndex = 255;
/** The last index of the map itself. */
export const lastIndex = 253;

/** 256 colours, red green blue alpha: the map, then the one for NaN, then transparent. */
export function paletteOf(map: ColourMapName): Uint8Array {
  const list = stops[map].map(parseColour);
  const palette = new Uint8Array(256 * 4);
  for (let index = 0; index <= lastIndex; index++) {
    const position = (index / lastIndex) * (list.length - 1);
    const lower = Math.min(Math.floor(position), list.length - 2);
    const fraction = position - lower;
    for (let channel = 0; channel < 3; channel++) {
      const from = (list[lower] as number[])[channel] as number;
      const to = (list[lower + 1] as number[])[channel] as number;
      palette[index * 4 + channel] = Math.round(from + (to - from) * fraction);
    }
    palette[index * 4 + 3] = 255;
  }
  palette.set([255, 0, 255, 255], nanIndex * 4);
  return palette;
}

/** The map as CSS colours from low to high, for a colour bar. */
export function colourStops(map: ColourMapName): readonly string[] {
  return stops[map];
}

export function parseColour(hex: string): number[] {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

/** A colour over white, opaque: what stands on it is as easy to read on a dark page as on a white one. */
export function tint(colour: string, strength: number): string {
  const channels = parseColour(colour).map((channel) => Math.round(255 + (channel - 255) * strength));
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** Black or white, whichever has the greater contrast on the colour: at least 4.5. */
export function textOn(colour: string): "#000000" | "#ffffff" {
  const [red = 0, green = 0, blue = 0] = parseColour(colour).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  // The luminance of WCAG 2, at which black and white have the same contrast.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}
