import { softmaxRow } from "../rows/softmax";
import { partBegin } from "../simd";
import { slopeRow } from "./attention-gradient";
import { blockOut } from "./block";

// What lies between the products of attention, where these are made by machine code: scores and their gradients, T x S for each head of
// each example without gaps. A mask (bytes, 0: none) has three strides, between examples, heads and rows. Threads share the heads as
// they share the products' matrices.

/** In place: softmax(scale p), of keys that the mask forbids `blocked`. */
export function attentionWeights(
  p: usize, mask: usize, maskBatch: i32, maskHead: i32, maskRow: i32, batch: i32, heads: i32, queries: i32, keys: i32, scale: f32, blocked: f32,
  thread: i32, threads: i32,
): void {
  const row = <usize>keys << 2;
  const whole = <usize>(keys & ~3) << 2;
  const factor = f32x4.splat(scale);
  const end = partBegin(batch * heads, 1, thread + 1, threads);
  for (let unit = partBegin(batch * heads, 1, thread, threads); unit < end; unit++) {
    const n = unit / heads, head = unit - n * heads;
    for (let i = 0; i < queries; i++) {
      const own = p + (<usize>unit * queries + i) * row;
      for (let at: usize = 0; at < whole; at += 16) v128.store(own + at, f32x4.mul(v128.load(own + at), factor));
      for (let at = whole; at < row; at += 4) store<f32>(own + at, load<f32>(own + at) * scale);
      if (mask) blockOut(own, mask + <usize>(n * maskBatch + head * maskHead + i * maskRow), keys, blocked);
      softmaxRow(own, own, keys);
    }
  }
}

/** d = scale p (d - sum(p d)), in place of d; 0 where the mask forbids. */
export function attentionSlopes(
  p: usize, d: usize, mask: usize, maskBatch: i32, maskHead: i32, maskRow: i32, batch: i32, heads: i32, queries: i32, keys: i32, scale: f32,
  thread: i32, threads: i32,
): void {
  const row = <usize>keys << 2;
  const end = partBegin(batch * heads, 1, thread + 1, threads);
  for (let unit = partBegin(batch * heads, 1, thread, threads); unit < end; unit++) {
    const n = unit / heads, head = unit - n * heads;
    for (let i = 0; i < queries; i++) {
      const at = (<usize>unit * queries + i) * row;
      slopeRow(p + at, d + at, keys, scale);
      if (mask) blockOut(d + at, mask + <usize>(n * maskBatch + head * maskHead + i * maskRow), keys, 0);
    }
  }
}
