import { rationalLogistic, rationalTangent } from "../math";
import { TILE_ROWS } from "../matmul/micro-kernel";
import { multiplyAdd, partBegin, storePart } from "../simd";
import { complement } from "./lanes";
import { packWeight, panelBytes, timesPanels } from "./product";

// As in lstm.ts: threads share out the sequences of the batch.

/** Bytes of scratch per thread: the packed weight, and 3H numbers for each sequence. */
export function gruScratchBytes(batch: i32, width: i32): i32 {
  return <i32>(((panelBytes(width, 3 * width) + panelBytes(3 * width, width) + <usize>(3 * batch * width) * 4) + 127) & ~63);
}

/** z N x T x 3H, weight H x 3H, bias 3H, h N x H; y N x T x H, gates N x T x 4H: r, u, n, q (see std/tensor/operations/gru.ts). */
export function gru(
  z: usize, weight: usize, bias: usize, h: usize, y: usize, gates: usize, batch: i32, times: i32, width: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>gruScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, leadState = row * times;
  const sums = scratch + panelBytes(width, 3 * width) + panelBytes(3 * width, width);
  packWeight(weight, width, 3 * width, false, scratch);
  for (let t = 0; t < times; t++) {
    const before = t == 0 ? h + <usize>first * row : y + <usize>first * leadState + <usize>(t - 1) * row;
    timesPanels(before, t == 0 ? row : leadState, scratch, sums, 3 * row, end - first, 3 * width, width, 0);
    gruStep(z, sums, bias, h, y, gates, first, end - first, t, times, width, 0, 1);
  }
}

/** Time t of `gru` for `count` sequences from `first` on, given h W of the state before: `sums`, count x 3H. */
export function gruStep(
  z: usize, sums: usize, bias: usize, h: usize, y: usize, gates: usize, first: i32, count: i32, t: i32, times: i32, width: i32, thread: i32, threads: i32,
): void {
  const row = <usize>width << 2;
  for (let n = first; n < first + count; n++, sums += 3 * row) {
    const from = z + <usize>(n * times + t) * 3 * row;
    const gate = gates + <usize>(n * times + t) * 4 * row;
    const at = <usize>(n * times + t) * row;
    const stateBefore = t == 0 ? h + <usize>n * row : y + at - row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const left = width - j;
      const reset = rationalLogistic(f32x4.add(v128.load(from + k), f32x4.add(v128.load(sums + k), v128.load(bias + k))));
      const update = rationalLogistic(f32x4.add(v128.load(from + row + k), f32x4.add(v128.load(sums + row + k), v128.load(bias + row + k))));
      const recurrent = f32x4.add(v128.load(sums + 2 * row + k), v128.load(bias + 2 * row + k));
      const candidate = rationalTangent(multiplyAdd(reset, recurrent, v128.load(from + 2 * row + k)));
      storePart(gate + k, reset, left);
      storePart(gate + row + k, update, left);
      storePart(gate + 2 * row + k, candidate, left);
      storePart(gate + 3 * row + k, recurrent, left);
      storePart(y + at + k, multiplyAdd(update, v128.load(stateBefore + k), f32x4.mul(complement(update), candidate)), left);
    }
  }
}

/** gy N x T x H is the gradient of y; gz and ga N x T x 3H those of z and of h W + b, gh N x H that of h. */
export function gruGradient(
  weight: usize, h: usize, y: usize, gates: usize, gy: usize, gz: usize, ga: usize, gh: usize, batch: i32, times: i32, width: i32, scratch: usize,
  thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>gruScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, wide = 3 * row;
  packWeight(weight, 3 * width, width, true, scratch);
  for (let t = times - 1; t >= 0; t--) {
    gruGradientStep(h, y, gates, gy, gz, ga, gh, first, end - first, t, times, width, 0, 1);
    timesPanels(ga + <usize>(first * times + t) * wide, wide * times, scratch, gh + <usize>first * row, row, end - first, width, 3 * width, 1);
  }
}

/**
 * Time t of `gruGradient`, the last time first: gz and ga of that time from gh, the gradient of h then. It leaves in gh
 * what reaches the state before by u h; the caller adds ga W^T.
 */
export function gruGradientStep(
  h: usize, y: usize, gates: usize, gy: usize, gz: usize, ga: usize, gh: usize, first: i32, count: i32, t: i32, times: i32, width: i32, thread: i32,
  threads: i32,
): void {
  const row = <usize>width << 2, wide = 3 * row;
  if (t == times - 1) memory.fill(gh + <usize>first * row, 0, <usize>count * row);
  for (let n = first; n < first + count; n++) {
    const gate = gates + <usize>(n * times + t) * 4 * row;
    const toZ = gz + <usize>(n * times + t) * wide, toA = ga + <usize>(n * times + t) * wide;
    const at = <usize>(n * times + t) * row;
    const stateBefore = t == 0 ? h + <usize>n * row : y + at - row;
    const dh = gh + <usize>n * row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const left = width - j;
      const reset = v128.load(gate + k), update = v128.load(gate + row + k), candidate = v128.load(gate + 2 * row + k);
      const incoming = f32x4.add(v128.load(gy + at + k), v128.load(dh + k));
      const difference = f32x4.sub(v128.load(stateBefore + k), candidate);
      const toUpdate = f32x4.mul(f32x4.mul(incoming, difference), f32x4.mul(update, complement(update)));
      const toCandidate = f32x4.mul(f32x4.mul(incoming, complement(update)), complement(f32x4.mul(candidate, candidate)));
      const toReset = f32x4.mul(f32x4.mul(toCandidate, v128.load(gate + 3 * row + k)), f32x4.mul(reset, complement(reset)));
      storePart(toZ + k, toReset, left);
      storePart(toA + k, toReset, left);
      storePart(toZ + row + k, toUpdate, left);
      storePart(toA + row + k, toUpdate, left);
      storePart(toZ + 2 * row + k, toCandidate, left);
      storePart(toA + 2 * row + k, f32x4.mul(toCandidate, reset), left);
      storePart(dh + k, f32x4.mul(incoming, update), left);
    }
  }
}
