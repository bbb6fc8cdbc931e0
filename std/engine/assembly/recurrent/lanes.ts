import { storeLanes } from "../simd";

/** Stores four lanes, or the last `left` of a row. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(to, v);
  else storeLanes(to, v, left);
}

/** 1 - v. */
// @ts-ignore: decorator
@inline
export function complement(v: v128): v128 {
  return f32x4.sub(f32x4.splat(1), v);
}
