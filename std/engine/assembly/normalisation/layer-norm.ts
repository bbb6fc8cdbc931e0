import { multiplyAdd, partBegin, storeLanes, storePart, sumLanes } from "../simd";

/** Lanes past the end of a row become 0. */
// @ts-ignore: decorator
@inline
function keep(v: v128, left: i32): v128 {
  return left >= 4 ? v : v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left)));
}

// Sums run in four accumulators, so that no addition waits for the one before; rows are short, and waiting was most of the time.

// @ts-ignore: decorator
@inline
function sumOfRow(x: usize, width: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let left = width;
  for (; left >= 16; left -= 16, x += 64) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
  }
  for (; left > 0; left -= 4, x += 16) s0 = f32x4.add(s0, keep(v128.load(x), left));
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

// @ts-ignore: decorator
@inline
function sumOfSquares(x: usize, width: i32, centre: v128): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let left = width;
  for (; left >= 16; left -= 16, x += 64) {
    const d0 = f32x4.sub(v128.load(x), centre), d1 = f32x4.sub(v128.load(x, 16), centre);
    const d2 = f32x4.sub(v128.load(x, 32), centre), d3 = f32x4.sub(v128.load(x, 48), centre);
    s0 = multiplyAdd(d0, d0, s0);
    s1 = multiplyAdd(d1, d1, s1);
    s2 = multiplyAdd(d2, d2, s2);
    s3 = multiplyAdd(d3, d3, s3);
  }
  for (; left > 0; left -= 4, x += 16) {
    const d = keep(f32x4.sub(v128.load(x), centre), left);
    s0 = multiplyAdd(d, d, s0);
  }
  return sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** y = scale (x - mean) / sqrt(variance + epsilon) + shift, each row of `width` numbers by itself; gives means and variances too. */
export function layerNorm(
  x: usize, scale: usize, shift: usize, y: usize, mean: usize, variance: usize, rows: i32, width: i32, epsilon: f32, thread: i32, threads: i32,
): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    const average = sumOfRow(from, width) / <f32>width;
    const centre = f32x4.splat(average);
    const spread = sumOfSquares(from, width, centre) / <f32>width;
    const inverse = f32x4.splat(1 / sqrt<f32>(spread + epsilon));
    for (let at: usize = 0; at < whole; at += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(from + at), centre), inverse);
      v128.store(to + at, multiplyAdd(normal, v128.load(scale + at), v128.load(shift + at)));
    }
    if (width & 3) {
      const normal = f32x4.mul(f32x4.sub(v128.load(from + whole), centre), inverse);
      storeLanes(to + whole, multiplyAdd(normal, v128.load(scale + whole), v128.load(shift + whole)), width & 3);
    }
    store<f32>(mean + (<usize>row << 2), average);
    store<f32>(variance + (<usize>row << 2), spread);
  }
}

/** Bytes between the sums of two threads: of the gradients of scale and shift, each rounded up to cache lines. */
// @ts-ignore: decorator
@inline
function partBytes(width: i32): usize {
  return 2 * (((<usize>width << 2) + 79) & ~63);
}

export function layerNormScratchBytes(width: i32): i32 {
  return <i32>partBytes(width);
}

/**
 * The gradient of x from y's gradient g, and of scale and shift each thread's sums over its rows, in `parts`
 * (`addLayerNormParts` puts them together): one walk over x and g for both. There is room for `count` parts; where one
 * thread does everything, the others are zeros.
 */
export function layerNormGradient(
  x: usize, scale: usize, mean: usize, variance: usize, g: usize, gx: usize, parts: usize, count: i32, rows: i32, width: i32, epsilon: f32,
  thread: i32, threads: i32,
): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>width << 2;
  const toScale = parts + <usize>thread * partBytes(width), toShift = toScale + (partBytes(width) >> 1);
  memory.fill(toScale, 0, partBytes(width) * (threads == 1 ? count : 1));
  const share: f32 = <f32>1 / <f32>width;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    const place = <usize>row << 2;
    const centre = f32x4.splat(load<f32>(mean + place));
    const inverse: f32 = 1 / sqrt<f32>(load<f32>(variance + place) + epsilon);
    let t0 = f32x4.splat(0), p0 = t0, t1 = t0, p1 = t0;
    let from = x + offset, slope = g + offset, by = scale;
    let left = width;
    for (; left >= 8; left -= 8, from += 32, slope += 32, by += 32) {
      const a = f32x4.mul(v128.load(slope), v128.load(by)), b = f32x4.mul(v128.load(slope, 16), v128.load(by, 16));
      t0 = f32x4.add(t0, a);
      t1 = f32x4.add(t1, b);
      p0 = multiplyAdd(a, f32x4.sub(v128.load(from), centre), p0);
      p1 = multiplyAdd(b, f32x4.sub(v128.load(from, 16), centre), p1);
    }
    for (; left > 0; left -= 4, from += 16, slope += 16, by += 16) {
      const a = keep(f32x4.mul(v128.load(slope), v128.load(by)), left);
      t0 = f32x4.add(t0, a);
      p0 = multiplyAdd(a, keep(f32x4.sub(v128.load(from), centre), left), p0);
    }
    const constant = f32x4.splat(sumLanes(f32x4.add(t0, t1)) * share);
    const linear = f32x4.splat(sumLanes(f32x4.add(p0, p1)) * inverse * inverse * share);
    const factor = f32x4.splat(inverse);
    let at: usize = 0;
    for (left = width; left > 0; left -= 4, at += 16) {
      const d = f32x4.sub(v128.load(x + offset + at), centre), own = v128.load(g + offset + at);
      const rest = f32x4.sub(f32x4.sub(f32x4.mul(own, v128.load(scale + at)), constant), f32x4.mul(d, linear));
      storePart(gx + offset + at, f32x4.mul(rest, factor), left);
      // Past the end of a row these hold anything, and so does their padding.
      v128.store(toScale + at, multiplyAdd(own, f32x4.mul(d, factor), v128.load(toScale + at)));
      v128.store(toShift + at, f32x4.add(own, v128.load(toShift + at)));
    }
  }
}

/** The gradients of scale and shift: the threads' sums, in their order. */
export function addLayerNormParts(parts: usize, gScale: usize, gShift: usize, count: i32, width: i32, thread: i32, threads: i32): void {
  const step = partBytes(width);
  const end = partBegin(width, 16, thread + 1, threads);
  for (let c = partBegin(width, 16, thread, threads); c < end; c += 4) {
    const at = <usize>c << 2;
    let scale = v128.load(parts + at), shift = v128.load(parts + (step >> 1) + at);
    for (let part = 1; part < count; part++) {
      const from = parts + <usize>part * step + at;
      scale = f32x4.add(scale, v128.load(from));
      shift = f32x4.add(shift, v128.load(from + (step >> 1)));
    }
    storePart(gScale + at, scale, width - c);
    storePart(gShift + at, shift, width - c);
  }
}
