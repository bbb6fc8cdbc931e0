import { PNG } from "pngjs";

/** The sign of Lamella: three thin layers, each a parallelogram, seen from above one another. Coordinates on a square of 64. */
const layers: readonly { readonly color: string; readonly top: number }[] = [
  { color: "#1f4e79", top: 38 },
  { color: "#2f86c1", top: 25 },
  { color: "#f2a541", top: 12 },
];

/** Left, far, right, near corner of a layer whose far corner lies at `top`. */
function corners(top: number): readonly (readonly [number, number])[] {
  return [
    [4, top + 8],
    [32, top - 6],
    [60, top + 8],
    [32, top + 22],
  ];
}

/** The logo as SVG. */
export function logoSvg(): string {
  const shapes = layers.map(
    ({ color, top }) =>
      `<polygon points="${corners(top).join(" ")}" fill="${color}" stroke="#fff" stroke-width="1.5" stroke-linejoin="round"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">${shapes.join("")}</svg>\n`;
}

/** The logo as PNG, `size` pixels wide; edges are smoothed by looking at 4 × 4 points a pixel. */
export function logoPng(size: number): Buffer {
  const image = new PNG({ width: size, height: size });
  const samples = 4;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const colors: string[] = [];
      for (let sample = 0; sample < samples * samples; sample += 1) {
        const u = ((x + ((sample % samples) + 0.5) / samples) / size) * 64;
        const v = ((y + (Math.floor(sample / samples) + 0.5) / samples) / size) * 64;
        const color = colorAt(u, v);
        if (color !== undefined) colors.push(color);
      }
      const at = 4 * (y * size + x);
      for (let channel = 0; channel < 3; channel += 1) {
        const values = colors.map((color) => parseInt(color.slice(1 + 2 * channel, 3 + 2 * channel), 16));
        image.data[at + channel] = values.length === 0 ? 0 : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
      }
      image.data[at + 3] = Math.round((255 * colors.length) / (samples * samples));
    }
  }
  return PNG.sync.write(image);
}

function colorAt(x: number, y: number): string | undefined {
  return layers.findLast(({ top }) => isInside(x, y, top))?.color;
}

/** A layer is a rhombus: |dx| / 28 + |dy| / 14 <= 1 around its centre. */
function isInside(x: number, y: number, top: number): boolean {
  return Math.abs(x - 32) / 28 + Math.abs(y - (top + 8)) / 14 <= 1;
}
