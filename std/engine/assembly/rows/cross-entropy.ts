import { exponentialOfNegative, logarithm } from "../math";
import { partBegin, storePart, sumLanes } from "../simd";
import { largest, loadPart, logarithmOf, sumOfExponentials } from "./softmax";

/** With up to this many classes a row is too short for its own vectors: four rows lie side by side in the lanes. */
const FEW: i32 = 16;

/** The number at the same place of four rows that lie `bytes` apart; past the last row, the last again. */
// @ts-ignore: decorator
@inline
function gatherRows(x: usize, bytes: usize, rows: i32): v128 {
  let v = v128.load32_zero(x);
  v = v128.load_lane<f32>(rows > 1 ? x + bytes : x, v, 1);
  v = v128.load_lane<f32>(rows > 2 ? x + 2 * bytes : x, v, 2);
  return v128.load_lane<f32>(rows > 3 ? x + 3 * bytes : x, v, 3);
}

// @ts-ignore: decorator
@inline
function largestOfRows(x: usize, bytes: usize, rows: i32): v128 {
  let best = gatherRows(x, bytes, rows);
  for (let at: usize = 4; at < bytes; at += 4) best = f32x4.pmax(best, gatherRows(x + at, bytes, rows));
  return best;
}

/** The loss of a row from the logarithm of the sum of its exponentials. */
// @ts-ignore: decorator
@inline
function costOf(label: i32, row: usize, logSum: f32, classes: i32, ignores: i32, ignore: i32): f32 {
  if (ignores && label == ignore) return 0;
  return <u32>label < <u32>classes ? logSum - load<f32>(row + (<usize>label << 2)) : NaN;
}

/**
 * loss[row] = -log softmax(logits)[label]. A row with the label `ignore` costs 0 (when `ignores`); one whose label is out of range NaN.
 */
export function crossEntropy(logits: usize, labels: usize, loss: usize, rows: i32, classes: i32, ignores: i32, ignore: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 4, thread + 1, threads);
  const bytes = <usize>classes << 2;
  const few = classes <= FEW;
  for (let row = partBegin(rows, 4, thread, threads); row < end; row += 4) {
    const count = min(4, end - row);
    let sums = f32x4.splat(0);
    if (few) {
      const from = logits + <usize>row * bytes;
      const shift = largestOfRows(from, bytes, count);
      let total = f32x4.splat(0);
      for (let at: usize = 0; at < bytes; at += 4) total = f32x4.add(total, exponentialOfNegative(f32x4.sub(gatherRows(from + at, bytes, count), shift)));
      sums = f32x4.add(logarithm(total), shift);
    }
    for (let lane = 0; lane < count; lane++) {
      const from = logits + <usize>(row + lane) * bytes;
      let sum = f32x4.extract_lane(sums, 0);
      sums = v128.shuffle<i32>(sums, sums, 1, 2, 3, 0);
      if (!few) {
        const shift = largest(from, classes);
        sum = logarithmOf(sumOfExponentials(from, classes, shift)) + shift;
      }
      const place = <usize>(row + lane) << 2;
      store<f32>(loss + place, costOf(load<i32>(labels + place), from, sum, classes, ignores, ignore));
    }
  }
}

/**
 * d logits = g[row] (softmax(logits) - one-hot label); 0 in ignored rows. `gStep` is 1, or 0 where all rows share one g.
 * With an address of `loss` (else 0) it gives that too: the exponentials are the same.
 */
export function crossEntropyGradient(
  logits: usize, labels: usize, g: usize, gStep: i32, dlogits: usize, loss: usize, rows: i32, classes: i32, ignores: i32, ignore: i32, thread: i32,
  threads: i32,
): void {
  const end = partBegin(rows, 4, thread + 1, threads);
  const bytes = <usize>classes << 2;
  for (let row = partBegin(rows, 4, thread, threads); row < end; row += 4) {
    const count = min(4, end - row);
    if (classes <= FEW) {
      fewClasses(logits, labels, g, gStep, dlogits, loss, row, count, classes, ignores, ignore);
      continue;
    }
    for (let lane = 0; lane < count; lane++) manyClasses(logits, labels, g, gStep, dlogits, loss, row + lane, classes, ignores, ignore);
  }
}

/** Up to four rows at once. dlogits may be the logits: a row's loss reads them first. */
// @ts-ignore: decorator
@inline
function fewClasses(
  logits: usize, labels: usize, g: usize, gStep: i32, dlogits: usize, loss: usize, row: i32, count: i32, classes: i32, ignores: i32, ignore: i32,
): void {
  const bytes = <usize>classes << 2;
  const from = logits + <usize>row * bytes, to = dlogits + <usize>row * bytes;
  const shift = largestOfRows(from, bytes, count);
  let own = f32x4.splat(0), total = f32x4.splat(0), incoming = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 4) total = f32x4.add(total, exponentialOfNegative(f32x4.sub(gatherRows(from + at, bytes, count), shift)));
  const sums = loss ? f32x4.add(logarithm(total), shift) : shift;
  // Per row: what its exponentials are multiplied by, and what its label's place loses.
  for (let lane = 0; lane < 4; lane++) {
    own = v128.shuffle<i32>(own, own, 1, 2, 3, 0);
    incoming = v128.shuffle<i32>(incoming, incoming, 1, 2, 3, 0);
    if (lane >= count) continue;
    const place = <usize>(row + lane) << 2;
    const label = load<i32>(labels + place);
    const counts = !(ignores && label == ignore);
    incoming = f32x4.replace_lane(incoming, 3, !counts ? 0 : <u32>label < <u32>classes ? load<f32>(g + (<usize>((row + lane) * gStep) << 2)) : NaN);
    own = i32x4.replace_lane(own, 3, label);
  }
  if (loss) {
    let rest = sums;
    for (let lane = 0; lane < count; lane++) {
      const place = <usize>(row + lane) << 2;
      store<f32>(loss + place, costOf(load<i32>(labels + place), from + <usize>lane * bytes, f32x4.extract_lane(rest, 0), classes, ignores, ignore));
      rest = v128.shuffle<i32>(rest, rest, 1, 2, 3, 0);
    }
  }
  const scale = f32x4.div(incoming, total);
  const ignored = f32x4.eq(incoming, f32x4.splat(0));
  let c = 0;
  for (let at: usize = 0; at < bytes; at += 4, c++) {
    const e = f32x4.mul(exponentialOfNegative(f32x4.sub(gatherRows(from + at, bytes, count), shift)), scale);
    const d = v128.andnot(f32x4.sub(e, v128.and(incoming, i32x4.eq(own, i32x4.splat(c)))), ignored);
    v128.store_lane<f32>(to + at, d, 0);
    if (count > 1) v128.store_lane<f32>(to + at + bytes, d, 1);
    if (count > 2) v128.store_lane<f32>(to + at + 2 * bytes, d, 2);
    if (count > 3) v128.store_lane<f32>(to + at + 3 * bytes, d, 3);
  }
}

// @ts-ignore: decorator
@inline
function manyClasses(
  logits: usize, labels: usize, g: usize, gStep: i32, dlogits: usize, loss: usize, row: i32, classes: i32, ignores: i32, ignore: i32,
): void {
  const bytes = <usize>classes << 2;
  const from = logits + <usize>row * bytes, to = dlogits + <usize>row * bytes;
  const label = load<i32>(labels + (<usize>row << 2));
  if (ignores && label == ignore) {
    if (loss) store<f32>(loss + (<usize>row << 2), 0);
    memory.fill(to, 0, bytes);
    return;
  }
  const highest = largest(from, classes);
  const shift = f32x4.splat(highest);
  const known = <u32>label < <u32>classes;
  const logit: f32 = known ? load<f32>(from + (<usize>label << 2)) : NaN;
  let total = f32x4.splat(0);
  let at: usize = 0;
  for (let left = classes; left > 0; left -= 4, at += 16) {
    const e = exponentialOfNegative(f32x4.sub(loadPart(from + at, left, -Infinity), shift));
    total = f32x4.add(total, e);
    storePart(to + at, e, left);
  }
  const sum = sumLanes(total);
  if (loss) store<f32>(loss + (<usize>row << 2), logarithmOf(sum) + highest - logit);
  const incoming = load<f32>(g + (<usize>(row * gStep) << 2));
  const scale = f32x4.splat(known ? incoming / sum : NaN);
  at = 0;
  for (let left = classes; left > 0; left -= 4, at += 16) storePart(to + at, f32x4.mul(v128.load(to + at), scale), left);
  if (known) {
    const own = to + (<usize>label << 2);
    store<f32>(own, load<f32>(own) - incoming);
  }
}
