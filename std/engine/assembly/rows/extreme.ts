import { partBegin } from "../simd";
import { Element, read, write } from "./element";

// @ts-ignore: decorator
@inline
function extremeRows(x: usize, y: usize, outer: i32, extent: i32, inner: i32, smallest: i32, place: i32, kind: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 16, thread + 1, threads);
  for (let row = partBegin(outer * inner, 16, thread, threads); row < end; row++) {
    const o = row / inner;
    let at = o * extent * inner + (row - o * inner);
    let best = read(x, at, kind), reached = 0;
    for (let k = 1; k < extent; k++) {
      at += inner;
      const value = read(x, at, kind);
      if (smallest ? value < best : value > best) {
        best = value;
        reached = k;
      }
    }
    if (place) store<i32>(y + (<usize>row << 2), reached);
    else write(y, row, best, kind);
  }
}

/** y[o, i] = the largest (`smallest`: smallest) whole number of x[o, :, i]; with `place`, where the first of them stands. */
export function integerExtreme(
  x: usize, y: usize, outer: i32, extent: i32, inner: i32, smallest: i32, place: i32, kind: i32, thread: i32, threads: i32,
): void {
  if (kind == Element.integer) extremeRows(x, y, outer, extent, inner, smallest, place, Element.integer, thread, threads);
  else extremeRows(x, y, outer, extent, inner, smallest, place, Element.byte, thread, threads);
}
