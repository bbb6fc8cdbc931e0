import { describe, expect, test } from "vitest";
import { at, bench, builds, error, noise, supported } from "./kernels.js";

type Pair = readonly [number, number];
type Extents = [number, number, number];

/** Extents and settings along depth, height, width. */
interface Case {
  readonly batch: number;
  readonly extent: readonly [number, number, number];
  readonly channels: number;
  readonly filters: number;
  readonly kernel: readonly [number, number, number];
  readonly stride?: readonly [number, number, number];
  readonly dilation?: readonly [number, number, number];
  /** Before and after. */
  readonly padding?: readonly [Pair, Pair, Pair];
  readonly groups?: number;
}

const ones = [1, 1, 1] as const;
const none: readonly [Pair, Pair, Pair] = [
  [0, 0],
  [0, 0],
  [0, 0],
];

const cases: Record<string, Case> = {
  "5x5 on one channel": { batch: 2, extent: [1, 12, 12], channels: 1, filters: 6, kernel: [1, 5, 5] },
  "3x3 same on 3 channels": {
    batch: 2,
    extent: [1, 7, 9],
    channels: 3,
    filters: 10,
    kernel: [1, 3, 3],
    padding: [
      [0, 0],
      [1, 1],
      [1, 1],
    ],
  },
  "3x3 stride 2, one-sided padding": {
    batch: 1,
    extent: [1, 8, 8],
    channels: 5,
    filters: 9,
    kernel: [1, 3, 3],
    stride: [1, 2, 2],
    padding: [
      [0, 0],
      [0, 1],
      [0, 1],
    ],
  },
  "11x11 stride 4": { batch: 1, extent: [1, 27, 31], channels: 3, filters: 12, kernel: [1, 11, 11], stride: [1, 4, 4] },
  "1x1 stride 2": { batch: 2, extent: [1, 6, 7], channels: 8, filters: 16, kernel: [1, 1, 1], stride: [1, 2, 2] },
  "1x1 stride 2, many filters": { batch: 1, extent: [1, 4, 5], channels: 8, filters: 400, kernel: [1, 1, 1], stride: [1, 2, 2] },
  "3x3 dilation 2": {
    batch: 1,
    extent: [1, 9, 10],
    channels: 4,
    filters: 8,
    kernel: [1, 3, 3],
    dilation: [1, 2, 2],
    padding: [
      [0, 0],
      [2, 2],
      [2, 2],
    ],
  },
  "stride 3 and dilation 2": {
    batch: 1,
    extent: [1, 11, 10],
    channels: 4,
    filters: 5,
    kernel: [1, 3, 2],
    stride: [1, 3, 2],
    dilation: [1, 2, 3],
    padding: [
      [0, 0],
      [3, 1],
      [2, 0],
    ],
  },
  "2 groups": {
    batch: 1,
    extent: [1, 6, 6],
    channels: 6,
    filters: 10,
    kernel: [1, 3, 3],
    groups: 2,
    padding: [
      [0, 0],
      [1, 1],
      [1, 1],
    ],
  },
  depthwise: { batch: 2, extent: [1, 5, 6], channels: 5, filters: 5, kernel: [1, 3, 3], groups: 5 },
  "many channels": {
    batch: 1,
    extent: [1, 4, 4],
    channels: 350,
    filters: 40,
    kernel: [1, 3, 3],
    padding: [
      [0, 0],
      [1, 1],
      [1, 1],
    ],
  },
  wide: { batch: 1, extent: [1, 1, 700], channels: 2, filters: 4, kernel: [1, 1, 9] },
  "3-D": {
    batch: 2,
    extent: [4, 5, 6],
    channels: 3,
    filters: 9,
    kernel: [2, 3, 2],
    stride: [1, 2, 1],
    padding: [
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  },
};

function* products(c: Case): Generator<{ y: number; x: number; w: number }> {
  const { batch, extent, channels, filters, kernel, stride = ones, dilation = ones, padding = none, groups = 1 } = c;
  const out = outExtent(c);
  const own = channels / groups;
  const made = filters / groups;
  for (let n = 0; n < batch; n++)
    for (let z = 0; z < out[0]; z++)
      for (let y = 0; y < out[1]; y++)
        for (let x = 0; x < out[2]; x++)
          for (let kz = 0; kz < kernel[0]; kz++)
            for (let ky = 0; ky < kernel[1]; ky++)
              for (let kx = 0; kx < kernel[2]; kx++) {
                const place: Extents = [
                  z * stride[0] + kz * dilation[0] - padding[0][0],
                  y * stride[1] + ky * dilation[1] - padding[1][0],
                  x * stride[2] + kx * dilation[2] - padding[2][0],
                ];
                if (place.some((position, axis) => position < 0 || position >= at(extent, axis))) continue;
                const pixel = ((n * extent[0] + place[0]) * extent[1] + place[1]) * extent[2] + place[2];
                const target = ((n * out[0] + z) * out[1] + y) * out[2] + x;
                const tap = (kz * kernel[1] + ky) * kernel[2] + kx;
                for (let f = 0; f < filters; f++) {
                  const group = Math.floor(f / made);
                  for (let k = 0; k < own; k++)
                    yield { y: target * filters + f, x: pixel * channels + group * own + k, w: (tap * own + k) * filters + f };
                }
              }
}

function outExtent({ extent, kernel, stride = ones, dilation = ones, padding = none }: Case): Extents {
  return extent.map((size, axis) => {
    const [before, after] = at(padding, axis);
    return Math.floor((size + before + after - at(dilation, axis) * (at(kernel, axis) - 1) - 1) / at(stride, axis)) + 1;
  }) as Extents;
}

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1);

describe.each(builds.filter(supported))("convolution, %s", (build) => {
  test.each(Object.entries(cases))("%s: result, gradient of the input, gradient of the weights", (_, c) => {
    const { batch, extent, channels, filters, kernel, stride = ones, dilation = ones, padding = none, groups = 1 } = c;
    const out = outExtent(c);
    const { floats, call, ask } = bench(build);
    const x = floats(noise(batch * product(extent) * channels, 1));
    const w = floats(noise((product(kernel) * channels * filters) / groups, 2));
    const g = floats(noise(batch * product(out) * filters, 3));
    const bias = floats(noise(filters, 4));
    const y = new Float64Array(g.length).map((_, index) => at(bias, index % filters));
    const dx = new Float64Array(x.length);
    const dw = new Float64Array(w.length);
    for (const { y: to, x: from, w: by } of products(c)) {
      y[to] = at(y, to) + at(x, from) * at(w, by);
      dx[from] = at(dx, from) + at(g, to) * at(w, by);
      dw[by] = at(dw, by) + at(g, to) * at(x, from);
    }
    const padded = extent.map((size, axis) => size + at(padding, axis)[0] + at(padding, axis)[1]);
    const image = floats(batch * product(padded) * channels);
    const lead = padding.map(([before], axis) =>
      Math.max(0, -Math.floor((before - at(dilation, axis) * (at(kernel, axis) - 1)) / at(stride, axis))),
    );
    const trail = padding.map(([before], axis) =>
      Math.max(0, Math.floor((at(extent, axis) - 1 + before) / at(stride, axis)) - (at(out, axis) - 1)),
    );
    const gExtent = out.map((size, axis) => size + at(lead, axis) + at(trail, axis));
    const gradient = floats(batch * product(gExtent) * filters);
    for (const threads of [1, 2]) {
      call("padImages", [x, image, batch, ...extent, channels, ...padded, ...padding.map(([before]) => before)], threads);
      const scratch = floats((ask("convolutionScratchBytes") / 4) * threads);
      const settings = [...kernel, ...stride, ...dilation];
      const actual = floats(g.length);
      call(
        "convolution",
        [image, w, actual, bias, 0, 0, batch, ...padded, channels, ...out, filters, ...settings, groups, scratch],
        threads,
      );
      expect(error(actual, y)).toBeLessThan(2e-4);

      const dw1 = floats(w.length);
      const scratch1 = floats((ask("weightGradientScratchBytes") / 4) * threads);
      call(
        "convolutionWeightGradient",
        [image, g, dw1, batch, ...padded, channels, ...out, filters, ...settings, groups, scratch1],
        threads,
      );
      expect(error(dw1, dw)).toBeLessThan(1e-4);

      call("padImages", [g, gradient, batch, ...out, filters, ...gExtent, ...lead], threads);
      const dx1 = floats(x.length);
      const before = padding.map(([first]) => first);
      call(
        "convolutionInputGradient",
        [gradient, w, dx1, 0, 0, batch, ...gExtent, filters, ...extent, channels, ...settings, ...before, ...lead, groups, scratch],
        threads,
      );
      expect(error(dx1, dx)).toBeLessThan(1e-4);
    }
  });
});
