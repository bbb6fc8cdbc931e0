import { partBegin } from "../simd";
import { Element, read, write } from "./element";

// @ts-ignore: decorator
@inline
function scanRows(x: usize, y: usize, outer: i32, extent: i32, inner: i32, reverse: i32, kind: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 1, thread + 1, threads);
  for (let row = partBegin(outer * inner, 1, thread, threads); row < end; row++) {
    const o = row / inner;
    const first = o * extent * inner + (row - o * inner);
    let at = reverse ? first + (extent - 1) * inner : first;
    const step = reverse ? -inner : inner;
    let total: f64 = 0;
    for (let k = 0; k < extent; k++) {
      total += read(x, at, kind);
      write(y, at, total, kind);
      at += step;
    }
  }
}

/** Four columns of f32 at once; the sums are kept in f64. Reads past a row's end are not stored. */
function scanColumns(x: usize, y: usize, extent: i32, step: isize, columns: i32): void {
  let low = f64x2.splat(0), high = low;
  for (let k = 0; k < extent; k++) {
    const v = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)));
    const sums = v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    if (columns >= 4) v128.store(y, sums);
    else {
      store<f32>(y, f32x4.extract_lane(sums, 0));
      if (columns > 1) store<f32>(y, f32x4.extract_lane(sums, 1), 4);
      if (columns > 2) store<f32>(y, f32x4.extract_lane(sums, 2), 8);
    }
    x += step;
    y += step;
  }
}

/** y[o, k, i] = x[o, 0, i] + … + x[o, k, i]; with `reverse` from the end. */
export function scan(x: usize, y: usize, outer: i32, extent: i32, inner: i32, reverse: i32, kind: i32, thread: i32, threads: i32): void {
  if (kind == Element.integer) return scanRows(x, y, outer, extent, inner, reverse, Element.integer, thread, threads);
  if (kind == Element.byte) return scanRows(x, y, outer, extent, inner, reverse, Element.byte, thread, threads);
  if (inner < 4) return scanRows(x, y, outer, extent, inner, reverse, Element.single, thread, threads);
  const blocks = (inner + 3) >> 2;
  const lead = <usize>inner << 2;
  const end = partBegin(outer * blocks, 1, thread + 1, threads);
  for (let unit = partBegin(outer * blocks, 1, thread, threads); unit < end; unit++) {
    const o = unit / blocks, column = (unit - o * blocks) << 2;
    const start = <usize>o * <usize>extent * lead + (<usize>column << 2) + (reverse ? <usize>(extent - 1) * lead : 0);
    scanColumns(x + start, y + start, extent, reverse ? -(<isize>lead) : <isize>lead, inner - column);
  }
}
