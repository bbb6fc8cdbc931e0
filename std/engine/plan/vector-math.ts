import type { FunctionBuilder } from "../wasm/encoder.js";

/** Opcodes of the SIMD instructions that plans use (after the 0xfd prefix). */
export const simd = {
  load: 0x00, loadSplat32: 0x09, loadZero32: 0x5c, store: 0x0b, storeLane8: 0x58, storeLane32: 0x5a, storeLane64: 0x5b,
  splatI32: 0x11, splatF32: 0x13, extractI32: 0x1b,
  and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, not: 0x4d, select: 0x52, anyTrue: 0x53,
  narrowI16ToU8: 0x66, narrowI32ToU16: 0x86, widenLowU8: 0x89, widenLowU16: 0xa9,
  i32Eq: 0x37, i32Ne: 0x38, i32Lt: 0x39, i32Gt: 0x3b, i32Le: 0x3d, i32Ge: 0x3f,
  i32Abs: 0xa0, i32Neg: 0xa1, i32Shl: 0xab, i32ShrS: 0xac, i32ShrU: 0xad, i32Add: 0xae, i32Sub: 0xb1, i32Mul: 0xb5, i32Min: 0xb6, i32Max: 0xb8,
  f32Eq: 0x41, f32Ne: 0x42, f32Lt: 0x43, f32Gt: 0x44, f32Le: 0x45, f32Ge: 0x46,
  f32Ceil: 0x67, f32Floor: 0x68, f32Trunc: 0x69, f32Nearest: 0x6a,
  f32Abs: 0xe0, f32Neg: 0xe1, f32Sqrt: 0xe3, f32Add: 0xe4, f32Sub: 0xe5, f32Mul: 0xe6, f32Div: 0xe7, f32Min: 0xe8, f32Max: 0xe9, f32Pmin: 0xea, f32Pmax: 0xeb,
  truncSatF32ToI32: 0xf8, convertI32ToF32: 0xfa,
} as const; // prettier-ignore

/**
 * Vector code under construction: each method appends instructions for four lanes and gives the local that holds the
 * result. Constants are set once, before the loops, and then live in locals.
 */
export class VectorCode {
  readonly #constants = new Map<string, number>();

  constructor(readonly body: FunctionBuilder) {}

  constant(value: number): number {
    return this.#constant(`f${Object.is(value, -0) ? "-0" : value}`, () => this.body.f32(value).simd(simd.splatF32));
  }

  integer(value: number): number {
    return this.#constant(`i${value}`, () => this.body.i32(value).simd(simd.splatI32));
  }

  #constant(key: string, push: () => void): number {
    let local = this.#constants.get(key);
    if (local === undefined) {
      local = this.body.local("v128");
      const fresh = local;
      this.body.atHead(() => {
        push();
        this.body.set(fresh);
      });
      this.#constants.set(key, local);
    }
    return local;
  }

  /** Applies an instruction to locals; the result is a new local. */
  op(code: number, ...operands: readonly number[]): number {
    for (const operand of operands) this.body.get(operand);
    const result = this.body.local("v128");
    this.body.simd(code).set(result);
    return result;
  }

  shift(code: number, operand: number, bits: number): number {
    const result = this.body.local("v128");
    this.body.get(operand).i32(bits).simd(code).set(result);
    return result;
  }

  add(a: number, b: number): number {
    return this.op(simd.f32Add, a, b);
  }

  sub(a: number, b: number): number {
    return this.op(simd.f32Sub, a, b);
  }

  mul(a: number, b: number): number {
    return this.op(simd.f32Mul, a, b);
  }

  div(a: number, b: number): number {
    return this.op(simd.f32Div, a, b);
  }

  /** a where the mask is set, b elsewhere. */
  select(mask: number, a: number, b: number): number {
    return this.op(simd.select, a, b, mask);
  }

  /** Horner's rule, highest coefficient first. */
  polynomial(x: number, coefficients: readonly number[]): number {
    let sum = this.constant(coefficients[0] as number);
    for (const coefficient of coefficients.slice(1)) sum = this.add(this.mul(sum, x), this.constant(coefficient));
    return sum;
  }

  /** `pmin` and `pmax` are one instruction each, and with x first NaN stays NaN. */
  clamp(x: number, low: number, high: number): number {
    return this.op(simd.f32Pmin, this.op(simd.f32Pmax, x, this.constant(low)), this.constant(high));
  }

  /** Cephes expf: x = n ln 2 + r; gives e^r - 1, n as integers, and n as floats. */
  #exponential(x: number): { rest: number; power: number; whole: number } {
    const whole = this.op(simd.f32Nearest, this.mul(x, this.constant(Math.LOG2E)));
    const r = this.sub(this.sub(x, this.mul(whole, this.constant(0.693359375))), this.mul(whole, this.constant(-2.1219444e-4)));
    const p = this.polynomial(r, [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]);
    const rest = this.add(this.mul(p, this.mul(r, r)), r);
    return { rest, power: this.op(simd.truncSatF32ToI32, whole), whole };
  }

  #scaled(y: number, power: number): number {
    return this.mul(y, this.shift(simd.i32Shl, this.op(simd.i32Add, power, this.integer(127)), 23));
  }

  /** e^x to about 1 ulp, down to 0 and up to infinity: 2^n is applied in two halves, each of which is a float. */
  exp(x: number): number {
    const { rest, power } = this.#exponential(this.clamp(x, -104, 89));
    const half = this.shift(simd.i32ShrS, power, 1);
    return this.#scaled(this.#scaled(this.add(rest, this.constant(1)), half), this.op(simd.i32Sub, power, half));
  }

  /** e^x - 1, exact near 0. */
  expm1(x: number): number {
    const limited = this.clamp(x, -87, 88);
    const { rest, power, whole } = this.#exponential(limited);
    const far = this.sub(this.#scaled(this.add(rest, this.constant(1)), power), this.constant(1));
    return this.select(this.op(simd.f32Eq, whole, this.constant(0)), rest, far);
  }

  /** Cephes logf: x = 2^e m with m in [sqrt(1/2), sqrt(2)). */
  log(x: number): number {
    const smallest = this.constant(1.17549435e-38);
    const tiny = this.op(simd.f32Lt, x, smallest);
    const normal = this.select(tiny, this.mul(x, this.constant(8388608)), x);
    const bits = this.shift(simd.i32ShrS, normal, 23);
    const e0 = this.op(simd.i32Sub, bits, this.integer(126));
    const e1 = this.select(tiny, this.op(simd.i32Sub, e0, this.integer(23)), e0);
    const m0 = this.op(simd.or, this.op(simd.and, normal, this.integer(0x007fffff)), this.integer(0x3f000000)); // [0.5, 1)
    const low = this.op(simd.f32Lt, m0, this.constant(Math.SQRT1_2));
    const e = this.op(simd.convertI32ToF32, this.op(simd.i32Add, e1, low)); // one less where m is doubled
    const m = this.sub(this.add(m0, this.op(simd.and, m0, low)), this.constant(1));
    const z = this.mul(m, m);
    const p = this.polynomial(m, [7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]); // prettier-ignore
    let y = this.mul(this.mul(m, z), p);
    y = this.add(y, this.mul(e, this.constant(-2.1219444e-4)));
    y = this.sub(y, this.mul(z, this.constant(0.5)));
    y = this.add(this.add(m, y), this.mul(e, this.constant(0.693359375)));
    const infinite = this.op(simd.f32Eq, x, this.constant(Infinity));
    const zero = this.op(simd.f32Eq, x, this.constant(0));
    const valid = this.op(simd.f32Ge, x, this.constant(0)); // false for NaN too
    y = this.select(infinite, x, this.select(zero, this.constant(-Infinity), y));
    return this.select(valid, y, this.constant(NaN));
  }

  /** log(1 + x) for x >= 0, right for small x too: log(u) x / (u - 1) with u = 1 + x (Kahan). */
  log1p(x: number): number {
    const one = this.constant(1);
    const u = this.add(one, x);
    const difference = this.sub(u, one);
    const same = this.op(simd.f32Eq, difference, this.constant(0));
    const scaled = this.mul(this.log(u), this.div(x, this.select(same, one, difference)));
    return this.select(same, x, scaled);
  }

  /** Rational approximation on [-7.9, 7.9], a few ulp (Eigen's `ptanh`). */
  tanh(x: number): number {
    const limited = this.clamp(x, -7.90531110763549805, 7.90531110763549805);
    const square = this.mul(limited, limited);
    const p = this.polynomial(square, [-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3]); // prettier-ignore
    const q = this.polynomial(square, [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3]);
    const small = this.op(simd.f32Lt, this.op(simd.f32Abs, x), this.constant(0.0004));
    return this.select(small, x, this.div(this.mul(limited, p), q));
  }

  sigmoid(x: number): number {
    const one = this.constant(1);
    return this.div(one, this.add(one, this.exp(this.op(simd.f32Neg, x))));
  }

  /** Rational approximation on [-4, 4], 1 beyond (Eigen, XLA). */
  erf(x: number): number {
    const limited = this.clamp(x, -4, 4);
    const square = this.mul(limited, limited);
    const p = this.polynomial(square, [-2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2]); // prettier-ignore
    const q = this.polynomial(
      square,
      [-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2],
    );
    return this.div(this.mul(limited, p), q);
  }

  /** Cephes sinf and cosf: reduced to [-pi/4, pi/4] in three steps, then one of two polynomials by octant. */
  sine(x: number, cosine: boolean): number {
    const quarter = this.op(simd.f32Nearest, this.mul(x, this.constant(2 / Math.PI)));
    const n0 = this.op(simd.truncSatF32ToI32, quarter);
    const n = cosine ? this.op(simd.i32Add, n0, this.integer(1)) : n0;
    let r = this.sub(x, this.mul(quarter, this.constant(1.5703125)));
    r = this.sub(r, this.mul(quarter, this.constant(4.837512969970703125e-4)));
    r = this.sub(r, this.mul(quarter, this.constant(7.549789948768648e-8)));
    const z = this.mul(r, r);
    const s = this.add(r, this.mul(this.mul(r, z), this.polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])));
    const c = this.add(this.sub(this.constant(1), this.mul(z, this.constant(0.5))), this.mul(this.mul(z, z), this.polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]))); // prettier-ignore
    const odd = this.op(simd.i32Ne, this.op(simd.and, n, this.integer(1)), this.integer(0));
    const negative = this.shift(simd.i32Shl, this.shift(simd.i32ShrU, this.op(simd.and, n, this.integer(2)), 1), 31);
    return this.op(simd.xor, this.select(odd, c, s), negative);
  }

  /** a^b as e^(b ln |a|), with the sign of a where b is an odd whole number, NaN where it is a fraction. */
  power(a: number, b: number): number {
    const zero = this.constant(0);
    const one = this.constant(1);
    const magnitude = this.exp(this.mul(b, this.log(this.op(simd.f32Abs, a))));
    const negative = this.op(simd.f32Lt, a, zero);
    const fractional = this.op(simd.f32Ne, this.op(simd.f32Trunc, b), b);
    const half = this.mul(b, this.constant(0.5));
    const odd = this.op(simd.andnot, this.op(simd.f32Ne, this.op(simd.f32Trunc, half), half), fractional);
    const signed = this.select(this.op(simd.and, negative, odd), this.op(simd.f32Neg, magnitude), magnitude);
    const defined = this.select(this.op(simd.and, negative, fractional), this.constant(NaN), signed);
    return this.select(this.op(simd.f32Eq, b, zero), one, defined);
  }
}
