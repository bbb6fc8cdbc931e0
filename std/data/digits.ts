import { MemoryDataset } from "./memory.js";
import { NamedDataset } from "./named.js";
import type { Generator } from "../tensor/random.js";
import { randomStream } from "./random-stream.js";

type Point = readonly [x: number, y: number];

/** One movement of the pen, in a unit square with y downwards; curved strokes run smoothly through their points. */
interface Stroke {
  readonly points: readonly Point[];
  readonly curved: boolean;
}

const curve = (...points: Point[]): Stroke => ({ points, curved: true });
const line = (...points: Point[]): Stroke => ({ points, curved: false });

/** The ways in which each digit is written. */
const hands: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [curve([0.52, 0.07], [0.26, 0.22], [0.18, 0.55], [0.34, 0.88], [0.58, 0.92], [0.79, 0.68], [0.79, 0.34], [0.6, 0.1], [0.48, 0.08])],
    [curve([0.62, 0.12], [0.4, 0.08], [0.2, 0.36], [0.22, 0.74], [0.5, 0.93], [0.78, 0.66], [0.74, 0.28], [0.5, 0.1])],
  ],
  [
    [line([0.54, 0.07], [0.49, 0.93])],
    [line([0.34, 0.27], [0.55, 0.07], [0.53, 0.93])],
    [line([0.36, 0.24], [0.54, 0.08], [0.52, 0.91]), line([0.32, 0.92], [0.72, 0.91])],
  ],
  [
    [curve([0.23, 0.28], [0.38, 0.1], [0.62, 0.1], [0.74, 0.28], [0.62, 0.5], [0.4, 0.7], [0.2, 0.9]), line([0.2, 0.9], [0.82, 0.89])],
    [
      curve(
        [0.24, 0.24],
        [0.44, 0.08],
        [0.7, 0.2],
        [0.66, 0.45],
        [0.42, 0.72],
        [0.24, 0.88],
        [0.22, 0.74],
        [0.4, 0.72],
        [0.62, 0.88],
        [0.82, 0.84],
      ),
    ],
  ],
  [
    [
      curve([0.24, 0.16], [0.48, 0.07], [0.71, 0.19], [0.66, 0.39], [0.42, 0.47]),
      curve([0.42, 0.47], [0.69, 0.54], [0.77, 0.73], [0.56, 0.92], [0.22, 0.85]),
    ],
    [line([0.24, 0.1], [0.74, 0.1], [0.46, 0.42]), curve([0.46, 0.42], [0.72, 0.52], [0.76, 0.75], [0.54, 0.93], [0.22, 0.86])],
  ],
  [
    [line([0.3, 0.1], [0.22, 0.55], [0.82, 0.55]), line([0.67, 0.14], [0.63, 0.93])],
    [line([0.64, 0.93], [0.66, 0.08], [0.18, 0.64], [0.86, 0.64])],
    [curve([0.26, 0.12], [0.24, 0.42], [0.42, 0.54], [0.7, 0.42]), line([0.74, 0.1], [0.66, 0.93])],
  ],
  [
    [line([0.76, 0.1], [0.34, 0.1], [0.29, 0.46]), curve([0.29, 0.46], [0.54, 0.4], [0.76, 0.58], [0.68, 0.85], [0.42, 0.94], [0.2, 0.84])],
    [curve([0.34, 0.12], [0.28, 0.42], [0.56, 0.44], [0.74, 0.64], [0.58, 0.9], [0.24, 0.88]), line([0.34, 0.12], [0.78, 0.08])],
  ],
  [
    [curve([0.66, 0.08], [0.4, 0.28], [0.24, 0.62], [0.36, 0.9], [0.62, 0.9], [0.74, 0.7], [0.58, 0.52], [0.36, 0.58], [0.26, 0.72])],
    [curve([0.48, 0.07], [0.3, 0.4], [0.26, 0.76], [0.46, 0.93], [0.68, 0.78], [0.6, 0.56], [0.42, 0.56], [0.28, 0.72])],
  ],
  [
    [line([0.2, 0.12], [0.79, 0.12], [0.42, 0.93])],
    [curve([0.22, 0.2], [0.44, 0.12], [0.78, 0.12], [0.62, 0.46], [0.46, 0.93])],
    [line([0.2, 0.13], [0.78, 0.11], [0.44, 0.93]), line([0.36, 0.53], [0.74, 0.5])],
  ],
  [
    [
      curve(
        [0.69, 0.22],
        [0.48, 0.08],
        [0.3, 0.24],
        [0.48, 0.45],
        [0.71, 0.69],
        [0.52, 0.93],
        [0.28, 0.76],
        [0.46, 0.51],
        [0.67, 0.33],
        [0.69, 0.22],
      ),
    ],
    [
      curve([0.5, 0.08], [0.32, 0.2], [0.36, 0.4], [0.54, 0.46], [0.7, 0.32], [0.64, 0.13], [0.5, 0.08]),
      curve([0.52, 0.46], [0.28, 0.6], [0.3, 0.86], [0.54, 0.93], [0.76, 0.8], [0.72, 0.56], [0.52, 0.46]),
    ],
  ],
  [
    [
      curve([0.71, 0.24], [0.52, 0.08], [0.3, 0.22], [0.34, 0.44], [0.58, 0.47], [0.72, 0.28]),
      line([0.72, 0.26], [0.68, 0.55], [0.58, 0.93]),
    ],
    [curve([0.7, 0.2], [0.46, 0.08], [0.28, 0.28], [0.42, 0.48], [0.66, 0.38], [0.73, 0.22], [0.74, 0.62], [0.54, 0.92], [0.28, 0.84])],
  ],
];

const side = 28;
/** The unit square of the strokes covers the middle 20x20 pixels, as in MNIST. */
const inner = 20;

/** How an image is written: an affine map of the unit square, the pen, and the noise. */
interface Hand {
  readonly map: readonly [xx: number, xy: number, x: number, yx: number, yy: number, y: number];
  readonly radius: number;
  readonly wobble: number;
}

function drawHand(random: Generator): Hand {
  const turn = random.uniform(-0.28, 0.28);
  const slant = random.uniform(-0.3, 0.3);
  const width = inner * random.uniform(0.68, 1.08);
  const height = inner * random.uniform(0.82, 1.08);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const middle = side / 2 - 0.5;
  return {
    map: [
      width * cos,
      height * (slant * cos - sin),
      middle + random.uniform(-1.8, 1.8),
      width * sin,
      height * (slant * sin + cos),
      middle + random.uniform(-1.8, 1.8),
    ],
    radius: random.uniform(0.7, 1.7),
    wobble: random.uniform(0.012, 0.04),
  };
}

/** Points along a stroke in pixels, after the pen's wobble; curved strokes by Catmull and Rom's spline, four pieces a section. */
function trace(stroke: Stroke, hand: Hand, random: Generator): Point[] {
  const [xx, xy, x0, yx, yy, y0] = hand.map;
  const points = stroke.points.map(([x, y]): Point => {
    const u = x - 0.5 + random.normal(0, hand.wobble);
    const v = y - 0.5 + random.normal(0, hand.wobble);
    return [xx * u + xy * v + x0, yx * u + yy * v + y0];
  });
  if (!stroke.curved) return points;
  const at = (index: number): Point => points[Math.min(points.length - 1, Math.max(0, index))] as Point;
  const path: Point[] = [at(0)];
  for (let section = 0; section < points.length - 1; section++) {
    const [a, b, c, d] = [at(section - 1), at(section), at(section + 1), at(section + 2)];
    for (let piece = 1; piece <= 4; piece++) {
      const t = piece / 4;
      const spline = (axis: 0 | 1): number =>
        0.5 *
        (2 * b[axis] +
          (c[axis] - a[axis]) * t +
          (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t +
          (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t ** 3);
      path.push([spline(0), spline(1)]);
    }
  }
  return path;
}

/** Inks the pixels around a segment: full within the radius, fading over one pixel. */
function ink(image: Float32Array, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const reach = radius + 1;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach));
  const right = Math.min(side - 1, Math.floor(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach));
  const bottom = Math.min(side - 1, Math.floor(Math.max(ay, by) + reach));
  const [dx, dy] = [bx - ax, by - ay];
  const scale = 1 / Math.max(1e-9, dx * dx + dy * dy);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) * scale));
      const distance = Math.hypot(x - ax - along * dx, y - ay - along * dy);
      const value = Math.min(1, radius + 0.5 - distance);
      const pixel = y * side + x;
      if (value > (image[pixel] as number)) image[pixel] = value;
    }
  }
}

/**
 * Writes digits: strokes in one of two or three hands each, bent by a random affine map and a wobbling pen, with noise.
 * @returns images `count x 28 x 28 x 1` as bytes and labels 0 to 9; the same seed gives the same bytes.
 */
export function writeDigits(count: number, seed: number): { readonly images: Uint8Array; readonly labels: Int32Array } {
  const random = randomStream(seed, "digits");
  const images = new Uint8Array(count * side * side);
  const labels = new Int32Array(count);
  const image = new Float32Array(side * side);
  for (let index = 0; index < count; index++) {
    // Every class equally often in each run of ten.
    const label = index % 10;
    const ways = hands[label] as readonly (readonly Stroke[])[];
    const strokes = ways[random.integer(ways.length)] as readonly Stroke[];
    const hand = drawHand(random);
    image.fill(0);
    for (const stroke of strokes) {
      const path = trace(stroke, hand, random);
      for (let piece = 1; piece < path.length; piece++) ink(image, path[piece - 1] as Point, path[piece] as Point, hand.radius);
    }
    const strength = random.uniform(0.7, 1);
    const noise = random.uniform(0, 24);
    const from = index * side * side;
    for (let pixel = 0; pixel < image.length; pixel++) {
      // The sum of two uniform numbers is close enough to normal, and cheaper.
      const bits = random.next();
      const grain = (((bits & 0xffff) + (bits >>> 16)) / 65536 - 1) * noise;
      images[from + pixel] = Math.min(255, Math.max(0, Math.round(255 * strength * (image[pixel] as number) + grain)));
    }
    labels[index] = label;
  }
  return { images, labels };
}

const training = 5000;
const testing = 1000;

/** The embedded digits: made on the spot from strokes, 5,000 to train and 1,000 to test. */
export const digits: NamedDataset = new NamedDataset(
  "digits",
  "28x28 images of generated handwritten digits, 10 classes; needs no files",
  () => {
    const { images, labels } = writeDigits(training + testing, 1);
    const all = new MemoryDataset({
      name: "digits",
      classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      source: "embedded: generated from strokes",
      columns: { image: { data: images, shape: [side, side, 1] }, label: { data: labels, shape: [] } },
    });
    return { train: all.subset(0, training), test: all.subset(training, all.size) };
  },
);
