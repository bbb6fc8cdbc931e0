import { finishRow } from "../matmul/micro-kernel";
import { multiplyAdd } from "../simd";

/**
 * One 4 x 8 tile of a convolution's result: four windows of the image against a panel of packed weights. A window is read
 * as `tapCount` runs of `run` neighbouring numbers; `taps` lists where each run begins, in bytes from the window's corner.
 * So the matrix of all windows (im2col) is never written. c0 … c3 are the places of the four results.
 */
export function tileFromWindows(
  a0: usize, a1: usize, a2: usize, a3: usize, taps: usize, tapCount: i32, run: i32, panel: usize,
  c0: usize, c1: usize, c2: usize, c3: usize, rows: i32, columns: i32, accumulate: i32, bias: usize, residual: usize, activation: i32,
): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
  const runBytes = <usize>run << 2;
  const tapsEnd = taps + (<usize>tapCount << 2);
  while (taps < tapsEnd) {
    const offset = load<usize>(taps);
    let p0 = a0 + offset, p1 = a1 + offset, p2 = a2 + offset, p3 = a3 + offset;
    const end = p0 + runBytes;
    while (p0 < end) {
      const b0 = v128.load(panel), b1 = v128.load(panel, 16);
      let x = v128.load32_splat(p0);
      s00 = multiplyAdd(x, b0, s00);
      s01 = multiplyAdd(x, b1, s01);
      x = v128.load32_splat(p1);
      s10 = multiplyAdd(x, b0, s10);
      s11 = multiplyAdd(x, b1, s11);
      x = v128.load32_splat(p2);
      s20 = multiplyAdd(x, b0, s20);
      s21 = multiplyAdd(x, b1, s21);
      x = v128.load32_splat(p3);
      s30 = multiplyAdd(x, b0, s30);
      s31 = multiplyAdd(x, b1, s31);
      p0 += 4;
      p1 += 4;
      p2 += 4;
      p3 += 4;
      panel += 32;
    }
    taps += 4;
  }
  finishRow(c0, s00, s01, columns, accumulate, bias, residual, activation);
  if (rows > 1) finishRow(c1, s10, s11, columns, accumulate, bias, residual, activation);
  if (rows > 2) finishRow(c2, s20, s21, columns, accumulate, bias, residual, activation);
  if (rows > 3) finishRow(c3, s30, s31, columns, accumulate, bias, residual, activation);
}

/**
 * One 4 x 8 tile of a gradient of weights: four neighbouring numbers of every window (`a` in the first one) against the
 * gradient of the result. The windows come in `count` segments of a row: `segments` lists the bytes from `a` and the number
 * of windows of each; inside one they are `step` bytes apart.
 */
export function tileFromPixels(
  a: usize, step: usize, segments: usize, count: i32, panel: usize, panelLead: usize, c: usize, ldc: usize, rows: i32, columns: i32, accumulate: i32,
): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
  const segmentsEnd = segments + (<usize>count << 3);
  while (segments < segmentsEnd) {
    let p = a + load<usize>(segments);
    let left = load<i32>(segments, 4);
    while (left > 0) {
      const b0 = v128.load(panel), b1 = v128.load(panel, 16);
      let x = v128.load32_splat(p);
      s00 = multiplyAdd(x, b0, s00);
      s01 = multiplyAdd(x, b1, s01);
      x = v128.load32_splat(p, 4);
      s10 = multiplyAdd(x, b0, s10);
      s11 = multiplyAdd(x, b1, s11);
      x = v128.load32_splat(p, 8);
      s20 = multiplyAdd(x, b0, s20);
      s21 = multiplyAdd(x, b1, s21);
      x = v128.load32_splat(p, 12);
      s30 = multiplyAdd(x, b0, s30);
      s31 = multiplyAdd(x, b1, s31);
      p += step;
      panel += panelLead;
      left--;
    }
    segments += 8;
  }
  finishRow(c, s00, s01, columns, accumulate, 0, 0, 0);
  if (rows > 1) finishRow(c + ldc, s10, s11, columns, accumulate, 0, 0, 0);
  if (rows > 2) finishRow(c + 2 * ldc, s20, s21, columns, accumulate, 0, 0, 0);
  if (rows > 3) finishRow(c + 3 * ldc, s30, s31, columns, accumulate, 0, 0, 0);
}
