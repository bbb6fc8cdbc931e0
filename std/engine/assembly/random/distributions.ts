import { partBegin } from "../simd";

/** From uniform numbers in [0, 1) to [low, low + width), in place; `count` is a multiple of 4. */
export function spreadUniform(y: usize, count: i32, low: f64, width: f64, thread: i32, threads: i32): void {
  const end = y + (<usize>partBegin(count, 4, thread + 1, threads) << 2);
  for (let at = y + (<usize>partBegin(count, 4, thread, threads) << 2); at < end; at += 16) {
    const u = v128.load(at);
    const lower = affine(f64x2.promote_low_f32x4(u), low, width);
    const upper = affine(f64x2.promote_low_f32x4(v128.shuffle<i32>(u, u, 2, 3, 2, 3)), low, width);
    v128.store(at, v128.shuffle<i32>(lower, upper, 0, 1, 4, 5));
  }
}

/**
 * From pairs of uniform numbers to pairs of normal ones (Box & Muller 1958), in place; `count` is a multiple of 4. Bit for
 * bit those of `normalPair` in std/tensor/normal-pair.ts: the same operations in the same order, in two lanes.
 */
export function normalFromUniform(y: usize, count: i32, mean: f64, std: f64, thread: i32, threads: i32): void {
  const end = y + (<usize>partBegin(count, 4, thread + 1, threads) << 2);
  for (let at = y + (<usize>partBegin(count, 4, thread, threads) << 2); at < end; at += 16) {
    const u = v128.load(at);
    const first = f64x2.promote_low_f32x4(v128.shuffle<i32>(u, u, 0, 2, 0, 2));
    const second = v128.shuffle<i32>(u, u, 1, 3, 1, 3);
    const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), logarithm(f64x2.sub(f64x2.splat(1), first))));
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.mul(second, f32x4.splat(16777216)));
    const quadrant = i32x4.shr_s(i32x4.add(whole, i32x4.splat(0x200000)), 22);
    const turns = f64x2.convert_low_i32x4_s(quadrant);
    const turned = f64x2.mul(f64x2.splat(2 * Math.PI), f64x2.promote_low_f32x4(second));
    const angle = f64x2.sub(
      f64x2.sub(turned, f64x2.mul(turns, f64x2.splat(1.57079632673412561417))),
      f64x2.mul(turns, f64x2.splat(6.07710050650619224932e-11)),
    );
    const square = f64x2.mul(angle, angle);
    const sine = sineOf(angle, square), cosine = cosineOf(square);
    const wide = i64x2.extend_low_i32x4_s(quadrant);
    const odd = i64x2.neg(v128.and(wide, i64x2.splat(1)));
    const flipX = i64x2.shl(v128.and(i64x2.add(wide, i64x2.splat(1)), i64x2.splat(2)), 62);
    const flipY = i64x2.shl(v128.and(wide, i64x2.splat(2)), 62);
    const x = f64x2.mul(radius, v128.xor(v128.bitselect(sine, cosine, odd), flipX));
    const z = f64x2.mul(radius, v128.xor(v128.bitselect(cosine, sine, odd), flipY));
    const lower = affine(f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x)), mean, std);
    const upper = affine(f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(z)), mean, std);
    v128.store(at, v128.shuffle<i32>(lower, upper, 0, 4, 1, 5));
  }
}

// @ts-ignore: decorator
@inline
function affine(x: v128, offset: f64, factor: f64): v128 {
  return f32x4.demote_f64x2_zero(f64x2.add(f64x2.splat(offset), f64x2.mul(f64x2.splat(factor), x)));
}

/** a + x * b */
// @ts-ignore: decorator
@inline
function step(a: f64, x: v128, b: v128): v128 {
  return f64x2.add(f64x2.splat(a), f64x2.mul(x, b));
}

/** ln x for x in [2^-24, 1]. */
// @ts-ignore: decorator
@inline
function logarithm(x: v128): v128 {
  const exponent = i64x2.sub(i64x2.shr_u(i64x2.add(x, i64x2.splat(0x95f64 << 32)), 52), i64x2.splat(1023));
  const e = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(exponent, exponent, 0, 2, 0, 2));
  const f = f64x2.sub(i64x2.sub(x, i64x2.shl(exponent, 52)), f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2), f));
  const z = f64x2.mul(s, s), w = f64x2.mul(z, z);
  const odd = f64x2.mul(w, step(0.3999999999940941908, w, step(0.2222219843214978396, w, f64x2.splat(0.1531383769920937332))));
  const even = f64x2.mul(
    z, step(0.6666666666666735130, w, step(0.2857142874366239149, w, step(0.1818357216161805012, w, f64x2.splat(0.1479819860511658591)))),
  );
  const half = f64x2.mul(f64x2.mul(f64x2.splat(0.5), f), f);
  const small = f64x2.add(
    f64x2.mul(s, f64x2.add(half, f64x2.add(even, odd))),
    f64x2.mul(e, f64x2.splat(1.90821492927058770002e-10)),
  );
  const large = f64x2.mul(e, f64x2.splat(6.93147180369123816490e-1));
  return f64x2.sub(large, f64x2.sub(f64x2.sub(half, small), f));
}

// @ts-ignore: decorator
@inline
function sineOf(x: v128, square: v128): v128 {
  const quarter = f64x2.mul(square, square);
  const inner = step(8.33333333332248946124e-3, square, step(-1.98412698298579493134e-4, square, f64x2.splat(2.75573137070700676789e-6)));
  const outer = step(-2.50507602534068634195e-8, square, f64x2.splat(1.58969099521155010221e-10));
  const r = f64x2.add(inner, f64x2.mul(f64x2.mul(square, quarter), outer));
  return f64x2.add(x, f64x2.mul(f64x2.mul(square, x), step(-1.66666666666666324348e-1, square, r)));
}

// @ts-ignore: decorator
@inline
function cosineOf(square: v128): v128 {
  const quarter = f64x2.mul(square, square);
  const inner = step(4.16666666666666019037e-2, square, step(-1.38888888888741095749e-3, square, f64x2.splat(2.48015872894767294178e-5)));
  const outer = step(-2.75573143513906633035e-7, square, step(2.08757232129817482790e-9, square, f64x2.splat(-1.13596475577881948265e-11)));
  const r = f64x2.add(f64x2.mul(square, inner), f64x2.mul(f64x2.mul(quarter, quarter), outer));
  const half = f64x2.mul(f64x2.splat(0.5), square);
  const w = f64x2.sub(f64x2.splat(1), half);
  return f64x2.add(w, f64x2.add(f64x2.sub(f64x2.sub(f64x2.splat(1), w), half), f64x2.mul(square, r)));
}
