import { TILE_ROWS } from "../matmul/micro-kernel";
import { packColumns, packTransposed } from "../matmul/pack";
import { panelBytes } from "../recurrent/product";
import { softmaxRow } from "../rows/softmax";
import { partBegin } from "../simd";
import { blockOut, multiplyPanels, scaleNumbers } from "./block";

/** Bytes of scratch per thread: the keys and values of one head in panels, and four rows of weights where nobody asks for the weights. */
export function attentionScratchBytes(keys: i32, width: i32, depth: i32): i32 {
  return <i32>((panelBytes(width, keys) + panelBytes(keys, depth) + <usize>(4 * keys) * 4 + 127) & ~63);
}

/**
 * y = softmax(scale q k^T) v for each head of each example, four queries at a time, so that what lies between the products
 * never leaves the first-level cache. Keys that `mask` (bytes, 0: none) forbids score `blocked`.
 *
 * q is T x width, k is S x width, v is S x depth, y is T x depth, the weights p are T x S without gaps (0: not wanted).
 * Each operand but p has three strides, in numbers: between examples, heads and rows; a mask's may be 0.
 */
export function attention(
  q: usize, k: usize, v: usize, mask: usize, p: usize, y: usize, qBatch: i32, qHead: i32, qRow: i32, kBatch: i32, kHead: i32, kRow: i32,
  vBatch: i32, vHead: i32, vRow: i32, maskBatch: i32, maskHead: i32, maskRow: i32, yBatch: i32, yHead: i32, yRow: i32,
  batch: i32, heads: i32, queries: i32, keys: i32, width: i32, depth: i32, scale: f32, blocked: f32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * <usize>attentionScratchBytes(keys, width, depth);
  const panelsV = scratch + panelBytes(width, keys), few = panelsV + panelBytes(keys, depth);
  const row = <usize>keys << 2;
  const leadQ = <usize>qRow << 2, leadK = <usize>kRow << 2, leadV = <usize>vRow << 2, leadY = <usize>yRow << 2;
  const end = partBegin(batch * heads, 1, thread + 1, threads);
  for (let unit = partBegin(batch * heads, 1, thread, threads); unit < end; unit++) {
    const n = unit / heads, head = unit - n * heads;
    const ownQ = q + (<usize>(n * qBatch + head * qHead) << 2);
    const ownY = y + (<usize>(n * yBatch + head * yHead) << 2);
    const ownP = p + <usize>unit * <usize>queries * row;
    packTransposed(k + (<usize>(n * kBatch + head * kHead) << 2), leadK, width, keys, scratch, <usize>width * 32);
    packColumns(v + (<usize>(n * vBatch + head * vHead) << 2), leadV, keys, depth, panelsV, <usize>keys * 32);
    scaleNumbers(scratch, panelBytes(width, keys), scale);
    for (let i = 0; i < queries; i += TILE_ROWS) {
      const tall = min(TILE_ROWS, queries - i);
      const weights = p ? ownP + <usize>i * row : few;
      multiplyPanels(ownQ + <usize>i * leadQ, leadQ, scratch, weights, row, tall, keys, width);
      for (let r = 0; r < tall; r++) {
        const at = weights + <usize>r * row;
        if (mask) blockOut(at, mask + <usize>(n * maskBatch + head * maskHead + (i + r) * maskRow), keys, blocked);
        softmaxRow(at, at, keys);
      }
      multiplyPanels(weights, row, panelsV, ownY + <usize>i * leadY, leadY, tall, depth, keys);
    }
  }
}
