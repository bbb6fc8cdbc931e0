import { partBegin } from "../simd";

/** The upper 32 bits of the products with an unsigned multiplier, in four lanes. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: v128, multiplier: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, multiplier), i64x2.extmul_high_i32x4_u(a, multiplier), 1, 3, 5, 7);
}

/**
 * Uniform numbers in [0, 1), bit for bit those of `uniformNumbers` in std/tensor/random.ts: number n is word n mod 4 of the
 * Philox-4x32-10 block with counter (n / 4, its upper half, *counter, 0), its upper 24 bits over 2^24. The first is number
 * *position * stride. Lanes are four blocks.
 */
export function randomUniform(
  counter: usize, position: usize, y: usize, count: i32, stride: i32, key0: i32, key1: i32, thread: i32, threads: i32,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53), multiplier1 = i32x4.splat(0xcd9e8d57);
  const draw = i32x4.splat(load<i32>(counter));
  const first = <i64>load<i32>(position) * stride;
  const skipped = <i32>(first & 3); // of the first block
  const end = partBegin(count + skipped, 16, thread + 1, threads);
  for (let i = partBegin(count + skipped, 16, thread, threads); i < end; i += 16) {
    const block = (first >> 2) + (i >> 2);
    const low = i32x4.splat(<i32>block);
    let c0 = i32x4.add(low, i32x4(0, 1, 2, 3));
    let c1 = i32x4.sub(i32x4.splat(<i32>(block >> 32)), i32x4.lt_u(c0, low)); // the mask is -1 where the sum overflowed
    let c2 = draw, c3 = i32x4.splat(0);
    let k0 = key0, k1 = key1;
    for (let round = 0; round < 10; round++) {
      const high0 = multiplyHigh(c0, multiplier0), low0 = i32x4.mul(c0, multiplier0);
      const high1 = multiplyHigh(c2, multiplier1), low1 = i32x4.mul(c2, multiplier1);
      c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
      c1 = low1;
      c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
      c3 = low0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    // words of one block next to each other
    const low01 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5), low23 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7), high23 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    const at = i - skipped;
    const to = y + (<usize>at << 2);
    storeUniform(to, v128.shuffle<i64>(low01, low23, 0, 2), -at, count - at);
    storeUniform(to + 16, v128.shuffle<i64>(low01, low23, 1, 3), 0, count - at - 4);
    storeUniform(to + 32, v128.shuffle<i64>(high01, high23, 0, 2), 0, count - at - 8);
    storeUniform(to + 48, v128.shuffle<i64>(high01, high23, 1, 3), 0, count - at - 12);
  }
}

/** Stores the lanes from `begin` to before `end`. */
// @ts-ignore: decorator
@inline
function storeUniform(to: usize, words: v128, begin: i32, end: i32): void {
  const values = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(words, 8)), f32x4.splat(1.0 / 16777216));
  if (begin <= 0 && end >= 4) {
    v128.store(to, values);
    return;
  }
  if (begin <= 0 && end > 0) v128.store_lane<f32>(to, values, 0);
  if (begin <= 1 && end > 1) v128.store_lane<f32>(to, values, 1, 4);
  if (begin <= 2 && end > 2) v128.store_lane<f32>(to, values, 2, 8);
  if (begin <= 3 && end > 3) v128.store_lane<f32>(to, values, 3, 12);
}
