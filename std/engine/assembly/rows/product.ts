import { partBegin } from "../simd";
import { Element, read, write } from "./element";

// @ts-ignore: decorator
@inline
function productRows(x: usize, y: usize, outer: i32, extent: i32, inner: i32, kind: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 16, thread + 1, threads);
  for (let row = partBegin(outer * inner, 16, thread, threads); row < end; row++) {
    const o = row / inner;
    let at = o * extent * inner + (row - o * inner);
    let total: f64 = 1;
    for (let k = 0; k < extent; k++) {
      total *= read(x, at, kind);
      at += inner;
    }
    write(y, row, total, kind);
  }
}

/** y[o, i] = the product over e of x[o, e, i], multiplied in f64. */
export function product(x: usize, y: usize, outer: i32, extent: i32, inner: i32, kind: i32, thread: i32, threads: i32): void {
  if (kind == Element.single) productRows(x, y, outer, extent, inner, Element.single, thread, threads);
  else if (kind == Element.integer) productRows(x, y, outer, extent, inner, Element.integer, thread, threads);
  else productRows(x, y, outer, extent, inner, Element.byte, thread, threads);
}

/** y[o, e, i] = the product of all x[o, :, i] but the one at e: of those before it times those after it. */
export function productOfOthers(x: usize, y: usize, outer: i32, extent: i32, inner: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * inner, 16, thread + 1, threads);
  for (let row = partBegin(outer * inner, 16, thread, threads); row < end; row++) {
    const o = row / inner;
    const first = o * extent * inner + (row - o * inner);
    let at = first;
    let before: f64 = 1;
    for (let k = 0; k < extent; k++) {
      write(y, at, before, Element.single);
      before *= read(x, at, Element.single);
      at += inner;
    }
    let after: f64 = 1;
    for (let k = extent - 1; k >= 0; k--) {
      at -= inner;
      write(y, at, read(y, at, Element.single) * after, Element.single);
      after *= read(x, at, Element.single);
    }
  }
}
