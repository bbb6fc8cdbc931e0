import { rationalLogistic, rationalTangent } from "../math";
import { TILE_ROWS } from "../matmul/micro-kernel";
import { multiplyAdd, partBegin, storePart } from "../simd";
import { complement } from "./lanes";
import { packWeight, panelBytes, timesPanels } from "./product";

// Threads share out the sequences of the batch: each runs its own through all times, so that none waits for another.
// The recurrent weight is packed once per thread and stays in the second-level cache. Where a BLAS does the products, each
// time is a call of its own (see std/engine/lowering/recurrent.ts).

/** Bytes of scratch per thread, of both directions: the packed weight and the product of one time, 4H numbers for each sequence. */
export function lstmScratchBytes(batch: i32, width: i32): i32 {
  return <i32>(((panelBytes(width, 4 * width) + panelBytes(4 * width, width) + <usize>(4 * batch * width) * 4) + 127) & ~63);
}

/** z N x T x 4H, weight H x 4H, h and c N x H; y N x T x H, last N x H, gates N x T x 4H, cells N x T x H (see std/tensor/operations/lstm.ts). */
export function lstm(
  z: usize, weight: usize, h: usize, c: usize, y: usize, last: usize, gates: usize, cells: usize, batch: i32, times: i32, width: i32, scratch: usize,
  thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>lstmScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, leadState = row * times;
  const sums = scratch + panelBytes(width, 4 * width) + panelBytes(4 * width, width);
  packWeight(weight, width, 4 * width, false, scratch);
  for (let t = 0; t < times; t++) {
    const before = t == 0 ? h + <usize>first * row : y + <usize>first * leadState + <usize>(t - 1) * row;
    timesPanels(before, t == 0 ? row : leadState, scratch, sums, 4 * row, end - first, 4 * width, width, 0);
    lstmStep(z, sums, c, y, last, gates, cells, first, end - first, t, times, width, 0, 1);
  }
}

/** Time t of `lstm` for `count` sequences from `first` on, given h W of the state before: `sums`, count x 4H. */
export function lstmStep(
  z: usize, sums: usize, c: usize, y: usize, last: usize, gates: usize, cells: usize, first: i32, count: i32, t: i32, times: i32, width: i32,
  thread: i32, threads: i32,
): void {
  const row = <usize>width << 2, gateRow = row * 4;
  for (let n = first; n < first + count; n++, sums += gateRow) {
    const from = z + <usize>(n * times + t) * gateRow;
    const gate = gates + <usize>(n * times + t) * gateRow;
    const at = <usize>(n * times + t) * row;
    const cellBefore = t == 0 ? c + <usize>n * row : cells + at - row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const left = width - j;
      const input = rationalLogistic(f32x4.add(v128.load(from + k), v128.load(sums + k)));
      const forget = rationalLogistic(f32x4.add(v128.load(from + row + k), v128.load(sums + row + k)));
      const candidate = rationalTangent(f32x4.add(v128.load(from + 2 * row + k), v128.load(sums + 2 * row + k)));
      const output = rationalLogistic(f32x4.add(v128.load(from + 3 * row + k), v128.load(sums + 3 * row + k)));
      const cell = multiplyAdd(forget, v128.load(cellBefore + k), f32x4.mul(input, candidate));
      // With a width that is no multiple of 4, a gate's last vector holds the next gate's first numbers: those are not stored.
      storePart(gate + k, input, left);
      storePart(gate + row + k, forget, left);
      storePart(gate + 2 * row + k, candidate, left);
      storePart(gate + 3 * row + k, output, left);
      storePart(cells + at + k, cell, left);
      storePart(y + at + k, f32x4.mul(output, rationalTangent(cell)), left);
      if (t == times - 1) storePart(last + <usize>n * row + k, cell, left);
    }
  }
}

/** gy N x T x H and gc N x H are the gradients of y and the last c; gz N x T x 4H, gh and gInitial N x H those of z, h and c. */
export function lstmGradient(
  weight: usize, c: usize, gates: usize, cells: usize, gy: usize, gc: usize, gz: usize, gh: usize, gInitial: usize, batch: i32, times: i32, width: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>lstmScratchBytes(batch, width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, gateRow = row * 4;
  packWeight(weight, 4 * width, width, true, scratch);
  for (let t = times - 1; t >= 0; t--) {
    lstmGradientStep(c, gates, cells, gy, gc, gz, gh, gInitial, first, end - first, t, times, width, 0, 1);
    timesPanels(gz + <usize>(first * times + t) * gateRow, gateRow * times, scratch, gh + <usize>first * row, row, end - first, width, 4 * width, 0);
  }
}

/**
 * Time t of `lstmGradient`, the last time first: gz of that time from gh = gz W^T of the time after, which the caller gets
 * ready for the next step. In gInitial the gradient of c flows back.
 */
export function lstmGradientStep(
  c: usize, gates: usize, cells: usize, gy: usize, gc: usize, gz: usize, gh: usize, gInitial: usize, first: i32, count: i32, t: i32, times: i32,
  width: i32, thread: i32, threads: i32,
): void {
  const row = <usize>width << 2, gateRow = row * 4;
  if (t == times - 1) {
    memory.fill(gh + <usize>first * row, 0, <usize>count * row);
    memory.copy(gInitial + <usize>first * row, gc + <usize>first * row, <usize>count * row);
  }
  for (let n = first; n < first + count; n++) {
    const gate = gates + <usize>(n * times + t) * gateRow;
    const to = gz + <usize>(n * times + t) * gateRow;
    const at = <usize>(n * times + t) * row;
    const cellBefore = t == 0 ? c + <usize>n * row : cells + at - row;
    const dh = gh + <usize>n * row, dc = gInitial + <usize>n * row;
    for (let j = 0; j < width; j += 4) {
      const k = <usize>j << 2;
      const left = width - j;
      const input = v128.load(gate + k), forget = v128.load(gate + row + k);
      const candidate = v128.load(gate + 2 * row + k), output = v128.load(gate + 3 * row + k);
      const squashed = rationalTangent(v128.load(cells + at + k));
      const incoming = f32x4.add(v128.load(gy + at + k), v128.load(dh + k));
      const slope = complement(f32x4.mul(squashed, squashed));
      const cell = multiplyAdd(f32x4.mul(incoming, output), slope, v128.load(dc + k));
      storePart(to + k, f32x4.mul(f32x4.mul(cell, candidate), f32x4.mul(input, complement(input))), left);
      storePart(to + row + k, f32x4.mul(f32x4.mul(cell, v128.load(cellBefore + k)), f32x4.mul(forget, complement(forget))), left);
      storePart(to + 2 * row + k, f32x4.mul(f32x4.mul(cell, input), complement(f32x4.mul(candidate, candidate))), left);
      storePart(to + 3 * row + k, f32x4.mul(f32x4.mul(incoming, squashed), f32x4.mul(output, complement(output))), left);
      storePart(dc + k, f32x4.mul(cell, forget), left);
    }
  }
}
