import { TILE_ROWS } from "../matmul/micro-kernel";
import { packColumns, packTransposed } from "../matmul/pack";
import { panelBytes } from "../recurrent/product";
import { loadLanes, multiplyAdd, partBegin, storeLanes, sumLanes } from "../simd";
import { blockOut, multiplyPanels, multiplyTransposed } from "./block";

/** Queries done at a time: their scores' gradients fill 64 KiB at most. */
// @ts-ignore: decorator
@inline
function queriesAtOnce(queries: i32, keys: i32): i32 {
  return min((queries + 3) & ~3, max(TILE_ROWS, (16384 / keys) & ~3));
}

/**
 * Bytes of scratch per thread: the values and keys of one head in panels, and of a block of queries themselves, their
 * results' gradients and the gradients of their scores.
 */
export function attentionGradientScratchBytes(queries: i32, keys: i32, width: i32, depth: i32): i32 {
  const block = queriesAtOnce(queries, keys);
  return <i32>((panelBytes(depth, keys) + panelBytes(keys, width) + panelBytes(block, width) + panelBytes(block, depth) + <usize>(block * keys) * 4 + 191) & ~63);
}

/**
 * The gradients of `attention` in q, k and v, from the weights p and the gradient g of y (strides as there). A block of
 * queries at a time: ds = scale p (g v^T - sum(p g v^T)), dq = ds k, dk += ds^T q, dv += p^T g.
 */
export function attentionGradient(
  q: usize, k: usize, v: usize, mask: usize, p: usize, g: usize, dq: usize, dk: usize, dv: usize,
  qBatch: i32, qHead: i32, qRow: i32, kBatch: i32, kHead: i32, kRow: i32, vBatch: i32, vHead: i32, vRow: i32, maskBatch: i32, maskHead: i32, maskRow: i32,
  gBatch: i32, gHead: i32, gRow: i32, dqBatch: i32, dqHead: i32, dqRow: i32, dkBatch: i32, dkHead: i32, dkRow: i32, dvBatch: i32, dvHead: i32, dvRow: i32,
  batch: i32, heads: i32, queries: i32, keys: i32, width: i32, depth: i32, scale: f32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>attentionGradientScratchBytes(queries, keys, width, depth);
  // Rows of one head lie a power of two apart more often than not, in a few sets of the first-level cache: what is read
  // again and again is copied together first.
  const block = queriesAtOnce(queries, keys);
  const panelsK = scratch + panelBytes(depth, keys), panelsQ = panelsK + panelBytes(keys, width);
  const panelsG = panelsQ + panelBytes(block, width), slopes = panelsG + panelBytes(block, depth);
  const row = <usize>keys << 2;
  const leadQ = <usize>qRow << 2, leadG = <usize>gRow << 2, leadDq = <usize>dqRow << 2;
  const end = partBegin(batch * heads, 1, thread + 1, threads);
  for (let unit = partBegin(batch * heads, 1, thread, threads); unit < end; unit++) {
    const n = unit / heads, head = unit - n * heads;
    const ownQ = q + (<usize>(n * qBatch + head * qHead) << 2);
    const ownG = g + (<usize>(n * gBatch + head * gHead) << 2);
    const toQ = dq + (<usize>(n * dqBatch + head * dqHead) << 2);
    const toK = dk + (<usize>(n * dkBatch + head * dkHead) << 2), toV = dv + (<usize>(n * dvBatch + head * dvHead) << 2);
    packTransposed(v + (<usize>(n * vBatch + head * vHead) << 2), <usize>vRow << 2, depth, keys, scratch, <usize>depth * 32);
    packColumns(k + (<usize>(n * kBatch + head * kHead) << 2), <usize>kRow << 2, keys, width, panelsK, <usize>keys * 32);
    for (let first = 0; first < queries; first += block) {
      const count = min(block, queries - first);
      const weights = p + (<usize>unit * queries + first) * row;
      packColumns(ownQ + <usize>first * leadQ, leadQ, count, width, panelsQ, <usize>count * 32);
      packColumns(ownG + <usize>first * leadG, leadG, count, depth, panelsG, <usize>count * 32);
      for (let i = 0; i < count; i += TILE_ROWS) {
        const tall = min(TILE_ROWS, count - i);
        const own = slopes + <usize>i * row;
        multiplyPanels(ownG + <usize>(first + i) * leadG, leadG, scratch, own, row, tall, keys, depth);
        for (let r = 0; r < tall; r++) {
          const at = own + <usize>r * row;
          slopeRow(weights + <usize>(i + r) * row, at, keys, scale);
          if (mask) blockOut(at, mask + <usize>(n * maskBatch + head * maskHead + (first + i + r) * maskRow), keys, 0);
        }
        multiplyPanels(own, row, panelsK, toQ + <usize>(first + i) * leadDq, leadDq, tall, width, keys);
      }
      multiplyTransposed(slopes, row, panelsQ, toK, <usize>dkRow << 2, keys, width, count, first > 0);
      multiplyTransposed(weights, row, panelsG, toV, <usize>dvRow << 2, keys, depth, count, first > 0);
    }
  }
}

/** In place: d = scale p (d - sum(p d)). */
// @ts-ignore: decorator
@inline
export function slopeRow(p: usize, d: usize, count: i32, scale: f32): void {
  const whole = <usize>(count & ~3) << 2;
  const left = count & 3;
  let total = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) total = multiplyAdd(v128.load(p + at), v128.load(d + at), total);
  if (left > 0) total = multiplyAdd(loadLanes(p + whole, left), loadLanes(d + whole, left), total);
  const dot = f32x4.splat(sumLanes(total)), factor = f32x4.splat(scale);
  for (let at: usize = 0; at < whole; at += 16)
    v128.store(d + at, f32x4.mul(f32x4.mul(v128.load(p + at), factor), f32x4.sub(v128.load(d + at), dot)));
  if (left > 0) storeLanes(d + whole, f32x4.mul(f32x4.mul(v128.load(p + whole), factor), f32x4.sub(v128.load(d + whole), dot)), left);
}
