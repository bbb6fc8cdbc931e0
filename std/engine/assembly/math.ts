import { multiplyAdd, multiplySubtract } from "./simd";

// Approximations on four lanes. Each is within 2 to 3 units in the last place of the exact function over its range (held by
// test/engine/kernels/math.test.ts), as are the single-precision functions of vector mathematics libraries; a sum of more
// than a few terms rounds worse than that.

/**
 * e^x: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial of degree 6 for e^r (Cephes expf), then a scaling by 2^n in two
 * steps so that results below the smallest normal number and up to the largest come out right. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const magic = f32x4.splat(12582912); // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const shifted = multiplyAdd(x, f32x4.splat(1.44269504088896341), magic);
  const n = f32x4.sub(shifted, magic);
  let r = multiplySubtract(n, f32x4.splat(0.693359375), x);
  r = multiplyAdd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.sub(shifted, magic);
  const half = i32x4.shr_s(power, 1);
  const bias = i32x4.splat(127);
  const scaled = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(scaled, i32x4.shl(i32x4.add(i32x4.sub(power, half), bias), 23));
}

/** e^x for x up to 0, where what is below the smallest normal number becomes 0: one scaling is enough. NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function exponentialOfNegative(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-88));
  const magic = f32x4.splat(12582912);
  const shifted = multiplyAdd(x, f32x4.splat(1.44269504088896341), magic);
  const n = f32x4.sub(shifted, magic);
  let r = multiplySubtract(n, f32x4.splat(0.693359375), x);
  r = multiplyAdd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  // -88 gives n = -127, whose exponent field is 0: a factor of 0. The shift drops the bits of the magic number.
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23));
}

/** ln x (Cephes logf). 0 gives -Infinity, negative numbers NaN. Numbers below the smallest normal one are scaled up first. */
// @ts-ignore: decorator
@inline
export function logarithm(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let exponent = i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(126));
  exponent = i32x4.sub(exponent, v128.and(tiny, i32x4.splat(23)));
  // mantissa in [0.5, 1)
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000));
  const below = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  let e = f32x4.convert_i32x4_s(i32x4.add(exponent, below)); // the mask is -1 where true
  m = f32x4.sub(f32x4.add(m, v128.and(below, m)), f32x4.splat(1));
  const z = f32x4.mul(m, m);
  let p = f32x4.splat(7.0376836292e-2);
  p = multiplyAdd(p, m, f32x4.splat(-1.1514610310e-1));
  p = multiplyAdd(p, m, f32x4.splat(1.1676998740e-1));
  p = multiplyAdd(p, m, f32x4.splat(-1.2420140846e-1));
  p = multiplyAdd(p, m, f32x4.splat(1.4249322787e-1));
  p = multiplyAdd(p, m, f32x4.splat(-1.6668057665e-1));
  p = multiplyAdd(p, m, f32x4.splat(2.0000714765e-1));
  p = multiplyAdd(p, m, f32x4.splat(-2.4999993993e-1));
  p = multiplyAdd(p, m, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = multiplyAdd(e, f32x4.splat(-2.12194440e-4), p);
  p = multiplyAdd(z, f32x4.splat(-0.5), p);
  let result = multiplyAdd(e, f32x4.splat(0.693359375), f32x4.add(m, p));
  const infinite = f32x4.splat(Infinity);
  result = v128.bitselect(x, result, f32x4.eq(x, infinite));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  // x < 0 and NaN: neither is >= 0
  return v128.bitselect(result, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** tanh x: near 0 an odd polynomial of degree 11 (Cephes tanhf), elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = multiplyAdd(p, z, f32x4.splat(2.06390887954e-2));
  p = multiplyAdd(p, z, f32x4.splat(-5.37397155531e-2));
  p = multiplyAdd(p, z, f32x4.splat(1.33314422036e-1));
  p = multiplyAdd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = multiplyAdd(f32x4.mul(p, z), x, x);
  const one = f32x4.splat(1);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exponential(f32x4.add(size, size)), one)));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, signed, f32x4.lt(size, f32x4.splat(0.625)));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/**
 * tanh x as a quotient of polynomials on [-7.9, 7.9], a few units in the last place of 1 (Eigen's `ptanh`): half the work of
 * `hyperbolicTangent`, for recurrent nets, which need it five times a unit and time.
 */
// @ts-ignore: decorator
@inline
export function rationalTangent(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(7.90531110763549805)), f32x4.splat(-7.90531110763549805));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-2.76076847742355e-16);
  p = multiplyAdd(p, z, f32x4.splat(2.00018790482477e-13));
  p = multiplyAdd(p, z, f32x4.splat(-8.60467152213735e-11));
  p = multiplyAdd(p, z, f32x4.splat(5.12229709037114e-8));
  p = multiplyAdd(p, z, f32x4.splat(1.48572235717979e-5));
  p = multiplyAdd(p, z, f32x4.splat(6.37261928875436e-4));
  p = multiplyAdd(p, z, f32x4.splat(4.89352455891786e-3));
  let q = f32x4.splat(1.19825839466702e-6);
  q = multiplyAdd(q, z, f32x4.splat(1.18534705686654e-4));
  q = multiplyAdd(q, z, f32x4.splat(2.268434632439e-3));
  q = multiplyAdd(q, z, f32x4.splat(4.89352518554385e-3));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** 1 / (1 + e^-x) as (1 + tanh(x / 2)) / 2: exact to the last places of 1, not of a number near 0. */
// @ts-ignore: decorator
@inline
export function rationalLogistic(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return multiplyAdd(rationalTangent(f32x4.mul(x, half)), half, half);
}
