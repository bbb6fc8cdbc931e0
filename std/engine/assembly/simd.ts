/**
 * a * b + c in every lane. The relaxed build rounds once where the processor has fused multiply-add, the plain build
 * twice; both are within the tolerances the tests hold.
 */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a * b in every lane. */
// @ts-ignore: decorator
@inline
export function multiplySubtract(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function maximumLane(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Stores the first `count` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storeLanes(address: usize, v: v128, count: i32): void {
  v128.store_lane<f32>(address, v, 0);
  if (count > 1) v128.store_lane<f32>(address, v, 1, 4);
  if (count > 2) v128.store_lane<f32>(address, v, 2, 8);
}

/** Stores four lanes, or the last `left` (1 to 3) of a row. */
// @ts-ignore: decorator
@inline
export function storePart(address: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(address, v);
  else storeLanes(address, v, left);
}

/** Loads `count` (1 to 3) lanes; the others are 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(address: usize, count: i32): v128 {
  let v = v128.load32_zero(address);
  if (count > 1) v = v128.load_lane<f32>(address, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(address, v, 2, 8);
  return v;
}

/** Where part `thread` of `threads` begins when `count` items are dealt out in runs of whole `grain`s. */
// @ts-ignore: decorator
@inline
export function partBegin(count: i32, grain: i32, thread: i32, threads: i32): i32 {
  const grains = (count + grain - 1) / grain;
  return min(count, <i32>((<i64>grains * thread) / threads) * grain);
}
