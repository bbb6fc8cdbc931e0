import { activate, Activation } from "../matmul/activation";
import { placeOf, stays } from "../pooling/pairs";
import { multiplyAdd, partBegin } from "../simd";

// Convolutions with few filters. Tiles of 8 filters would be half empty, so here the four lanes are four images: each number of
// an image becomes a vector, every weight meets four images at once, and no lane is empty whatever the number of filters.

const LANES: i32 = 4;
const VECTOR: usize = 16;
/** Two neighbouring results with six filters each are the 12 sums that fit the registers. */
const MOST_FILTERS: i32 = 6;
/** The sums of one result, as a block of filters leaves them. */
const SUMS: usize = <usize>MOST_FILTERS * VECTOR;

/** Numbers of a window's row below which all its taps are listed. */
const SHORT: i32 = 24;

/** Pixels of a row of an image in lanes: with zeros on both sides, and one more where the last pair reads over the edge. */
// @ts-ignore: decorator
@inline
function pitchOf(width: i32, pad: i32): i32 {
  return width + 2 * pad + 1;
}

/** Filters in blocks of six, with weights of zero for those that are missing. */
// @ts-ignore: decorator
@inline
function blocksOf(filters: i32): i32 {
  return (filters + MOST_FILTERS - 1) / MOST_FILTERS;
}

/** Rows of results that are kept: all, or with `pooled` the two that one row of windows covers. */
// @ts-ignore: decorator
@inline
function rowsKept(outHeight: i32, pooled: i32): i32 {
  return pooled ? min(2, outHeight) : outHeight;
}

export function laneConvolutionScratchBytes(
  height: i32, width: i32, channels: i32, outHeight: i32, outWidth: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, padWidth: i32, pooled: i32,
): i32 {
  // A row of windows has half as many numbers as a row of results, and each a vector for its largest and one for where that is.
  const rows = rowsKept(outHeight, pooled) + pooled;
  const image = <usize>(height * pitchOf(width, padWidth) * channels + rows * outWidth * filters) * VECTOR;
  const weights = <usize>(blocksOf(filters) * kernelHeight * kernelWidth * channels * MOST_FILTERS) << 2;
  const listed = <usize>(kernelHeight * kernelWidth * channels) << 2;
  const sums = SUMS * <usize>(blocksOf(filters) + 2);
  return <i32>(image + weights + listed + sums + 64) & ~63;
}

/**
 * y[n, oy, ox, f] = activation(bias[f] + sum of x[n, oy + ky - padHeight, ox + kx - padWidth, c] w[ky, kx, c, f]): stride 1, one
 * group, zeros outside the image. `turned`: w is that of a convolution whose input's gradient this is, filters x channels and
 * turned round. Images are dealt out in fours. With `pooled` 1, y is what max pooling by windows of 2 x 2 leaves of that, and `picks`,
 * where it is not 0, gets which of the four was taken (as `maxPoolPairs` tells it).
 */
export function laneConvolution(
  x: usize, w: usize, y: usize, bias: usize, activation: i32, turned: i32, pooled: i32, picks: usize, batch: i32, height: i32, width: i32, channels: i32,
  outHeight: i32, outWidth: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, padHeight: i32, padWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const begin = partBegin(batch, LANES, thread, threads), end = partBegin(batch, LANES, thread + 1, threads);
  if (begin >= end) return;
  scratch += <usize>thread * <usize>laneConvolutionScratchBytes(height, width, channels, outHeight, outWidth, filters, kernelHeight, kernelWidth, padWidth, pooled);
  const pixel = <usize>channels * VECTOR, row = pixel * pitchOf(width, padWidth);
  const image = scratch, result = image + <usize>height * row;
  const kept = rowsKept(outHeight, pooled), line = <usize>(outWidth * filters) * VECTOR, largest = result + <usize>kept * line;
  const weights = largest + <usize>pooled * line;
  const least = f32x4.splat(activation == Activation.relu ? 0 : -Infinity);
  const weightRow = (<usize>(kernelWidth * channels * MOST_FILTERS)) << 2, block = weightRow * kernelHeight;
  const blocks = blocksOf(filters), starts = weights + block * blocks, spare = starts + SUMS * <usize>blocks;
  const across = kernelWidth * channels, short = across < SHORT, offsets = spare + 2 * SUMS;
  if (short) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let k = 0; k < across; k++) store<usize>(offsets + (<usize>(ky * across + k) << 2), <usize>ky * row + <usize>k * VECTOR);
    }
  }
  for (let f = 0; f < blocks * MOST_FILTERS; f++) {
    v128.store(starts + <usize>f * VECTOR, bias && f < filters ? v128.load32_splat(bias + (<usize>f << 2)) : f32x4.splat(0));
  }
  packWeights(w, weights, kernelHeight, kernelWidth, channels, filters, turned);
  memory.fill(image, 0, result - image);
  for (let n = begin; n < end; n += LANES) {
    const lanes = min(LANES, batch - n);
    layLanes(x + ((<usize>n * height * width * channels) << 2), lanes, height, width * channels, <usize>(height * width * channels) << 2, image + <usize>padWidth * pixel, row);
    for (let oy = 0; oy < outHeight; oy++) {
      const firstRow = max(0, padHeight - oy), rows = min(kernelHeight, height + padHeight - oy) - firstRow;
      const top = image + <usize>(oy + firstRow - padHeight) * row;
      for (let ox = 0; ox < outWidth; ox += 2) {
        // The columns of the kernel that meet the image for at least one of the two results.
        const firstColumn = max(0, padWidth - ox - 1), columns = min(kernelWidth, width + padWidth - ox) - firstColumn;
        const corner = top + <usize>(ox + firstColumn) * pixel;
        const from = weights + <usize>firstRow * weightRow + ((<usize>(firstColumn * channels * MOST_FILTERS)) << 2);
        const to = result + <usize>(pooled ? oy & 1 : oy) * line + <usize>(ox * filters) * VECTOR;
        const both = ox + 1 < outWidth;
        for (let b = 0; b < blocks; b++) {
          const f = b * MOST_FILTERS, made = min(MOST_FILTERS, filters - f);
          const start = starts + <usize>b * SUMS;
          // Where a block or a pair is not whole, what is too much of it goes elsewhere.
          const first = made == MOST_FILTERS ? to + <usize>f * VECTOR : spare;
          const second = both && made == MOST_FILTERS ? first + <usize>filters * VECTOR : spare + SUMS;
          if (short) {
            addLanesOfTaps(top + <usize>ox * pixel, pixel, offsets, rows * across, weights + <usize>b * block + <usize>firstRow * weightRow, start, first, second);
          } else {
            addLanesOfRow(corner, pixel, rows > 0 ? columns * channels : 0, from + <usize>b * block, start, start, first, second);
            for (let ky = 1; ky < rows; ky++) {
              addLanesOfRow(corner + <usize>ky * row, pixel, columns * channels, from + <usize>b * block + <usize>ky * weightRow, first, second, first, second);
            }
          }
          if (made == MOST_FILTERS) continue;
          memory.copy(to + <usize>f * VECTOR, first, <usize>made * VECTOR);
          if (both) memory.copy(to + <usize>(filters + f) * VECTOR, second, <usize>made * VECTOR);
        }
      }
      if (pooled && (oy & 1)) {
        const across = (outWidth >> 1) * filters, image = (outHeight >> 1) * across, first = n * image + (oy >> 1) * across;
        if (activation > Activation.relu) activateAll(result, 2 * outWidth * filters, activation);
        poolLanes(result, line, outWidth >> 1, <usize>filters * VECTOR, least, largest, largest + (line >> 1));
        liftLanes(largest, y + (<usize>first << 2), <usize>image << 2, lanes, across, f32x4.splat(-Infinity));
        if (picks) liftPicks(largest + (line >> 1), picks + first, image, lanes, across);
      }
    }
    if (pooled) continue;
    const numbers = outHeight * outWidth * filters;
    if (activation > Activation.relu) activateAll(result, numbers, activation);
    liftLanes(result, y + (<usize>(n * numbers) << 2), <usize>numbers << 2, lanes, numbers, least);
  }
}

/** The largest of each window of two rows, no number below `least`, and its place among the four. */
export function poolLanes(x: usize, line: usize, windows: i32, pixel: usize, least: v128, largest: usize, places: usize): void {
  // A sum of relu's zero is no negative one.
  const zero = v128.bitselect(f32x4.splat(0), f32x4.splat(-0.0), f32x4.eq(least, f32x4.splat(0)));
  for (; windows > 0; windows--) {
    const end = x + pixel;
    for (; x < end; x += VECTOR) {
      const a = f32x4.pmax(v128.load(x), least), b = f32x4.pmax(v128.load(x + pixel), least);
      const c = f32x4.pmax(v128.load(x + line), least), d = f32x4.pmax(v128.load(x + line + pixel), least);
      const left = stays(a, b), lowerLeft = stays(c, d);
      const top = v128.bitselect(a, b, left), bottom = v128.bitselect(c, d, lowerLeft), upper = stays(top, bottom);
      v128.store(largest, f32x4.add(v128.bitselect(top, bottom, upper), zero));
      v128.store(places, placeOf(left, lowerLeft, upper));
      largest += VECTOR;
      places += VECTOR;
    }
    x += pixel;
  }
}

/** Places of windows, of four images in lanes, as bytes of each image. */
function liftPicks(from: usize, picks: usize, image: i32, lanes: i32, count: i32): void {
  // As in `liftLanes`, missing images go where the first one goes.
  const p1 = lanes > 1 ? image : 0, p2 = lanes > 2 ? 2 * image : 0, p3 = lanes > 3 ? 3 * image : 0;
  while (count >= 4) {
    const low = v128.or(v128.load(from), i32x4.shl(v128.load(from, 16), 8));
    const high = v128.or(i32x4.shl(v128.load(from, 32), 16), i32x4.shl(v128.load(from, 48), 24));
    const four = v128.or(low, high);
    v128.store32_lane(picks + p3, four, 3);
    v128.store32_lane(picks + p2, four, 2);
    v128.store32_lane(picks + p1, four, 1);
    v128.store32_lane(picks, four, 0);
    from += 64;
    picks += 4;
    count -= 4;
  }
  while (count > 0) {
    const one = v128.load(from);
    store<u8>(picks + p3, <u8>i32x4.extract_lane(one, 3));
    store<u8>(picks + p2, <u8>i32x4.extract_lane(one, 2));
    store<u8>(picks + p1, <u8>i32x4.extract_lane(one, 1));
    store<u8>(picks, <u8>i32x4.extract_lane(one, 0));
    from += VECTOR;
    picks++;
    count--;
  }
}

/** Weights in blocks of six filters: [block][ky][kx][c][6]. */
function packWeights(w: usize, to: usize, kernelHeight: i32, kernelWidth: i32, channels: i32, filters: i32, turned: i32): void {
  const taps = kernelHeight * kernelWidth;
  for (let f0 = 0; f0 < filters; f0 += MOST_FILTERS) {
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < channels; c++) {
        for (let f = f0; f < f0 + MOST_FILTERS; f++) {
          const at = turned ? ((taps - 1 - tap) * filters + f) * channels + c : (tap * channels + c) * filters + f;
          store<f32>(to, f < filters ? load<f32>(w + (<usize>at << 2)) : 0);
          to += 4;
        }
      }
    }
  }
}

/** Four images (the last repeated where there are fewer) as one of vectors, rows `pitch` bytes apart. */
function layLanes(x: usize, lanes: i32, height: i32, run: i32, image: usize, to: usize, pitch: usize): void {
  let x0 = x, x1 = lanes > 1 ? x0 + image : x0, x2 = lanes > 2 ? x1 + image : x1, x3 = lanes > 3 ? x2 + image : x2;
  for (let y = 0; y < height; y++) {
    let at = to, left = run;
    while (left >= 4) {
      transpose(v128.load(x0), v128.load(x1), v128.load(x2), v128.load(x3), at, at + 16, at + 32, at + 48);
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
      at += 64;
      left -= 4;
    }
    while (left > 0) {
      store<f32>(at, load<f32>(x0));
      store<f32>(at, load<f32>(x1), 4);
      store<f32>(at, load<f32>(x2), 8);
      store<f32>(at, load<f32>(x3), 12);
      x0 += 4;
      x1 += 4;
      x2 += 4;
      x3 += 4;
      at += 16;
      left--;
    }
    to += pitch;
  }
}

function activateAll(at: usize, count: i32, activation: i32): void {
  const end = at + <usize>count * VECTOR;
  while (at < end) {
    v128.store(at, activate(v128.load(at), activation));
    at += VECTOR;
  }
}

/** The reverse: `count` vectors go to the first `lanes` images, which lie `image` bytes apart, no number below `least`. */
function liftLanes(from: usize, y: usize, image: usize, lanes: i32, count: i32, least: v128): void {
  // Missing images go where the first one goes, before it is written.
  let y0 = y, y1 = lanes > 1 ? y + image : y, y2 = lanes > 2 ? y + 2 * image : y, y3 = lanes > 3 ? y + 3 * image : y;
  let left = count;
  while (left >= 4) {
    const a = f32x4.max(v128.load(from), least), b = f32x4.max(v128.load(from, 16), least);
    transpose(a, b, f32x4.max(v128.load(from, 32), least), f32x4.max(v128.load(from, 48), least), y0, y1, y2, y3);
    from += 64;
    y0 += 16;
    y1 += 16;
    y2 += 16;
    y3 += 16;
    left -= 4;
  }
  while (left > 0) {
    const v = f32x4.max(v128.load(from), least);
    v128.store_lane<f32>(y3, v, 3);
    v128.store_lane<f32>(y2, v, 2);
    v128.store_lane<f32>(y1, v, 1);
    v128.store_lane<f32>(y0, v, 0);
    from += 16;
    y0 += 4;
    y1 += 4;
    y2 += 4;
    y3 += 4;
    left--;
  }
}

// @ts-ignore: decorator
@inline
function transpose(x0: v128, x1: v128, x2: v128, x3: v128, y0: usize, y1: usize, y2: usize, y3: usize): void {
  const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(y3, v128.shuffle<i64>(high01, high23, 1, 3));
  v128.store(y2, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(y1, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(y0, v128.shuffle<i64>(low01, low23, 0, 2));
}

/**
 * Adds what one row of two neighbouring windows gives to their sums with six filters, taken from one place and put in another. Exported so that it stays a function of
 * its own, with a single loop and its sums declared in the order of their use: else V8 keeps some on the stack, at half the speed.
 */
export function addLanesOfRow(
  p: usize, pixel: usize, run: i32, v: usize, firstFrom: usize, secondFrom: usize, first: usize, second: usize,
): void {
  let s0 = v128.load(firstFrom), t0 = v128.load(secondFrom), s1 = v128.load(firstFrom, 16), t1 = v128.load(secondFrom, 16), s2 = v128.load(firstFrom, 32), t2 = v128.load(secondFrom, 32);
  let s3 = v128.load(firstFrom, 48), t3 = v128.load(secondFrom, 48), s4 = v128.load(firstFrom, 64), t4 = v128.load(secondFrom, 64), s5 = v128.load(firstFrom, 80), t5 = v128.load(secondFrom, 80);
  let q = p + pixel;
  while (run > 0) {
    const a = v128.load(p), b = v128.load(q);
    let k = v128.load32_splat(v);
    s0 = multiplyAdd(k, a, s0);
    t0 = multiplyAdd(k, b, t0);
    k = v128.load32_splat(v, 4);
    s1 = multiplyAdd(k, a, s1);
    t1 = multiplyAdd(k, b, t1);
    k = v128.load32_splat(v, 8);
    s2 = multiplyAdd(k, a, s2);
    t2 = multiplyAdd(k, b, t2);
    k = v128.load32_splat(v, 12);
    s3 = multiplyAdd(k, a, s3);
    t3 = multiplyAdd(k, b, t3);
    k = v128.load32_splat(v, 16);
    s4 = multiplyAdd(k, a, s4);
    t4 = multiplyAdd(k, b, t4);
    k = v128.load32_splat(v, 20);
    s5 = multiplyAdd(k, a, s5);
    t5 = multiplyAdd(k, b, t5);
    p += VECTOR;
    q += VECTOR;
    v += 24;
    run--;
  }
  v128.store(first, s0);
  v128.store(second, t0);
  v128.store(first, s1, 16);
  v128.store(second, t1, 16);
  v128.store(first, s2, 32);
  v128.store(second, t2, 32);
  v128.store(first, s3, 48);
  v128.store(second, t3, 48);
  v128.store(first, s4, 64);
  v128.store(second, t4, 64);
  v128.store(first, s5, 80);
  v128.store(second, t5, 80);
}

/** The same from one start of both sums, for `count` taps at the distances from x that `offsets` lists: where rows are too short to be worth a call each. */
export function addLanesOfTaps(x: usize, pixel: usize, offsets: usize, count: i32, v: usize, start: usize, first: usize, second: usize): void {
  let s0 = v128.load(start), t0 = v128.load(start), s1 = v128.load(start, 16), t1 = v128.load(start, 16), s2 = v128.load(start, 32), t2 = v128.load(start, 32);
  let s3 = v128.load(start, 48), t3 = v128.load(start, 48), s4 = v128.load(start, 64), t4 = v128.load(start, 64), s5 = v128.load(start, 80), t5 = v128.load(start, 80);
  while (count > 0) {
    const p = x + load<usize>(offsets);
    const a = v128.load(p), b = v128.load(p + pixel);
    let k = v128.load32_splat(v);
    s0 = multiplyAdd(k, a, s0);
    t0 = multiplyAdd(k, b, t0);
    k = v128.load32_splat(v, 4);
    s1 = multiplyAdd(k, a, s1);
    t1 = multiplyAdd(k, b, t1);
    k = v128.load32_splat(v, 8);
    s2 = multiplyAdd(k, a, s2);
    t2 = multiplyAdd(k, b, t2);
    k = v128.load32_splat(v, 12);
    s3 = multiplyAdd(k, a, s3);
    t3 = multiplyAdd(k, b, t3);
    k = v128.load32_splat(v, 16);
    s4 = multiplyAdd(k, a, s4);
    t4 = multiplyAdd(k, b, t4);
    k = v128.load32_splat(v, 20);
    s5 = multiplyAdd(k, a, s5);
    t5 = multiplyAdd(k, b, t5);
    offsets += 4;
    v += 24;
    count--;
  }
  v128.store(first, s0);
  v128.store(second, t0);
  v128.store(first, s1, 16);
  v128.store(second, t1, 16);
  v128.store(first, s2, 32);
  v128.store(second, t2, 32);
  v128.store(first, s3, 48);
  v128.store(second, t3, 48);
  v128.store(first, s4, 64);
  v128.store(second, t4, 64);
  v128.store(first, s5, 80);
  v128.store(second, t5, 80);
}
