import { multiplyAdd, multiplySubtract } from "../simd";

// The transforms of `strided-winograd.ts` along one axis, of four channels at a time: F(4, 2) by the points 0, 1, -1, 2 and
// infinity. Vectors `step` bytes apart are read, those written are `stepTo` apart.

/** B^T: five numbers of the image. */
// @ts-ignore: decorator
@inline
export function transformFive(from: usize, step: usize, to: usize, stepTo: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step);
  const two = f32x4.splat(2), outer = f32x4.sub(d3, d1), inner = f32x4.sub(d3, d2);
  v128.store(to, multiplyAdd(two, f32x4.sub(d0, d2), outer));
  v128.store(to + stepTo, multiplySubtract(two, d1, inner));
  v128.store(to + 2 * stepTo, multiplyAdd(two, f32x4.sub(d1, d2), inner));
  v128.store(to + 3 * stepTo, outer);
  v128.store(to + 4 * stepTo, multiplySubtract(two, outer, f32x4.sub(d4, d2)));
}

/** G: a kernel's first and last taps become five numbers, after the middle one. */
// @ts-ignore: decorator
@inline
export function transformThreeTaps(g0: v128, g1: v128, g2: v128, to: usize, stepTo: usize): void {
  const sixth = f32x4.splat(1.0 / 6);
  v128.store(to, g1);
  v128.store(to + stepTo, f32x4.mul(f32x4.splat(0.5), g0));
  v128.store(to + 2 * stepTo, f32x4.mul(f32x4.splat(-0.5), f32x4.add(g0, g2)));
  v128.store(to + 3 * stepTo, f32x4.mul(sixth, f32x4.sub(g2, g0)));
  v128.store(to + 4 * stepTo, f32x4.mul(sixth, multiplyAdd(f32x4.splat(2), g2, g0)));
  v128.store(to + 5 * stepTo, g2);
}

/** G^T: six numbers as `transformThreeTaps` orders them become the gradient of three taps. */
// @ts-ignore: decorator
@inline
export function gradientOfTaps(from: usize, step: usize, to: usize, stepTo: usize): void {
  const p0 = v128.load(from + step), p1 = v128.load(from + 2 * step), p2 = v128.load(from + 3 * step);
  const p3 = v128.load(from + 4 * step), p4 = v128.load(from + 5 * step);
  const half = f32x4.splat(0.5), sixth = f32x4.splat(1.0 / 6);
  v128.store(to, multiplyAdd(sixth, f32x4.sub(p3, p2), f32x4.mul(half, f32x4.sub(p0, p1))));
  v128.store(to + stepTo, v128.load(from));
  v128.store(to + 2 * stepTo, multiplyAdd(sixth, multiplyAdd(f32x4.splat(2), p3, p2), multiplySubtract(half, p1, p4)));
}

/** A: four numbers of a result's gradient become five. */
// @ts-ignore: decorator
@inline
export function expandFour(from: usize, step: usize, to: usize, stepTo: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step), g2 = v128.load(from + 2 * step), g3 = v128.load(from + 3 * step);
  const even = f32x4.add(g0, g2), odd = f32x4.add(g1, g3);
  const four = f32x4.splat(4);
  v128.store(to, g0);
  v128.store(to + stepTo, f32x4.add(even, odd));
  v128.store(to + 2 * stepTo, f32x4.sub(even, odd));
  v128.store(to + 3 * stepTo, multiplyAdd(f32x4.splat(2), multiplyAdd(four, g3, g1), multiplyAdd(four, g2, g0)));
  v128.store(to + 4 * stepTo, g3);
}

/** A^T: five products become four results. */
// @ts-ignore: decorator
@inline
export function resultsOfFive(from: usize, step: usize, to: usize, stepTo: usize): void {
  const p0 = v128.load(from), p1 = v128.load(from + step), p2 = v128.load(from + 2 * step), p3 = v128.load(from + 3 * step);
  const p4 = v128.load(from + 4 * step);
  const sum = f32x4.add(p1, p2), difference = f32x4.sub(p1, p2);
  v128.store(to, f32x4.add(f32x4.add(p0, sum), p3));
  v128.store(to + stepTo, multiplyAdd(f32x4.splat(2), p3, difference));
  v128.store(to + 2 * stepTo, multiplyAdd(f32x4.splat(4), p3, sum));
  v128.store(to + 3 * stepTo, f32x4.add(multiplyAdd(f32x4.splat(8), p3, difference), p4));
}

/** The same, added to four products of the phase with one tap. */
// @ts-ignore: decorator
@inline
export function resultsOfNine(single: usize, singleStep: usize, paired: usize, pairedStep: usize, to: usize, stepTo: usize): void {
  const p0 = v128.load(paired), p1 = v128.load(paired + pairedStep), p2 = v128.load(paired + 2 * pairedStep);
  const p3 = v128.load(paired + 3 * pairedStep), p4 = v128.load(paired + 4 * pairedStep);
  const sum = f32x4.add(p1, p2), difference = f32x4.sub(p1, p2);
  v128.store(to, f32x4.add(v128.load(single), f32x4.add(f32x4.add(p0, sum), p3)));
  v128.store(to + stepTo, f32x4.add(v128.load(single + singleStep), multiplyAdd(f32x4.splat(2), p3, difference)));
  v128.store(to + 2 * stepTo, f32x4.add(v128.load(single + 2 * singleStep), multiplyAdd(f32x4.splat(4), p3, sum)));
  v128.store(to + 3 * stepTo, f32x4.add(v128.load(single + 3 * singleStep), f32x4.add(multiplyAdd(f32x4.splat(8), p3, difference), p4)));
}

/** Four vectors, as they are. */
// @ts-ignore: decorator
@inline
export function copyFour(from: usize, step: usize, to: usize, stepTo: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to + stepTo, v128.load(from + step));
  v128.store(to + 2 * stepTo, v128.load(from + 2 * step));
  v128.store(to + 3 * stepTo, v128.load(from + 3 * step));
}
