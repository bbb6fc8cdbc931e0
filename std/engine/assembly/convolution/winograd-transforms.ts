import { multiplyAdd, multiplySubtract } from "../simd";

// The transforms of `winograd.ts` along one axis, of four channels at a time: vectors `step` bytes apart are read, those
// written are `stepTo` apart. `side` is that of the tile, 6 or 4.

/** B^T along one axis: four numbers of the image. */
// @ts-ignore: decorator
@inline
function transformFour(from: usize, step: usize, to: usize, stepTo: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step), d3 = v128.load(from + 3 * step);
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + stepTo, f32x4.add(d1, d2));
  v128.store(to + 2 * stepTo, f32x4.sub(d2, d1));
  v128.store(to + 3 * stepTo, f32x4.sub(d3, d1));
}

/** B^T along one axis: as many numbers of the image as a tile's side. */
// @ts-ignore: decorator
@inline
export function transformImage(side: i32, from: usize, step: usize, to: usize, stepTo: usize): void {
  if (side == 4) {
    transformFour(from, step, to, stepTo);
    return;
  }
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step);
  const two = f32x4.splat(2), four = f32x4.splat(4), five = f32x4.splat(5);
  v128.store(to, multiplySubtract(five, d2, multiplyAdd(four, d0, d4)));
  const even = multiplySubtract(four, d2, d4), odd = multiplySubtract(four, d1, d3);
  v128.store(to + stepTo, f32x4.add(even, odd));
  v128.store(to + 2 * stepTo, f32x4.sub(even, odd));
  const even2 = f32x4.sub(d4, d2), odd2 = f32x4.mul(two, f32x4.sub(d3, d1));
  v128.store(to + 3 * stepTo, f32x4.add(even2, odd2));
  v128.store(to + 4 * stepTo, f32x4.sub(even2, odd2));
  v128.store(to + 5 * stepTo, multiplySubtract(five, d3, multiplyAdd(four, d1, d5)));
}

/** G along one axis: `taps` (2 or 3) numbers of the kernel become four. */
// @ts-ignore: decorator
@inline
function transformTapsToFour(from: usize, step: usize, taps: i32, to: usize, stepTo: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step);
  let even = g0, last = g1;
  if (taps > 2) {
    last = v128.load(from + 2 * step);
    even = f32x4.add(even, last);
  }
  const half = f32x4.splat(0.5);
  v128.store(to, g0);
  v128.store(to + stepTo, f32x4.mul(f32x4.add(even, g1), half));
  v128.store(to + 2 * stepTo, f32x4.mul(f32x4.sub(even, g1), half));
  v128.store(to + 3 * stepTo, last);
}

/** G along one axis: `taps` (2 to 5) numbers of the kernel become as many as a tile's side. `step` may be negative, to read it turned round. */
// @ts-ignore: decorator
@inline
export function transformTaps(side: i32, from: usize, step: usize, taps: i32, to: usize, stepTo: usize): void {
  if (side == 4) {
    transformTapsToFour(from, step, taps, to, stepTo);
    return;
  }
  const g0 = v128.load(from), g1 = v128.load(from + step);
  let even = g0, odd = g1, even2 = g0, odd2 = f32x4.mul(g1, f32x4.splat(2)), last = g1;
  if (taps > 2) {
    last = v128.load(from + 2 * step);
    even = f32x4.add(even, last);
    even2 = multiplyAdd(last, f32x4.splat(4), even2);
  }
  if (taps > 3) {
    last = v128.load(from + 3 * step);
    odd = f32x4.add(odd, last);
    odd2 = multiplyAdd(last, f32x4.splat(8), odd2);
  }
  if (taps > 4) {
    last = v128.load(from + 4 * step);
    even = f32x4.add(even, last);
    even2 = multiplyAdd(last, f32x4.splat(16), even2);
  }
  const sixth = f32x4.splat(-1.0 / 6), part = f32x4.splat(1.0 / 24);
  v128.store(to, f32x4.mul(g0, f32x4.splat(0.25)));
  v128.store(to + stepTo, f32x4.mul(f32x4.add(even, odd), sixth));
  v128.store(to + 2 * stepTo, f32x4.mul(f32x4.sub(even, odd), sixth));
  v128.store(to + 3 * stepTo, f32x4.mul(f32x4.add(even2, odd2), part));
  v128.store(to + 4 * stepTo, f32x4.mul(f32x4.sub(even2, odd2), part));
  v128.store(to + 5 * stepTo, last);
}

/** A^T along one axis: four numbers become `results` (2 or 3). */
// @ts-ignore: decorator
@inline
function resultsOfFour(from: usize, step: usize, results: i32, to: usize, stepTo: usize): void {
  const m0 = v128.load(from), m1 = v128.load(from + step), m2 = v128.load(from + 2 * step), m3 = v128.load(from + 3 * step);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
  v128.store(to, f32x4.add(m0, sum));
  v128.store(to + stepTo, results == 2 ? f32x4.add(difference, m3) : difference);
  if (results == 3) v128.store(to + 2 * stepTo, f32x4.add(sum, m3));
}

/** A^T along one axis: as many numbers as a tile's side become `results` (2 to 5). */
// @ts-ignore: decorator
@inline
export function transformResults(side: i32, from: usize, step: usize, results: i32, to: usize, stepTo: usize): void {
  if (side == 4) {
    resultsOfFour(from, step, results, to, stepTo);
    return;
  }
  const m0 = v128.load(from), m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step), m5 = v128.load(from + 5 * step);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2), sum2 = f32x4.add(m3, m4), difference2 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, sum), sum2));
  const y1 = multiplyAdd(difference2, f32x4.splat(2), difference);
  if (results == 2) {
    v128.store(to + stepTo, f32x4.add(y1, m5));
    return;
  }
  v128.store(to + stepTo, y1);
  const y2 = multiplyAdd(sum2, f32x4.splat(4), sum);
  if (results == 3) {
    v128.store(to + 2 * stepTo, f32x4.add(y2, m5));
    return;
  }
  v128.store(to + 2 * stepTo, y2);
  const y3 = multiplyAdd(difference2, f32x4.splat(8), difference);
  if (results == 4) {
    v128.store(to + 3 * stepTo, f32x4.add(y3, m5));
    return;
  }
  v128.store(to + 3 * stepTo, y3);
  v128.store(to + 4 * stepTo, f32x4.add(multiplyAdd(sum2, f32x4.splat(16), sum), m5));
}
