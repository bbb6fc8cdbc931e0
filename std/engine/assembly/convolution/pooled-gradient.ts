import { stays } from "../pooling/pairs";
import { multiplyAdd, partBegin } from "../simd";

// Gradients of a convolution whose results go through a max pooling. Of each window of results only the largest has a gradient, so
// that instead of all places of all results, most of them zeros, only the routes are followed: where each number of the pooled
// gradient came from. Each filter has a list of them, of (where its window of the image begins, gradient), without those of gradient 0.

const ROUTE: usize = 8;
/** A row of the wide loop: 8 vectors of sums, or of weights, stay in registers. */
const WIDE: i32 = 8;
const WIDE_BYTES: usize = 128;
/** The narrow loop takes 5 rows of at most 8 numbers at once. */
const NARROW_ROWS: i32 = 5;
const NARROW_RUN: i32 = 8;
const NARROW_BYTES: usize = 32;

/** Bytes of images whose routes are listed together: with the lists, what a first-level cache holds. */
const GROUP_BYTES: usize = 16 * 1024;
/** More images do not make the loops longer by much. */
const MOST_IMAGES: i32 = 8;

// @ts-ignore: decorator
@inline
function imagesAtOnce(imageBytes: usize, batch: i32): i32 {
  return max(1, min(min(batch, MOST_IMAGES), <i32>(GROUP_BYTES / imageBytes)));
}

// @ts-ignore: decorator
@inline
function rowBytes(run: i32): usize {
  return (<usize>((run << 2) + <i32>WIDE_BYTES - 1) / WIDE_BYTES) * WIDE_BYTES;
}

/** Bytes of a filter's sums or weights: rows of whole vectors, as the wide loop or the narrow one takes them. */
// @ts-ignore: decorator
@inline
function filterBytes(kernelHeight: i32, run: i32): usize {
  const narrow = <usize>((kernelHeight + NARROW_ROWS - 1) / NARROW_ROWS * NARROW_ROWS) * NARROW_BYTES;
  return max(<usize>kernelHeight * rowBytes(run), narrow);
}

/** Bytes of a filter's list for one image. */
// @ts-ignore: decorator
@inline
function listBytes(places: i32): usize {
  return <usize>(places + 1) * ROUTE;
}

/** `height` and `width` are those of the padded image. */
export function pooledGradientScratchBytes(
  batch: i32, height: i32, width: i32, channels: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, places: i32,
): i32 {
  const imageBytes = <usize>(height * width * channels) << 2;
  const images = <usize>imagesAtOnce(imageBytes, batch);
  const padded = <usize>((filters + 3) & ~3);
  const all = images * imageBytes + WIDE_BYTES + padded * (filterBytes(kernelHeight, kernelWidth * channels) + images * listBytes(places) + 8);
  return <i32>(all + 127) & ~63;
}

/** Bytes of one thread's sums, for all filters. */
export function pooledWeightSumsBytes(channels: i32, filters: i32, kernelHeight: i32, kernelWidth: i32): i32 {
  return <i32>(<usize>filters * filterBytes(kernelHeight, kernelWidth * channels));
}

/**
 * sums[thread][f][ky][kx, c] = sum over the thread's images and all places p of g[n, p, f] x[n, largest(n, p, f) + (ky, kx), c],
 * where largest is the place of window p of y that holds its first largest number; where `picks` is not 0 it tells that place, and y is
 * not read. Two spatial axes, one group, no dilation.
 * Threads have images: the ones they have in the convolution itself, whose results are still in their caches. There is room for the
 * sums of `count` threads; where one does everything, the others are zeros.
 */
export function pooledWeightSums(
  x: usize, y: usize, picks: usize, g: usize, sums: usize, count: i32, batch: i32, height: i32, width: i32, channels: i32, padHeight: i32, padWidth: i32, wideHeight: i32, wideWidth: i32,
  outHeight: i32, outWidth: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32,
  pooledHeight: i32, pooledWidth: i32, sizeHeight: i32, sizeWidth: i32, poolStrideHeight: i32, poolStrideWidth: i32, poolPadHeight: i32, poolPadWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const begin = partBegin(batch, 1, thread, threads), end = partBegin(batch, 1, thread + 1, threads);
  const places = pooledHeight * pooledWidth, run = kernelWidth * channels;
  scratch += <usize>thread * <usize>pooledGradientScratchBytes(batch, wideHeight, wideWidth, channels, filters, kernelHeight, kernelWidth, places);
  const pixel = <usize>channels << 2, row = pixel * wideWidth, imageBytes = row * wideHeight;
  const most = imagesAtOnce(imageBytes, batch), capacity = listBytes(places) * <usize>most;
  const each = filterBytes(kernelHeight, run);
  const lists = scratch + <usize>most * imageBytes + WIDE_BYTES, heads = lists + <usize>((filters + 3) & ~3) * capacity;
  sums += <usize>thread * <usize>filters * each;
  memory.fill(sums, 0, <usize>filters * each * <usize>(threads == 1 ? count : 1));
  memory.fill(scratch, 0, lists - scratch);
  for (let n = begin; n < end; n += most) {
    const images = min(most, end - n);
    copyImages(x + <usize>(n * height * width) * pixel, scratch + <usize>padHeight * row + <usize>padWidth * pixel, images, height, <usize>width * pixel, row, imageBytes);
    listRoutes(
      false, y + (<usize>(n * outHeight * outWidth * filters) << 2), picks ? picks + n * places * filters : 0, g + (<usize>(n * places * filters) << 2), images, filters, imageBytes,
      outHeight, outWidth, <usize>strideHeight * row, <usize>strideWidth * pixel,
      pooledHeight, pooledWidth, sizeHeight, sizeWidth, poolStrideHeight, poolStrideWidth, poolPadHeight, poolPadWidth, lists, capacity, heads,
    );
    for (let f = 0; f < filters; f++) {
      const list = lists + <usize>f * capacity, last = load<u32>(heads + (<usize>f << 2));
      let to = sums + <usize>f * each;
      if (run <= NARROW_RUN) {
        for (let ky = 0; ky < kernelHeight; ky += NARROW_ROWS) {
          const rows = kernelHeight - 1 - ky;
          addNarrowRoutes(list, last, scratch + <usize>ky * row, <usize>min(1, rows) * row, <usize>min(2, rows) * row, <usize>min(3, rows) * row, <usize>min(4, rows) * row, to);
          to += <usize>NARROW_ROWS * NARROW_BYTES;
        }
      } else {
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let at: usize = 0; at < rowBytes(run); at += WIDE_BYTES) addWideRoutes(list, last, scratch + <usize>ky * row + at, to + at);
          to += rowBytes(run);
        }
      }
    }
  }
}

/** dw[ky, kx, c, f] = the sums of all `parts` threads. */
export function pooledWeightGradient(
  sums: usize, dw: usize, parts: i32, channels: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, thread: i32, threads: i32,
): void {
  const run = kernelWidth * channels, each = filterBytes(kernelHeight, run), all = <usize>filters * each;
  const step = run <= NARROW_RUN ? NARROW_BYTES : rowBytes(run);
  const end = partBegin(filters, 1, thread + 1, threads);
  for (let f = partBegin(filters, 1, thread, threads); f < end; f++) {
    let to = dw + (<usize>f << 2);
    for (let ky = 0; ky < kernelHeight; ky++) {
      const from = sums + <usize>f * each + <usize>ky * step;
      for (let k = 0; k < run; k++) {
        let sum: f32 = 0;
        for (let part = 0; part < parts; part++) sum += load<f32>(from + <usize>part * all + (<usize>k << 2));
        store<f32>(to, sum);
        to += <usize>filters << 2;
      }
    }
  }
}

/**
 * dx[n, largest(n, p, f) + (ky, kx), c] += g[n, p, f] w[ky, kx, c, f]: the gradient of the image that the convolution read. As
 * above; threads have images.
 */
export function pooledInputGradient(
  w: usize, y: usize, picks: usize, g: usize, dx: usize, batch: i32, height: i32, width: i32, channels: i32, padHeight: i32, padWidth: i32, wideHeight: i32, wideWidth: i32,
  outHeight: i32, outWidth: i32, filters: i32, kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32,
  pooledHeight: i32, pooledWidth: i32, sizeHeight: i32, sizeWidth: i32, poolStrideHeight: i32, poolStrideWidth: i32, poolPadHeight: i32, poolPadWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const begin = partBegin(batch, 1, thread, threads), end = partBegin(batch, 1, thread + 1, threads);
  if (begin >= end) return;
  const places = pooledHeight * pooledWidth, run = kernelWidth * channels;
  scratch += <usize>thread * <usize>pooledGradientScratchBytes(batch, wideHeight, wideWidth, channels, filters, kernelHeight, kernelWidth, places);
  const pixel = <usize>channels << 2, row = pixel * wideWidth, imageBytes = row * wideHeight;
  const most = imagesAtOnce(imageBytes, batch), capacity = listBytes(places) * <usize>most;
  const weights = scratch + <usize>most * imageBytes + WIDE_BYTES, each = filterBytes(kernelHeight, run);
  const lists = weights + <usize>filters * each, heads = lists + <usize>((filters + 3) & ~3) * capacity;
  memory.fill(weights, 0, lists - weights);
  for (let f = 0; f < filters; f++) {
    let from = w + (<usize>f << 2);
    for (let ky = 0; ky < kernelHeight; ky++) {
      const to = weights + <usize>f * each + <usize>ky * rowBytes(run);
      for (let k = 0; k < run; k++) {
        store<f32>(to + (<usize>k << 2), load<f32>(from));
        from += <usize>filters << 2;
      }
    }
  }
  for (let n = begin; n < end; n += most) {
    const images = min(most, end - n);
    memory.fill(scratch, 0, <usize>images * imageBytes);
    listRoutes(
      true, y + (<usize>(n * outHeight * outWidth * filters) << 2), picks ? picks + n * places * filters : 0, g + (<usize>(n * places * filters) << 2), images, filters, imageBytes,
      outHeight, outWidth, <usize>strideHeight * row, <usize>strideWidth * pixel,
      pooledHeight, pooledWidth, sizeHeight, sizeWidth, poolStrideHeight, poolStrideWidth, poolPadHeight, poolPadWidth, lists, capacity, heads,
    );
    for (let f = 0; f < filters; f++) {
      const list = lists + <usize>f * capacity, last = load<u32>(heads + (<usize>f << 2));
      for (let ky = 0; ky < kernelHeight; ky++) {
        const from = weights + <usize>f * each + <usize>ky * rowBytes(run);
        for (let at: usize = 0; at < rowBytes(run); at += WIDE_BYTES) spreadWideRoutes(list, last, scratch + <usize>ky * row + at, from + at);
      }
    }
    let from = scratch + <usize>padHeight * row + <usize>padWidth * pixel, to = dx + <usize>(n * height * width) * pixel;
    for (let image = 0; image < images; image++) {
      for (let iy = 0; iy < height; iy++) {
        memory.copy(to, from + <usize>iy * row, <usize>width * pixel);
        to += <usize>width * pixel;
      }
      from += imageBytes;
    }
  }
}

/** Images into the middle of padded ones, whose edges are zero already. */
function copyImages(from: usize, to: usize, images: i32, height: i32, bytes: usize, row: usize, imageBytes: usize): void {
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < height; y++) {
      memory.copy(to + <usize>y * row, from, bytes);
      from += bytes;
    }
    to += imageBytes;
  }
}

/**
 * Lists the routes of all filters of some images; their ends go to `heads`. In the order of memory; or, to `spread` what they carry, with
 * the images taking turns within a place and the places going down before across: windows of neighbouring routes then do not
 * overlap, so that what adds to them need not wait for the route before.
 */
function listRoutes(
  spread: bool, y: usize, picks: usize, g: usize, images: i32, filters: i32, imageBytes: usize, outHeight: i32, outWidth: i32, down: usize, across: usize,
  pooledHeight: i32, pooledWidth: i32, sizeHeight: i32, sizeWidth: i32, strideHeight: i32, strideWidth: i32, padHeight: i32, padWidth: i32,
  lists: usize, capacity: usize, heads: usize,
): void {
  for (let f = 0; f < ((filters + 3) & ~3); f++) store<u32>(heads + (<usize>f << 2), <u32>(lists + <usize>f * capacity));
  const pixel = <usize>filters << 2, row = pixel * outWidth;
  const result = row * outHeight, pooled = pixel * pooledHeight * pooledWidth;
  if (picks) {
    const line = pixel * pooledWidth, right = 2 * <i32>across, lower = 2 * <i32>down;
    for (let f: usize = 0; f < pixel; f += 16) {
      if (spread) {
        listPicks(picks + (f >> 2), g + f, <i32>across, <i32>down, pooledWidth, pixel, right, pooledHeight, line, lower, images, pooled, <i32>imageBytes, heads + f);
      } else {
        listPicks(picks + (f >> 2), g + f, <i32>across, <i32>down, images, pooled, <i32>imageBytes, pooledHeight, line, lower, pooledWidth, pixel, right, heads + f);
      }
    }
    return;
  }
  const outer = spread ? pooledWidth : images, middle = pooledHeight, inner = spread ? images : pooledWidth;
  for (let i = 0; i < outer; i++) {
    for (let py = 0; py < middle; py++) {
      const y0 = max(0, py * strideHeight - padHeight), rows = min(outHeight, py * strideHeight - padHeight + sizeHeight) - y0;
      for (let k = 0; k < inner; k++) {
        const image = spread ? k : i, px = spread ? i : k;
        const x0 = max(0, px * strideWidth - padWidth), columns = min(outWidth, px * strideWidth - padWidth + sizeWidth) - x0;
        const window = y + <usize>image * result + <usize>y0 * row + <usize>x0 * pixel;
        const slopes = g + <usize>image * pooled + <usize>(py * pooledWidth + px) * pixel;
        const at = i32x4.splat(<i32>(<usize>image * imageBytes + <usize>y0 * down + <usize>x0 * across));
        listPlace(window, slopes, at, rows, columns, pixel, row, down, across, heads);
      }
    }
  }
}

/**
 * The routes of four filters where the forward pass has noted which of the four results of a window was taken (`maxPoolPairs`): three loops
 * over places, whichever of image, column and row each goes along. Exported as the loops over routes are.
 */
export function listPicks(
  picks: usize, g: usize, across: i32, down: i32, outer: i32, gOuter: usize, atOuter: i32, middle: i32, gMiddle: usize, atMiddle: i32,
  inner: i32, gInner: usize, atInner: i32, heads: usize,
): void {
  let end0 = <usize>load<u32>(heads), end1 = <usize>load<u32>(heads, 4), end2 = <usize>load<u32>(heads, 8), end3 = <usize>load<u32>(heads, 12);
  const moves = i32x4(0, across, down, across + down);
  let at = 0;
  for (; outer > 0; outer--) {
    let pm = picks, gm = g, start = at;
    for (let j = middle; j > 0; j--) {
      let pi = pm, gi = gm, place = start;
      for (let k = inner; k > 0; k--) {
        const bytes = v128.load32_zero(pi);
        // Four bytes of the table for each pick.
        const index = i32x4.shl(v128.shuffle<i8>(bytes, bytes, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), 2);
        const moved = i8x16.swizzle(moves, v128.or(index, i32x4.splat(0x03020100)));
        const slope = v128.load(gi), to = i32x4.add(i32x4.splat(place), moved);
        const low = v128.shuffle<i32>(to, slope, 0, 4, 1, 5), high = v128.shuffle<i32>(to, slope, 2, 6, 3, 7);
        v128.store64_lane(end0, low, 0);
        v128.store64_lane(end1, low, 1);
        v128.store64_lane(end2, high, 0);
        v128.store64_lane(end3, high, 1);
        const kept = <usize>i32x4.bitmask(f32x4.ne(slope, f32x4.splat(0)));
        end0 += (kept & 1) << 3;
        end1 += (kept & 2) << 2;
        end2 += (kept & 4) << 1;
        end3 += kept & 8;
        pi += gInner >> 2;
        gi += gInner;
        place += atInner;
      }
      pm += gMiddle >> 2;
      gm += gMiddle;
      start += atMiddle;
    }
    picks += gOuter >> 2;
    g += gOuter;
    at += atOuter;
  }
  store<u32>(heads, <u32>end0);
  store<u32>(heads, <u32>end1, 4);
  store<u32>(heads, <u32>end2, 8);
  store<u32>(heads, <u32>end3, 12);
}

/** The routes of one place, for all filters. `at` is where the convolution's first window of it begins in the image. */
// @ts-ignore: decorator
@inline
function listPlace(window: usize, slopes: usize, at: v128, rows: i32, columns: i32, pixel: usize, row: usize, down: usize, across: usize, heads: usize): void {
  for (let f: usize = 0; f < pixel; f += 16) {
    let best = v128.load(window + f), place = at;
    for (let iy = 0; iy < rows; iy++) {
      for (let ix = 0; ix < columns; ix++) {
        const v = v128.load(window + f + <usize>iy * row + <usize>ix * pixel);
        const keep = stays(best, v);
        best = v128.bitselect(best, v, keep);
        place = v128.bitselect(place, i32x4.add(at, i32x4.splat(<i32>(<usize>iy * down + <usize>ix * across))), keep);
      }
    }
    append(heads + f, place, v128.load(slopes + f));
  }
}

/** Puts a route at the end of each of four lists; one of gradient 0 is overwritten by the next. */
// @ts-ignore: decorator
@inline
function append(heads: usize, place: v128, slope: v128): void {
  const ends = v128.load(heads);
  const low = v128.shuffle<i32>(place, slope, 0, 4, 1, 5), high = v128.shuffle<i32>(place, slope, 2, 6, 3, 7);
  v128.store64_lane(<usize>i32x4.extract_lane(ends, 0), low, 0);
  v128.store64_lane(<usize>i32x4.extract_lane(ends, 1), low, 1);
  v128.store64_lane(<usize>i32x4.extract_lane(ends, 2), high, 0);
  v128.store64_lane(<usize>i32x4.extract_lane(ends, 3), high, 1);
  v128.store(heads, i32x4.add(ends, v128.and(f32x4.ne(slope, f32x4.splat(0)), i32x4.splat(<i32>ROUTE))));
}

// The loops over routes are functions of their own, exported so that they stay so: V8 then keeps all of their vectors in registers.

/** Adds gradient times 32 numbers of a window's row, for all routes. */
export function addWideRoutes(list: usize, end: usize, x: usize, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
  let s4 = v128.load(sums, 64), s5 = v128.load(sums, 80), s6 = v128.load(sums, 96), s7 = v128.load(sums, 112);
  while (list < end) {
    const p = x + <usize>load<u32>(list);
    const g = v128.load32_splat(list, 4);
    s0 = multiplyAdd(g, v128.load(p), s0);
    s1 = multiplyAdd(g, v128.load(p, 16), s1);
    s2 = multiplyAdd(g, v128.load(p, 32), s2);
    s3 = multiplyAdd(g, v128.load(p, 48), s3);
    s4 = multiplyAdd(g, v128.load(p, 64), s4);
    s5 = multiplyAdd(g, v128.load(p, 80), s5);
    s6 = multiplyAdd(g, v128.load(p, 96), s6);
    s7 = multiplyAdd(g, v128.load(p, 112), s7);
    list += ROUTE;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
  v128.store(sums, s6, 96);
  v128.store(sums, s7, 112);
}

/** The same for five rows of 8 numbers; the last four begin that much after x. */
export function addNarrowRoutes(list: usize, end: usize, x: usize, second: usize, third: usize, fourth: usize, fifth: usize, sums: usize): void {
  let s0 = v128.load(sums), t0 = v128.load(sums, 16), s1 = v128.load(sums, 32), t1 = v128.load(sums, 48), s2 = v128.load(sums, 64);
  let t2 = v128.load(sums, 80), s3 = v128.load(sums, 96), t3 = v128.load(sums, 112), s4 = v128.load(sums, 128), t4 = v128.load(sums, 144);
  while (list < end) {
    const p = x + <usize>load<u32>(list);
    const g = v128.load32_splat(list, 4);
    s0 = multiplyAdd(g, v128.load(p), s0);
    t0 = multiplyAdd(g, v128.load(p, 16), t0);
    s1 = multiplyAdd(g, v128.load(p + second), s1);
    t1 = multiplyAdd(g, v128.load(p + second, 16), t1);
    s2 = multiplyAdd(g, v128.load(p + third), s2);
    t2 = multiplyAdd(g, v128.load(p + third, 16), t2);
    s3 = multiplyAdd(g, v128.load(p + fourth), s3);
    t3 = multiplyAdd(g, v128.load(p + fourth, 16), t3);
    s4 = multiplyAdd(g, v128.load(p + fifth), s4);
    t4 = multiplyAdd(g, v128.load(p + fifth, 16), t4);
    list += ROUTE;
  }
  v128.store(sums, s0);
  v128.store(sums, t0, 16);
  v128.store(sums, s1, 32);
  v128.store(sums, t1, 48);
  v128.store(sums, s2, 64);
  v128.store(sums, t2, 80);
  v128.store(sums, s3, 96);
  v128.store(sums, t3, 112);
  v128.store(sums, s4, 128);
  v128.store(sums, t4, 144);
}

/** Adds gradient times 32 weights to a row of each route's window. */
export function spreadWideRoutes(list: usize, end: usize, x: usize, w: usize): void {
  const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
  const w4 = v128.load(w, 64), w5 = v128.load(w, 80), w6 = v128.load(w, 96), w7 = v128.load(w, 112);
  while (list < end) {
    const p = x + <usize>load<u32>(list);
    const g = v128.load32_splat(list, 4);
    v128.store(p, multiplyAdd(g, w0, v128.load(p)));
    v128.store(p, multiplyAdd(g, w1, v128.load(p, 16)), 16);
    v128.store(p, multiplyAdd(g, w2, v128.load(p, 32)), 32);
    v128.store(p, multiplyAdd(g, w3, v128.load(p, 48)), 48);
    v128.store(p, multiplyAdd(g, w4, v128.load(p, 64)), 64);
    v128.store(p, multiplyAdd(g, w5, v128.load(p, 80)), 80);
    v128.store(p, multiplyAdd(g, w6, v128.load(p, 96)), 96);
    v128.store(p, multiplyAdd(g, w7, v128.load(p, 112)), 112);
    list += ROUTE;
  }
}
