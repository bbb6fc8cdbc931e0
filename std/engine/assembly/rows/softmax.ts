import { exponential, exponentialOfNegative, logarithm } from "../math";
import { multiplyAdd, partBegin, storeLanes, storePart, sumLanes } from "../simd";

/** Four numbers of a row from place i on; past its end, `filler`. */
// @ts-ignore: decorator
@inline
export function loadPart(x: usize, left: i32, filler: f32): v128 {
  if (left >= 4) return v128.load(x);
  const lanes = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left));
  return v128.bitselect(v128.load(x), f32x4.splat(filler), lanes);
}

/** The largest number of a row. A NaN may be passed over: it comes out again in the sum of exponentials. */
// @ts-ignore: decorator
@inline
export function largest(x: usize, extent: i32): f32 {
  let best = f32x4.splat(-Infinity), second = best;
  let left = extent;
  for (; left >= 8; left -= 8, x += 32) {
    best = f32x4.pmax(best, v128.load(x));
    second = f32x4.pmax(second, v128.load(x, 16));
  }
  for (; left > 0; left -= 4, x += 16) best = f32x4.pmax(best, loadPart(x, left, -Infinity));
  best = f32x4.pmax(best, second);
  best = f32x4.pmax(best, v128.shuffle<i32>(best, best, 2, 3, 0, 1));
  best = f32x4.pmax(best, v128.shuffle<i32>(best, best, 1, 0, 3, 2));
  return f32x4.extract_lane(best, 0);
}

/** Sum of e^(x - shift) over a row. */
// @ts-ignore: decorator
@inline
export function sumOfExponentials(x: usize, extent: i32, shift: f32): f32 {
  let total = f32x4.splat(0);
  for (let left = extent; left > 0; left -= 4, x += 16)
    total = f32x4.add(total, exponentialOfNegative(f32x4.sub(loadPart(x, left, -Infinity), f32x4.splat(shift))));
  return sumLanes(total);
}

// @ts-ignore: decorator
@inline
export function logarithmOf(x: f32): f32 {
  return f32x4.extract_lane(logarithm(f32x4.splat(x)), 0);
}

/** y = e^(x - largest) over its sum, row by row. */
export function softmax(x: usize, y: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) softmaxRow(x + <usize>row * bytes, y + <usize>row * bytes, extent);
}

/** One row of softmax; y may be x. */
// @ts-ignore: decorator
@inline
export function softmaxRow(x: usize, y: usize, extent: i32): void {
  const shift = f32x4.splat(largest(x, extent));
  let total = f32x4.splat(0);
  let at: usize = 0;
  let left = extent;
  for (; left >= 4; left -= 4, at += 16) {
    const e = exponentialOfNegative(f32x4.sub(v128.load(x + at), shift));
    total = f32x4.add(total, e);
    v128.store(y + at, e);
  }
  if (left > 0) {
    const e = exponentialOfNegative(f32x4.sub(loadPart(x + at, left, -Infinity), shift));
    total = f32x4.add(total, e);
    storeLanes(y + at, e, left);
  }
  const scale = f32x4.splat(1 / sumLanes(total));
  at = 0;
  for (left = extent; left >= 4; left -= 4, at += 16) v128.store(y + at, f32x4.mul(v128.load(y + at), scale));
  if (left > 0) storeLanes(y + at, f32x4.mul(v128.load(y + at), scale), left);
}

/** y = x - largest - log of the sum of e^(x - largest), row by row. */
export function logSoftmax(x: usize, y: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    const shift = largest(from, extent);
    const log = logarithmOf(sumOfExponentials(from, extent, shift));
    let at: usize = 0;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(to + at, f32x4.sub(f32x4.sub(v128.load(from + at), f32x4.splat(shift)), f32x4.splat(log)), left);
  }
}

/** dx = y (g - sum(y g)), row by row. */
export function softmaxGradient(y: usize, g: usize, dx: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    let total = f32x4.splat(0);
    let at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) total = multiplyAdd(loadPart(y + at, left, 0), loadPart(g + at, left, 0), total);
    const dot = f32x4.splat(sumLanes(total));
    at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(g + at), dot)), left);
  }
}

/** dx = g - e^y sum(g), row by row. */
export function logSoftmaxGradient(y: usize, g: usize, dx: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    let total = f32x4.splat(0);
    let at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) total = f32x4.add(total, loadPart(g + at, left, 0));
    const all = f32x4.splat(sumLanes(total));
    at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(dx + at, f32x4.sub(v128.load(g + at), f32x4.mul(exponential(v128.load(y + at)), all)), left);
  }
}
