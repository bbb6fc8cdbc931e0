import { rationalTangent } from "../math";
import { relu } from "../matmul/activation";
import { TILE_ROWS } from "../matmul/micro-kernel";
import { partBegin, storePart } from "../simd";
import { complement } from "./lanes";
import { packWeight, panelBytes, timesPanels } from "./product";

// As in lstm.ts: threads share out the sequences of the batch.

/** Bytes of scratch per thread: the packed weight, and H numbers for each sequence. */
export function rnnScratchBytes(batch: i32, width: i32): i32 {
  return <i32>((panelBytes(width, width) + <usize>(batch * width) * 4 + 127) & ~63);
}

/** z N x T x H, weight H x H, h N x H; y N x T x H = tanh (rectified: max(0, …)) of z_t + h W. */
export function rnn(z: usize, weight: usize, h: usize, y: usize, rectified: i32, batch: i32, times: i32, width: i32, scratch: usize, thread: i32, threads: i32): void {
  scratch += <usize>thread * <usize>rnnScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, lead = row * times;
  const sums = scratch + panelBytes(width, width);
  packWeight(weight, width, width, false, scratch);
  for (let t = 0; t < times; t++) {
    const before = t == 0 ? h + <usize>first * row : y + <usize>first * lead + <usize>(t - 1) * row;
    timesPanels(before, t == 0 ? row : lead, scratch, sums, row, end - first, width, width, 0);
    rnnStep(z, sums, y, rectified, first, end - first, t, times, width, 0, 1);
  }
}

/** Time t of `rnn` for `count` sequences from `first` on, given h W of the state before: `sums`, count x H. */
export function rnnStep(z: usize, sums: usize, y: usize, rectified: i32, first: i32, count: i32, t: i32, times: i32, width: i32, thread: i32, threads: i32): void {
  const row = <usize>width << 2;
  for (let n = first; n < first + count; n++, sums += row) {
    const at = <usize>(n * times + t) * row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const v = f32x4.add(v128.load(z + at + k), v128.load(sums + k));
      storePart(y + at + k, rectified ? relu(v) : rationalTangent(v), width - j);
    }
  }
}

/** gy is the gradient of y; gz N x T x H and gh N x H those of z and h. */
export function rnnGradient(
  weight: usize, y: usize, gy: usize, gz: usize, gh: usize, rectified: i32, batch: i32, times: i32, width: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>rnnScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2;
  packWeight(weight, width, width, true, scratch);
  for (let t = times - 1; t >= 0; t--) {
    rnnGradientStep(y, gy, gz, gh, rectified, first, end - first, t, times, width, 0, 1);
    timesPanels(gz + <usize>(first * times + t) * row, row * times, scratch, gh + <usize>first * row, row, end - first, width, width, 0);
  }
}

/** Time t of `rnnGradient`, the last time first: gz of that time from gh = gz W^T of the time after, which the caller gets ready for the next step. */
export function rnnGradientStep(
  y: usize, gy: usize, gz: usize, gh: usize, rectified: i32, first: i32, count: i32, t: i32, times: i32, width: i32, thread: i32, threads: i32,
): void {
  const row = <usize>width << 2;
  if (t == times - 1) memory.fill(gh + <usize>first * row, 0, <usize>count * row);
  for (let n = first; n < first + count; n++) {
    const at = <usize>(n * times + t) * row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const state = v128.load(y + at + k);
      const incoming = f32x4.add(v128.load(gy + at + k), v128.load(gh + <usize>n * row + k));
      const slope = rectified ? v128.and(f32x4.gt(state, f32x4.splat(0)), f32x4.splat(1)) : complement(f32x4.mul(state, state));
      storePart(gz + at + k, f32x4.mul(incoming, slope), width - j);
    }
  }
}
