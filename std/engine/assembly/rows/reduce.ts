import { partBegin, storeLanes } from "../simd";

/** What a reduction does with two numbers; the numbers are those of `lowering`. */
export namespace Reduction {
  export const sum: i32 = 0;
  export const max: i32 = 1;
  export const min: i32 = 2;
}

// @ts-ignore: decorator
@inline
function combine(a: v128, b: v128, kind: i32): v128 {
  if (kind == Reduction.sum) return f32x4.add(a, b);
  if (kind == Reduction.max) return f32x4.max(a, b);
  return f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function combineScalar(a: f32, b: f32, kind: i32): f32 {
  if (kind == Reduction.sum) return a + b;
  if (kind == Reduction.max) return max(a, b);
  return min(a, b);
}

// @ts-ignore: decorator
@inline
function start(kind: i32): f32 {
  return kind == Reduction.sum ? 0 : kind == Reduction.max ? -Infinity : Infinity;
}

/** Numbers added up before they join the running total: the error of a long sum grows with its pieces, not with its length. */
const STRETCH: i32 = 512;

// @ts-ignore: decorator
@inline
function reduceRow(x: usize, extent: i32, kind: i32): f32 {
  let total = start(kind);
  while (extent > 0) {
    let left = min(extent, STRETCH);
    extent -= left;
    let s0 = f32x4.splat(start(kind)), s1 = s0, s2 = s0, s3 = s0;
    while (left >= 16) {
      s0 = combine(s0, v128.load(x), kind);
      s1 = combine(s1, v128.load(x, 16), kind);
      s2 = combine(s2, v128.load(x, 32), kind);
      s3 = combine(s3, v128.load(x, 48), kind);
      x += 64;
      left -= 16;
    }
    while (left >= 4) {
      s0 = combine(s0, v128.load(x), kind);
      x += 16;
      left -= 4;
    }
    s0 = combine(combine(s0, s1, kind), combine(s2, s3, kind), kind);
    let part = combineScalar(
      combineScalar(f32x4.extract_lane(s0, 0), f32x4.extract_lane(s0, 1), kind),
      combineScalar(f32x4.extract_lane(s0, 2), f32x4.extract_lane(s0, 3), kind),
      kind,
    );
    while (left > 0) {
      part = combineScalar(part, load<f32>(x), kind);
      x += 4;
      left--;
    }
    total = combineScalar(total, part, kind);
  }
  return total;
}

/** Sixteen columns at once (reads past a row's end are not stored), `lead` bytes between rows. */
// @ts-ignore: decorator
@inline
function reduceColumns16(x: usize, lead: usize, extent: i32, y: usize, columns: i32, kind: i32): void {
  let t0 = f32x4.splat(start(kind)), t1 = t0, t2 = t0, t3 = t0;
  while (extent > 0) {
    let left = min(extent, STRETCH);
    extent -= left;
    let s0 = f32x4.splat(start(kind)), s1 = s0, s2 = s0, s3 = s0;
    while (left > 0) {
      s0 = combine(s0, v128.load(x), kind);
      s1 = combine(s1, v128.load(x, 16), kind);
      s2 = combine(s2, v128.load(x, 32), kind);
      s3 = combine(s3, v128.load(x, 48), kind);
      x += lead;
      left--;
    }
    t0 = combine(t0, s0, kind);
    t1 = combine(t1, s1, kind);
    t2 = combine(t2, s2, kind);
    t3 = combine(t3, s3, kind);
  }
  if (columns >= 16) {
    v128.store(y, t0);
    v128.store(y, t1, 16);
    v128.store(y, t2, 32);
    v128.store(y, t3, 48);
    return;
  }
  if (columns >= 4) v128.store(y, t0);
  else return storeLanes(y, t0, columns);
  if (columns >= 8) v128.store(y, t1, 16);
  else if (columns > 4) return storeLanes(y + 16, t1, columns - 4);
  if (columns >= 12) v128.store(y, t2, 32);
  else if (columns > 8) return storeLanes(y + 32, t2, columns - 8);
  if (columns > 12) storeLanes(y + 48, t3, columns - 12);
}

/** Four columns at once. */
// @ts-ignore: decorator
@inline
function reduceColumns4(x: usize, lead: usize, extent: i32, y: usize, columns: i32, kind: i32): void {
  let total = f32x4.splat(start(kind));
  while (extent > 0) {
    let left = min(extent, STRETCH);
    extent -= left;
    let s0 = f32x4.splat(start(kind)), s1 = s0;
    while (left >= 2) {
      s0 = combine(s0, v128.load(x), kind);
      s1 = combine(s1, v128.load(x + lead), kind);
      x += 2 * lead;
      left -= 2;
    }
    if (left > 0) {
      s0 = combine(s0, v128.load(x), kind);
      x += lead;
    }
    total = combine(total, combine(s0, s1, kind), kind);
  }
  if (columns >= 4) v128.store(y, total);
  else storeLanes(y, total, columns);
}

// @ts-ignore: decorator
@inline
function reduce(x: usize, y: usize, outer: i32, extent: i32, inner: i32, kind: i32, thread: i32, threads: i32): void {
  if (inner == 1) {
    const end = partBegin(outer, 1, thread + 1, threads);
    const bytes = <usize>extent << 2;
    for (let o = partBegin(outer, 1, thread, threads); o < end; o++) store<f32>(y + (<usize>o << 2), reduceRow(x + <usize>o * bytes, extent, kind));
    return;
  }
  // Work is dealt out in blocks of 16 columns: a cache line. Of 4, where there are few.
  const grain = outer * inner >= 16 * threads && inner > 8 ? 16 : 4;
  const blocks = (inner + grain - 1) / grain;
  const end = partBegin(outer * blocks, 1, thread + 1, threads);
  const lead = <usize>inner << 2;
  for (let unit = partBegin(outer * blocks, 1, thread, threads); unit < end; unit++) {
    const o = unit / blocks, j = (unit - o * blocks) * grain;
    const from = x + <usize>o * <usize>extent * lead + (<usize>j << 2);
    const to = y + <usize>o * lead + (<usize>j << 2);
    if (grain == 16) reduceColumns16(from, lead, extent, to, inner - j, kind);
    else reduceColumns4(from, lead, extent, to, inner - j, kind);
  }
}

/** y[o, i] = sum over e of x[o, e, i]. */
export function sum(x: usize, y: usize, outer: i32, extent: i32, inner: i32, thread: i32, threads: i32): void {
  reduce(x, y, outer, extent, inner, Reduction.sum, thread, threads);
}

/** y[o, i] = the largest x[o, e, i]; NaN where there is one. */
export function maximum(x: usize, y: usize, outer: i32, extent: i32, inner: i32, thread: i32, threads: i32): void {
  reduce(x, y, outer, extent, inner, Reduction.max, thread, threads);
}

/** y[o, i] = the smallest x[o, e, i]; NaN where there is one. */
export function minimum(x: usize, y: usize, outer: i32, extent: i32, inner: i32, thread: i32, threads: i32): void {
  reduce(x, y, outer, extent, inner, Reduction.min, thread, threads);
}

/** y[o, i] = the first e with the largest (`smallest`: smallest) x[o, e, i], as i32. */
export function argExtreme(x: usize, y: usize, outer: i32, extent: i32, inner: i32, smallest: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 1, thread + 1, threads);
  const lead = <usize>inner << 2;
  for (let at = partBegin(outer * inner, 1, thread, threads); at < end; at++) {
    const o = at / inner;
    let from = x + ((<usize>o * extent * inner + <usize>(at - o * inner)) << 2);
    let best = load<f32>(from), place = 0;
    for (let e = 1; e < extent; e++) {
      from += lead;
      const value = load<f32>(from);
      if ((smallest ? value < best : value > best) || (value != value && best == best)) {
        best = value;
        place = e;
      }
    }
    store<i32>(y + (<usize>at << 2), place);
  }
}

/** The sum of whole numbers (i32), which wraps around at 2^31. */
export function sumIntegers(x: usize, y: usize, outer: i32, extent: i32, inner: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 16, thread + 1, threads);
  const lead = <usize>inner << 2;
  for (let at = partBegin(outer * inner, 16, thread, threads); at < end; at++) {
    const o = at / inner;
    let from = x + ((<usize>o * extent * inner + <usize>(at - o * inner)) << 2);
    let total = 0;
    for (let e = 0; e < extent; e++) {
      total += load<i32>(from);
      from += lead;
    }
    store<i32>(y + (<usize>at << 2), total);
  }
}
