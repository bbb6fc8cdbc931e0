import { exponential, logarithm } from "../math";
import { maximumLane, multiplyAdd, partBegin, storeLanes, sumLanes } from "../simd";

/** Four numbers of a row from place i on; past its end, `filler`. */
// @ts-ignore: decorator
@inline
function loadPart(x: usize, left: i32, filler: f32): v128 {
  if (left >= 4) return v128.load(x);
  const lanes = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left));
  return v128.bitselect(v128.load(x), f32x4.splat(filler), lanes);
}

// @ts-ignore: decorator
@inline
function storePart(y: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(y, v);
  else storeLanes(y, v, left);
}

// @ts-ignore: decorator
@inline
function largest(x: usize, extent: i32): f32 {
  let best = f32x4.splat(-Infinity);
  for (let left = extent; left > 0; left -= 4, x += 16) best = f32x4.max(best, loadPart(x, left, -Infinity));
  return maximumLane(best);
}

/** Sum of e^(x - shift) over a row. */
// @ts-ignore: decorator
@inline
function sumOfExponentials(x: usize, extent: i32, shift: f32): f32 {
  let total = f32x4.splat(0);
  for (let left = extent; left > 0; left -= 4, x += 16) total = f32x4.add(total, exponential(f32x4.sub(loadPart(x, left, -Infinity), f32x4.splat(shift))));
  return sumLanes(total);
}

// @ts-ignore: decorator
@inline
function logarithmOf(x: f32): f32 {
  return f32x4.extract_lane(logarithm(f32x4.splat(x)), 0);
}

/** y = e^(x - largest) over its sum, row by row. */
export function softmax(x: usize, y: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    const shift = f32x4.splat(largest(from, extent));
    let total = f32x4.splat(0);
    let at: usize = 0;
    for (let left = extent; left > 0; left -= 4, at += 16) {
      const e = exponential(f32x4.sub(loadPart(from + at, left, -Infinity), shift));
      total = f32x4.add(total, e);
      storePart(to + at, e, left);
    }
    const scale = f32x4.splat(1 / sumLanes(total));
    at = 0;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(to + at, f32x4.mul(v128.load(to + at), scale), left);
  }
}

/** y = x - largest - log of the sum of e^(x - largest), row by row. */
export function logSoftmax(x: usize, y: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    const shift = largest(from, extent);
    const log = logarithmOf(sumOfExponentials(from, extent, shift));
    let at: usize = 0;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(to + at, f32x4.sub(f32x4.sub(v128.load(from + at), f32x4.splat(shift)), f32x4.splat(log)), left);
  }
}

/** dx = y (g - sum(y g)), row by row. */
export function softmaxGradient(y: usize, g: usize, dx: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    let total = f32x4.splat(0);
    let at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) total = multiplyAdd(loadPart(y + at, left, 0), loadPart(g + at, left, 0), total);
    const dot = f32x4.splat(sumLanes(total));
    at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(g + at), dot)), left);
  }
}

/** dx = g - e^y sum(g), row by row. */
export function logSoftmaxGradient(y: usize, g: usize, dx: usize, rows: i32, extent: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>extent << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    let total = f32x4.splat(0);
    let at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) total = f32x4.add(total, loadPart(g + at, left, 0));
    const all = f32x4.splat(sumLanes(total));
    at = offset;
    for (let left = extent; left > 0; left -= 4, at += 16) storePart(dx + at, f32x4.sub(v128.load(g + at), f32x4.mul(exponential(v128.load(y + at)), all)), left);
  }
}

/**
 * loss[row] = -log softmax(logits)[label]. A row with the label `ignore` costs 0 (when `ignores`); one whose label is out of range NaN.
 */
export function crossEntropy(logits: usize, labels: usize, loss: usize, rows: i32, classes: i32, ignores: i32, ignore: i32, thread: i32, threads: i32): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>classes << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = logits + <usize>row * bytes;
    const label = load<i32>(labels + (<usize>row << 2));
    let value: f32 = 0;
    if (!(ignores && label == ignore)) {
      if (<u32>label >= <u32>classes) {
        value = NaN;
      } else {
        const shift = largest(from, classes);
        value = logarithmOf(sumOfExponentials(from, classes, shift)) + shift - load<f32>(from + (<usize>label << 2));
      }
    }
    store<f32>(loss + (<usize>row << 2), value);
  }
}

/** d logits = g[row] (softmax(logits) - one-hot label); 0 in ignored rows. `gStep` is 1, or 0 where all rows share one g. */
export function crossEntropyGradient(
  logits: usize, labels: usize, g: usize, gStep: i32, dlogits: usize, rows: i32, classes: i32, ignores: i32, ignore: i32, thread: i32, threads: i32,
): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>classes << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = logits + <usize>row * bytes, to = dlogits + <usize>row * bytes;
    const label = load<i32>(labels + (<usize>row << 2));
    if (ignores && label == ignore) {
      memory.fill(to, 0, bytes);
      continue;
    }
    const shift = f32x4.splat(largest(from, classes));
    let total = f32x4.splat(0);
    let at: usize = 0;
    for (let left = classes; left > 0; left -= 4, at += 16) {
      const e = exponential(f32x4.sub(loadPart(from + at, left, -Infinity), shift));
      total = f32x4.add(total, e);
      storePart(to + at, e, left);
    }
    const incoming = load<f32>(g + (<usize>(row * gStep) << 2));
    const scale = f32x4.splat(<u32>label < <u32>classes ? incoming / sumLanes(total) : NaN);
    at = 0;
    for (let left = classes; left > 0; left -= 4, at += 16) storePart(to + at, f32x4.mul(v128.load(to + at), scale), left);
    if (<u32>label < <u32>classes) {
      const own = to + (<usize>label << 2);
      store<f32>(own, load<f32>(own) - incoming);
    }
  }
}
