import { MemoryDataset } from "./memory.js";
import { NamedDataset, type DatasetParts } from "./named.js";
import { randomStream } from "./random-stream.js";

export interface ShapeOptions {
  /** Images in all, a sixth of them to test. Default 1200. */
  readonly count?: number;
  /** Height and width in pixels. Default 32. */
  readonly size?: number;
  readonly seed?: number;
}

const names = ["circle", "square", "triangle"] as const;

/** Whether a pixel lies in a shape of this radius about the origin, turned by `angle`. */
function inside(label: number, x: number, y: number, radius: number, angle: number): boolean {
  if (label === 0) return x * x + y * y <= radius * radius;
  const u = x * Math.cos(angle) + y * Math.sin(angle);
  const v = y * Math.cos(angle) - x * Math.sin(angle);
  if (label === 1) return Math.max(Math.abs(u), Math.abs(v)) <= radius * 0.8;
  // An equilateral triangle: the three half planes at half its radius.
  const s = Math.sqrt(3) / 2;
  return v >= -radius / 2 && u * s * 2 - v <= radius && -u * s * 2 - v <= radius;
}

function drawShapes(count: number, size: number, seed: number): DatasetParts {
  const random = randomStream(seed, "shapes");
  const pixels = size * size;
  const images = new Uint8Array(count * pixels * 3);
  const masks = new Int32Array(count * pixels);
  const boxes = new Float32Array(count * 4);
  const labels = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % names.length;
    const radius = size * random.uniform(0.14, 0.3);
    const [cx, cy] = [random.uniform(radius, size - radius), random.uniform(radius, size - radius)];
    const angle = random.uniform(0, Math.PI);
    const front = [random.uniform(), random.uniform(), random.uniform()];
    // The background keeps its distance from the shape's colour, so that there is something to see.
    const back = front.map((value) => (value < 0.5 ? value + random.uniform(0.3, 0.5) : value - random.uniform(0.3, 0.5)));
    let [left, top, right, bottom] = [size, size, 0, 0];
    for (let pixel = 0; pixel < pixels; pixel++) {
      const [x, y] = [pixel % size, Math.floor(pixel / size)];
      const within = inside(label, x + 0.5 - cx, y + 0.5 - cy, radius, angle);
      if (within) {
        masks[index * pixels + pixel] = label + 1;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
      for (let channel = 0; channel < 3; channel++) {
        const value = (within ? front : back)[channel] as number;
        images[(index * pixels + pixel) * 3 + channel] = Math.min(
          255,
          Math.max(0, Math.round(255 * (value + random.uniform(-0.06, 0.06)))),
        );
      }
    }
    boxes.set([left / size, top / size, right / size, bottom / size], 4 * index);
    labels[index] = label;
  }
  const all = new MemoryDataset({
    name: "shapes",
    classes: names,
    source: "embedded: generated",
    columns: {
      image: { data: images, shape: [size, size, 3] },
      mask: { data: masks, shape: [size, size] },
      box: { data: boxes, shape: [4] },
      label: { data: labels, shape: [] },
    },
  });
  const cut = Math.round((count * 5) / 6);
  return { train: all.subset(0, cut), test: all.subset(cut, count) };
}

/**
 * Coloured circles, squares and triangles, one an image, with what there is to find: `label`, `box` (left, top, right, bottom as
 * shares of the image) and `mask` (0 background, else 1 + label, for every pixel).
 */
export function makeShapes(options: ShapeOptions = {}): NamedDataset {
  const { count = 1200, size = 32, seed = 1 } = options;
  return new NamedDataset("shapes", `${count} images of ${size}x${size}x3 with a circle, square or triangle: label, box and mask`, () =>
    drawShapes(count, size, seed),
  );
}

export const shapes: NamedDataset = makeShapes();
