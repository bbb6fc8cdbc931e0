import { rationalTangent } from "../math";
import { relu } from "../matmul/activation";
import { TILE_ROWS } from "../matmul/micro-kernel";
import { partBegin, storePart } from "../simd";
import { complement } from "./lanes";
import { packWeight, panelBytes, timesPanels } from "./product";

// As in lstm.ts: threads share out the sequences of the batch.

/** Bytes of scratch per thread: the packed weight. */
export function rnnScratchBytes(width: i32): i32 {
  return <i32>((panelBytes(width, width) + 127) & ~63);
}

/** z N x T x H, weight H x H, h N x H; y N x T x H = tanh (rectified: max(0, …)) of z_t + h W. */
export function rnn(z: usize, weight: usize, h: usize, y: usize, rectified: i32, batch: i32, times: i32, width: i32, scratch: usize, thread: i32, threads: i32): void {
  scratch += <usize>thread * <usize>rnnScratchBytes(width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, lead = row * times;
  packWeight(weight, width, width, false, scratch);
  for (let t = 0; t < times; t++) {
    const now = y + <usize>first * lead + <usize>t * row;
    timesPanels(t == 0 ? h + <usize>first * row : now - row, t == 0 ? row : lead, scratch, now, lead, end - first, width, width, 0, z - y);
    for (let n = first; n < end; n++) {
      const to = y + <usize>n * lead + <usize>t * row;
      for (let j = 0; j < width; j += 4) {
        const v = v128.load(to + (<usize>j << 2));
        storePart(to + (<usize>j << 2), rectified ? relu(v) : rationalTangent(v), width - j);
      }
    }
  }
}

/** gy is the gradient of y; gz N x T x H and gh N x H those of z and h. */
export function rnnGradient(
  weight: usize, y: usize, gy: usize, gz: usize, gh: usize, rectified: i32, batch: i32, times: i32, width: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>rnnScratchBytes(width);
  const first = partBegin(batch, TILE_ROWS, thread, threads), end = partBegin(batch, TILE_ROWS, thread + 1, threads);
  if (first >= end) return;
  const row = <usize>width << 2, lead = row * times;
  packWeight(weight, width, width, true, scratch);
  memory.fill(gh + <usize>first * row, 0, <usize>(end - first) * row);
  for (let t = times - 1; t >= 0; t--) {
    for (let n = first; n < end; n++) {
      const at = <usize>n * lead + <usize>t * row;
      for (let j = 0; j < width; j += 4) {
        const k = <usize>j << 2;
        const state = v128.load(y + at + k);
        const incoming = f32x4.add(v128.load(gy + at + k), v128.load(gh + <usize>n * row + k));
        const slope = rectified ? v128.and(f32x4.gt(state, f32x4.splat(0)), f32x4.splat(1)) : complement(f32x4.mul(state, state));
        storePart(gz + at + k, f32x4.mul(incoming, slope), width - j);
      }
    }
    timesPanels(gz + <usize>first * lead + <usize>t * row, lead, scratch, gh + <usize>first * row, row, end - first, width, width, 0, 0);
  }
}
