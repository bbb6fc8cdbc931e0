/*
 * The logarithm, sine and cosine that normal numbers are made with: fdlibm's polynomials (Sun Microsystems 1993) in sums and
 * products alone, which are the same on every machine. The kernel `normalFromUniform` does the same operations in the same
 * order, so that both give the same bits.
 */

const ln2High = 6.93147180369123816490e-1; // prettier-ignore
const ln2Low = 1.90821492927058770002e-10;
const halfPiHigh = 1.57079632673412561417; // the upper 33 bits: four times this is exact
const halfPiLow = 6.07710050650619224932e-11;

/** What `normalPair` gave last. */
export const pair = new Float32Array(2);

/**
 * Two independent numbers of the standard normal distribution from two uniform ones (Box & Muller 1958), which are given as
 * whole numbers of 24 bits.
 */
export function normalPair(first: number, second: number): void {
  // 1 - u lies in (0, 1], so that the logarithm is finite.
  const radius = Math.sqrt(-2 * logarithm(0x1000000 - first));
  const turned = 2 * Math.PI * (second / 0x1000000);
  const quadrant = (second + 0x200000) >> 22;
  const angle = turned - quadrant * halfPiHigh - quadrant * halfPiLow;
  const square = angle * angle;
  const sine = sineOf(angle, square);
  const cosine = cosineOf(square);
  const [x, y] = (quadrant & 1) === 0 ? [cosine, sine] : [sine, cosine];
  pair[0] = radius * (((quadrant + 1) & 2) === 0 ? x : -x);
  pair[1] = radius * ((quadrant & 2) === 0 ? y : -y);
}

/** ln(whole / 2^24), for whole numbers from 1 to 2^24. */
function logarithm(whole: number): number {
  const shift = Math.clz32(whole) - 7;
  const scaled = whole << shift; // from 2^24 to below 2^25
  const upper = scaled >= 0x16a09c0; // about the root of 2
  const exponent = upper ? 1 - shift : -shift;
  const f = (upper ? scaled / 0x2000000 : scaled / 0x1000000) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
  const even = z * (0.6666666666666735130 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591))); // prettier-ignore
  const half = 0.5 * f * f;
  return exponent * ln2High - (half - (s * (half + (even + odd)) + exponent * ln2Low) - f);
}

/** Between -pi/4 and pi/4. */
function sineOf(x: number, square: number): number {
  const quarter = square * square;
  const r =
    8.33333333332248946124e-3 +
    square * (-1.98412698298579493134e-4 + square * 2.75573137070700676789e-6) +
    square * quarter * (-2.50507602534068634195e-8 + square * 1.58969099521155010221e-10);
  return x + square * x * (-1.66666666666666324348e-1 + square * r); // prettier-ignore
}

/** Between -pi/4 and pi/4, from the square. */
function cosineOf(square: number): number {
  const quarter = square * square;
  const r =
    square * (4.16666666666666019037e-2 + square * (-1.38888888888741095749e-3 + square * 2.48015872894767294178e-5)) +
    quarter * quarter * (-2.75573143513906633035e-7 + square * (2.08757232129817482790e-9 + square * -1.13596475577881948265e-11)); // prettier-ignore
  const half = 0.5 * square;
  const w = 1 - half;
  return w + (1 - w - half + square * r);
}
