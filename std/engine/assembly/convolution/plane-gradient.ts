import { multiplyAdd, partBegin, sumLanes } from "../simd";

/** Taps of one register tile: with two filters 8 sums and 6 vectors read, all that the 16 registers of x86-64 hold without spilling. */
const TILE_TAPS: i32 = 4;
const TILE_BYTES: usize = 2 * <usize>TILE_TAPS * 16;

/** Numbers from one row of a plane to the next. */
// @ts-ignore: decorator
@inline
function pitchOf(width: i32): i32 {
  return (width + 3) & ~3;
}

/** Bytes of one channel's plane, with zeros after it for the last taps to read. */
// @ts-ignore: decorator
@inline
function planeBytes(height: i32, width: i32): usize {
  return <usize>(height * pitchOf(width) + pitchOf(width) + 32) << 2;
}

export function planeGradientScratchBytes(height: i32, width: i32, channels: i32, taps: i32): i32 {
  const groups = (taps * channels + TILE_TAPS - 1) / TILE_TAPS;
  return <i32>(planeBytes(height, width) * <usize>(channels + 2) + <usize>groups * TILE_BYTES + 64);
}

/**
 * The gradient of a convolution's weights where the input has few channels. Lanes are neighbours along the width: the image's
 * channels and two filters' gradients are laid out as planes of one pitch, with zeros beyond the gradient's rows, so that each
 * tap is one product of two long rows. No lane is empty, whatever the number of filters and the width of the kernel.
 * One group, two spatial axes, stride 1. x is padded; dw[tap, c, f] = sum over images and positions o of x[n, o + tap, c] g[n, o, f].
 */
export function planeWeightGradient(
  x: usize, g: usize, dw: usize, batch: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32, filters: i32,
  kernelHeight: i32, kernelWidth: i32, dilationHeight: i32, dilationWidth: i32, scratch: usize, thread: i32, threads: i32,
): void {
  const taps = kernelHeight * kernelWidth, entries = taps * channels;
  const groups = (entries + TILE_TAPS - 1) / TILE_TAPS, pairs = (filters + 1) >> 1;
  scratch += <usize>thread * <usize>planeGradientScratchBytes(inHeight, inWidth, channels, taps);
  const pitch = pitchOf(inWidth), plane = planeBytes(inHeight, inWidth), length = outHeight * pitch;
  const image = scratch, gradient = scratch + plane * <usize>channels, sums = gradient + 2 * plane;
  const begin = partBegin(pairs * groups, 1, thread, threads), end = partBegin(pairs * groups, 1, thread + 1, threads);
  if (begin >= end) return;
  memory.fill(scratch, 0, sums - scratch);
  for (let pair = begin / groups; pair * groups < end; pair++) {
    const first = max(begin - pair * groups, 0), last = min(end - pair * groups, groups);
    memory.fill(sums, 0, <usize>groups * TILE_BYTES);
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++) {
        layPlane(x + ((<usize>(n * inHeight * inWidth * channels + c)) << 2), image + <usize>c * plane, inHeight, inWidth, channels, pitch);
      }
      layPair(g + ((<usize>n * outHeight * outWidth * filters + 2 * pair) << 2), gradient, gradient + plane, outHeight, outWidth, filters, pitch);
      for (let group = first; group < last; group++) {
        const at = group * TILE_TAPS, most = entries - 1;
        sumProducts(
          gradient, gradient + plane, length,
          entry(image, plane, at, channels, kernelWidth, pitch * dilationHeight, dilationWidth),
          entry(image, plane, min(at + 1, most), channels, kernelWidth, pitch * dilationHeight, dilationWidth),
          entry(image, plane, min(at + 2, most), channels, kernelWidth, pitch * dilationHeight, dilationWidth),
          entry(image, plane, min(at + 3, most), channels, kernelWidth, pitch * dilationHeight, dilationWidth),
          sums + <usize>group * TILE_BYTES,
        );
      }
    }
    const both = 2 * pair + 1 < filters;
    for (let i = first * TILE_TAPS; i < min(last * TILE_TAPS, entries); i++) {
      const from = sums + (<usize>i << 5), to = dw + ((<usize>i * filters + 2 * pair) << 2);
      store<f32>(to, sumLanes(v128.load(from)));
      if (both) store<f32>(to, sumLanes(v128.load(from, 16)), 4);
    }
  }
}

/** Where the numbers that entry (tap, channel) of the weights meets begin. */
// @ts-ignore: decorator
@inline
function entry(image: usize, plane: usize, index: i32, channels: i32, kernelWidth: i32, row: i32, step: i32): usize {
  const tap = index / channels, c = index - tap * channels;
  const ky = tap / kernelWidth, kx = tap - ky * kernelWidth;
  return image + <usize>c * plane + (<usize>(ky * row + kx * step) << 2);
}

/** One channel of an image as a plane. What lies beyond a row's end in the plane stays as it is. */
function layPlane(from: usize, to: usize, height: i32, width: i32, channels: i32, pitch: i32): void {
  const step = <usize>channels << 2;
  for (let y = 0; y < height; y++) {
    let at = to + (<usize>(y * pitch) << 2), left = width;
    if (channels == 1) {
      while (left >= 4) {
        v128.store(at, v128.load(from));
        at += 16;
        from += 16;
        left -= 4;
      }
    }
    while (left > 0) {
      store<f32>(at, load<f32>(from));
      at += 4;
      from += step;
      left--;
    }
  }
}

/** Two neighbouring filters of a gradient as two planes. */
function layPair(from: usize, even: usize, odd: usize, height: i32, width: i32, filters: i32, pitch: i32): void {
  const step = <usize>filters << 2;
  for (let y = 0; y < height; y++) {
    let at = <usize>(y * pitch) << 2, left = width;
    while (left >= 4) {
      let low = v128.load64_zero(from);
      low = v128.load64_lane(from + step, low, 1);
      from += step << 1;
      let high = v128.load64_zero(from);
      high = v128.load64_lane(from + step, high, 1);
      from += step << 1;
      v128.store(even + at, v128.shuffle<i32>(low, high, 0, 2, 4, 6));
      v128.store(odd + at, v128.shuffle<i32>(low, high, 1, 3, 5, 7));
      at += 16;
      left -= 4;
    }
    while (left > 0) {
      store<f32>(even + at, load<f32>(from));
      store<f32>(odd + at, load<f32>(from, 4));
      at += 4;
      from += step;
      left--;
    }
  }
}

/** Adds the products of two rows g with four rows p, lane by lane, to eight vectors of sums. `length` is a multiple of 4. */
function sumProducts(g0: usize, g1: usize, length: i32, p0: usize, p1: usize, p2: usize, p3: usize, sums: usize): void {
  let s00 = v128.load(sums), s01 = v128.load(sums, 16), s10 = v128.load(sums, 32), s11 = v128.load(sums, 48), s20 = v128.load(sums, 64);
  let s21 = v128.load(sums, 80), s30 = v128.load(sums, 96), s31 = v128.load(sums, 112);
  const end = g0 + (<usize>length << 2);
  while (g0 < end) {
    const a = v128.load(g0), b = v128.load(g1);
    let p = v128.load(p0);
    s00 = multiplyAdd(a, p, s00);
    s01 = multiplyAdd(b, p, s01);
    p = v128.load(p1);
    s10 = multiplyAdd(a, p, s10);
    s11 = multiplyAdd(b, p, s11);
    p = v128.load(p2);
    s20 = multiplyAdd(a, p, s20);
    s21 = multiplyAdd(b, p, s21);
    p = v128.load(p3);
    s30 = multiplyAdd(a, p, s30);
    s31 = multiplyAdd(b, p, s31);
    g0 += 16;
    g1 += 16;
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
  }
  v128.store(sums, s00);
  v128.store(sums, s01, 16);
  v128.store(sums, s10, 32);
  v128.store(sums, s11, 48);
  v128.store(sums, s20, 64);
  v128.store(sums, s21, 80);
  v128.store(sums, s30, 96);
  v128.store(sums, s31, 112);
}
