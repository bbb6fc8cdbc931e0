import { multiplyAdd, partBegin, storeLanes } from "../simd";

// x is rows x channels. Threads share out the channels, so that each channel's statistics and results are one thread's
// work from the first pass to the last and no thread waits for another. Lanes are channels.

/** Rows whose mean and squares are taken while they lie in the first-level cache. */
const STRETCH: i32 = 64;

// @ts-ignore: decorator
@inline
function storePart(to: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(to, v);
  else if (left > 0) storeLanes(to, v, left);
}

/** Channels a thread takes at a time: a cache line where there are enough of them. */
// @ts-ignore: decorator
@inline
function grainOf(channels: i32, threads: i32): i32 {
  return channels >= 16 * threads ? 16 : 4;
}

/**
 * Mean and (biased) variance of four channels. Stretches are combined by the formula of Chan, Golub and LeVeque (1983),
 * which stays right where the mean is large against the deviation.
 */
// @ts-ignore: decorator
@inline
function statistics4(x: usize, lead: usize, rows: i32, mean: usize, variance: usize, left: i32): void {
  let average = f32x4.splat(0), squares = f32x4.splat(0);
  let done: f32 = 0;
  let from = x;
  for (let row = 0; row < rows; row += STRETCH) {
    const count = min(STRETCH, rows - row);
    let s0 = f32x4.splat(0), s1 = s0;
    let at = from;
    let n = count;
    for (; n >= 2; n -= 2, at += 2 * lead) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at + lead));
    }
    if (n) s0 = f32x4.add(s0, v128.load(at));
    const part = <f32>count;
    const own = f32x4.mul(f32x4.add(s0, s1), f32x4.splat(1 / part));
    let q0 = f32x4.splat(0), q1 = q0;
    at = from;
    n = count;
    for (; n >= 2; n -= 2, at += 2 * lead) {
      const d0 = f32x4.sub(v128.load(at), own), d1 = f32x4.sub(v128.load(at + lead), own);
      q0 = multiplyAdd(d0, d0, q0);
      q1 = multiplyAdd(d1, d1, q1);
    }
    if (n) {
      const d0 = f32x4.sub(v128.load(at), own);
      q0 = multiplyAdd(d0, d0, q0);
    }
    const all = done + part;
    const delta = f32x4.sub(own, average);
    average = multiplyAdd(delta, f32x4.splat(part / all), average);
    squares = f32x4.add(f32x4.add(squares, f32x4.add(q0, q1)), f32x4.mul(f32x4.mul(delta, delta), f32x4.splat((done * part) / all)));
    done = all;
    from += <usize>STRETCH * lead;
  }
  storePart(mean, average, left);
  storePart(variance, f32x4.mul(squares, f32x4.splat(1 / <f32>rows)), left);
}

/** y = scale (x - mean) / sqrt(variance + epsilon) + shift over rows x channels; gives the mean and the variance too. */
export function batchNorm(
  x: usize, scale: usize, shift: usize, y: usize, mean: usize, variance: usize, rows: i32, channels: i32, epsilon: f32, thread: i32, threads: i32,
): void {
  const grain = grainOf(channels, threads);
  const end = partBegin(channels, grain, thread + 1, threads);
  const lead = <usize>channels << 2;
  for (let c = partBegin(channels, grain, thread, threads); c < end; c += grain) {
    const offset = <usize>c << 2;
    const wide = min(grain, channels - c);
    for (let k = 0; k < wide; k += 4) {
      const at = offset + (<usize>k << 2);
      statistics4(x + at, lead, rows, mean + at, variance + at, channels - c - k);
    }
    for (let k = 0; k < wide; k += 4) {
      const at = offset + (<usize>k << 2);
      const left = channels - c - k;
      const factor = f32x4.div(v128.load(scale + at), f32x4.sqrt(f32x4.add(v128.load(variance + at), f32x4.splat(epsilon))));
      const average = v128.load(mean + at), start = v128.load(shift + at);
      let from = x + at, to = y + at;
      for (let row = 0; row < rows; row++) {
        storePart(to, multiplyAdd(f32x4.sub(v128.load(from), average), factor, start), left);
        from += lead;
        to += lead;
      }
    }
  }
}

/** The gradients of x, scale and shift from y's gradient g. */
export function batchNormGradient(
  x: usize, scale: usize, mean: usize, variance: usize, g: usize, gx: usize, gScale: usize, gShift: usize, rows: i32, channels: i32, epsilon: f32,
  thread: i32, threads: i32,
): void {
  const grain = grainOf(channels, threads);
  const end = partBegin(channels, grain, thread + 1, threads);
  const lead = <usize>channels << 2;
  const share = f32x4.splat(1 / <f32>rows);
  for (let c = partBegin(channels, grain, thread, threads); c < end; c += grain) {
    const wide = min(grain, channels - c);
    for (let k = 0; k < wide; k += 4) {
      const at = <usize>(c + k) << 2;
      const left = channels - c - k;
      const average = v128.load(mean + at);
      const inverse = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(v128.load(variance + at), f32x4.splat(epsilon))));
      let total = f32x4.splat(0), product = f32x4.splat(0);
      let from = x + at, incoming = g + at;
      for (let row = 0; row < rows; row += STRETCH) {
        let s = f32x4.splat(0), p = s;
        for (let n = min(STRETCH, rows - row); n > 0; n--) {
          const value = v128.load(incoming);
          s = f32x4.add(s, value);
          p = multiplyAdd(value, f32x4.sub(v128.load(from), average), p);
          from += lead;
          incoming += lead;
        }
        total = f32x4.add(total, s);
        product = f32x4.add(product, p);
      }
      product = f32x4.mul(product, inverse);
      storePart(gShift + at, total, left);
      storePart(gScale + at, product, left);
      // gx = a (g - total / n) - b (x - mean)
      const a = f32x4.mul(v128.load(scale + at), inverse);
      const b = f32x4.mul(f32x4.mul(f32x4.mul(product, share), inverse), a);
      const centre = f32x4.mul(total, share);
      from = x + at;
      incoming = g + at;
      let to = gx + at;
      for (let row = 0; row < rows; row++) {
        const value = f32x4.mul(f32x4.sub(v128.load(incoming), centre), a);
        storePart(to, f32x4.sub(value, f32x4.mul(f32x4.sub(v128.load(from), average), b)), left);
        from += lead;
        incoming += lead;
        to += lead;
      }
    }
  }
}
