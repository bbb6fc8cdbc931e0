import { multiplyAdd, partBegin, storeLanes, storePart } from "../simd";

// x is rows x channels. Threads have rows, the same as in what came before: they sum over theirs, and each then puts all sums together
// for itself. Lanes are channels, and a walk goes along whole cache lines of 16.

/** Rows whose mean and squares are taken while they lie in the first-level cache. */
const STRETCH: i32 = 64;
const HEADER: usize = 64;

/** Bytes of one number for every channel, and what a last vector reads beyond. */
// @ts-ignore: decorator
@inline
function listBytes(channels: i32): usize {
  return ((<usize>channels << 2) + 79) & ~63;
}

/** A thread's part: how many rows it has, two sums of them, and what it makes of all sums. */
// @ts-ignore: decorator
@inline
function partBytes(channels: i32): usize {
  return HEADER + 5 * listBytes(channels);
}

export function batchNormScratchBytes(channels: i32): i32 {
  return <i32>partBytes(channels);
}

/** Begins a thread's part, and those of the others too where one thread does everything. There is room for `count`. */
// @ts-ignore: decorator
@inline
function beginPart(parts: usize, count: i32, rows: i32, channels: i32, thread: i32, threads: i32): usize {
  const part = parts + <usize>thread * partBytes(channels);
  memory.fill(part, 0, partBytes(channels) * (threads == 1 ? count : 1));
  store<f32>(part, <f32>rows);
  return part;
}

/** Adds the mean and the squared distances from it of some rows to those of `done` rows: Chan, Golub and LeVeque (1983). */
// @ts-ignore: decorator
@inline
function combine(mean: usize, squares: usize, done: f32, own: v128, ownSquares: v128, rows: f32): void {
  const all = done + rows, average = v128.load(mean), delta = f32x4.sub(own, average);
  const between = f32x4.mul(f32x4.mul(delta, delta), f32x4.splat((done * rows) / all));
  v128.store(mean, multiplyAdd(delta, f32x4.splat(rows / all), average));
  v128.store(squares, f32x4.add(f32x4.add(v128.load(squares), ownSquares), between));
}

/** Mean and squared distances of each channel, over each thread's rows: stays right where the mean is large against the deviation. */
export function batchNormParts(x: usize, parts: usize, count: i32, rows: i32, channels: i32, thread: i32, threads: i32): void {
  const begin = partBegin(rows, 1, thread, threads), end = partBegin(rows, 1, thread + 1, threads);
  const part = beginPart(parts, count, end - begin, channels, thread, threads);
  const lead = <usize>channels << 2;
  for (let row = begin; row < end; row += STRETCH) {
    const stretch = min(STRETCH, end - row);
    const done = <f32>(row - begin), now = <f32>stretch;
    const share = f32x4.splat(1 / now);
    let from = x + <usize>row * lead, mean = part + HEADER, squares = mean + listBytes(channels);
    let left = channels;
    for (; left >= 16; left -= 16) {
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      let at = from;
      for (let n = stretch; n > 0; n--) {
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at, 16));
        s2 = f32x4.add(s2, v128.load(at, 32));
        s3 = f32x4.add(s3, v128.load(at, 48));
        at += lead;
      }
      const m0 = f32x4.mul(s0, share), m1 = f32x4.mul(s1, share), m2 = f32x4.mul(s2, share), m3 = f32x4.mul(s3, share);
      let q0 = f32x4.splat(0), q1 = q0, q2 = q0, q3 = q0;
      at = from;
      for (let n = stretch; n > 0; n--) {
        const d0 = f32x4.sub(v128.load(at), m0), d1 = f32x4.sub(v128.load(at, 16), m1);
        const d2 = f32x4.sub(v128.load(at, 32), m2), d3 = f32x4.sub(v128.load(at, 48), m3);
        q0 = multiplyAdd(d0, d0, q0);
        q1 = multiplyAdd(d1, d1, q1);
        q2 = multiplyAdd(d2, d2, q2);
        q3 = multiplyAdd(d3, d3, q3);
        at += lead;
      }
      combine(mean, squares, done, m0, q0, now);
      combine(mean + 16, squares + 16, done, m1, q1, now);
      combine(mean + 32, squares + 32, done, m2, q2, now);
      combine(mean + 48, squares + 48, done, m3, q3, now);
      from += 64;
      mean += 64;
      squares += 64;
    }
    for (; left > 0; left -= 4) {
      let s = f32x4.splat(0);
      let at = from;
      for (let n = stretch; n > 0; n--, at += lead) s = f32x4.add(s, v128.load(at));
      const m = f32x4.mul(s, share);
      let q = f32x4.splat(0);
      at = from;
      for (let n = stretch; n > 0; n--, at += lead) {
        const d = f32x4.sub(v128.load(at), m);
        q = multiplyAdd(d, d, q);
      }
      combine(mean, squares, done, m, q, now);
      from += 16;
      mean += 16;
      squares += 16;
    }
  }
}

/** y = scale (x - mean) / sqrt(variance + epsilon) + shift over rows x channels, from the parts; gives mean and (biased) variance too. */
export function batchNorm(
  x: usize, scale: usize, shift: usize, y: usize, mean: usize, variance: usize, parts: usize, count: i32, rows: i32, channels: i32, epsilon: f32,
  thread: i32, threads: i32,
): void {
  const begin = partBegin(rows, 1, thread, threads), end = partBegin(rows, 1, thread + 1, threads);
  const list = listBytes(channels), averages = parts + <usize>thread * partBytes(channels) + HEADER + 2 * list;
  const factors = averages + list, squares = factors + list;
  memory.fill(averages, 0, list);
  memory.fill(squares, 0, list);
  let done: f32 = 0;
  for (let index = 0; index < count; index++) {
    const part = parts + <usize>index * partBytes(channels), own = load<f32>(part);
    if (own == 0) continue;
    for (let at: usize = 0; at < <usize>channels << 2; at += 16) {
      combine(averages + at, squares + at, done, v128.load(part + HEADER + at), v128.load(part + HEADER + list + at), own);
    }
    done += own;
  }
  for (let c = 0; c < channels; c += 4) {
    const at = <usize>c << 2;
    const spread = f32x4.mul(v128.load(squares + at), f32x4.splat(1 / done));
    v128.store(factors + at, f32x4.div(v128.load(scale + at), f32x4.sqrt(f32x4.add(spread, f32x4.splat(epsilon)))));
    if (thread > 0) continue;
    storePart(mean + at, v128.load(averages + at), channels - c);
    storePart(variance + at, spread, channels - c);
  }
  const bytes = <usize>channels << 2, whole = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(to + at, multiplyAdd(f32x4.sub(v128.load(from + at), v128.load(averages + at)), v128.load(factors + at), v128.load(shift + at)));
    }
    if (channels & 3) {
      const value = multiplyAdd(f32x4.sub(v128.load(from + whole), v128.load(averages + whole)), v128.load(factors + whole), v128.load(shift + whole));
      storeLanes(to + whole, value, channels & 3);
    }
  }
}

/** For each channel the sums of g and of g (x - mean), over each thread's rows. */
export function batchNormGradientParts(
  x: usize, mean: usize, g: usize, parts: usize, count: i32, rows: i32, channels: i32, thread: i32, threads: i32,
): void {
  const begin = partBegin(rows, 1, thread, threads), end = partBegin(rows, 1, thread + 1, threads);
  const totals = beginPart(parts, count, end - begin, channels, thread, threads) + HEADER, products = totals + listBytes(channels);
  const lead = <usize>channels << 2;
  for (let row = begin; row < end; row += STRETCH) {
    const stretch = min(STRETCH, end - row);
    const offset = <usize>row * lead;
    let left = channels;
    let c: usize = 0;
    for (; left >= 16; left -= 16, c += 64) {
      const m0 = v128.load(mean + c), m1 = v128.load(mean + c, 16), m2 = v128.load(mean + c, 32), m3 = v128.load(mean + c, 48);
      let s0 = v128.load(totals + c), s1 = v128.load(totals + c, 16), s2 = v128.load(totals + c, 32), s3 = v128.load(totals + c, 48);
      let p0 = f32x4.splat(0), p1 = p0, p2 = p0, p3 = p0, t0 = p0, t1 = p0, t2 = p0, t3 = p0;
      let from = x + offset + c, incoming = g + offset + c;
      for (let n = stretch; n > 0; n--) {
        let value = v128.load(incoming);
        t0 = f32x4.add(t0, value);
        p0 = multiplyAdd(value, f32x4.sub(v128.load(from), m0), p0);
        value = v128.load(incoming, 16);
        t1 = f32x4.add(t1, value);
        p1 = multiplyAdd(value, f32x4.sub(v128.load(from, 16), m1), p1);
        value = v128.load(incoming, 32);
        t2 = f32x4.add(t2, value);
        p2 = multiplyAdd(value, f32x4.sub(v128.load(from, 32), m2), p2);
        value = v128.load(incoming, 48);
        t3 = f32x4.add(t3, value);
        p3 = multiplyAdd(value, f32x4.sub(v128.load(from, 48), m3), p3);
        from += lead;
        incoming += lead;
      }
      s0 = f32x4.add(s0, t0);
      s1 = f32x4.add(s1, t1);
      s2 = f32x4.add(s2, t2);
      s3 = f32x4.add(s3, t3);
      v128.store(totals + c, s0);
      v128.store(totals + c, s1, 16);
      v128.store(totals + c, s2, 32);
      v128.store(totals + c, s3, 48);
      v128.store(products + c, f32x4.add(v128.load(products + c), p0));
      v128.store(products + c, f32x4.add(v128.load(products + c, 16), p1), 16);
      v128.store(products + c, f32x4.add(v128.load(products + c, 32), p2), 32);
      v128.store(products + c, f32x4.add(v128.load(products + c, 48), p3), 48);
    }
    for (; left > 0; left -= 4, c += 16) {
      const m = v128.load(mean + c);
      let t = f32x4.splat(0), p = t;
      let from = x + offset + c, incoming = g + offset + c;
      for (let n = stretch; n > 0; n--, from += lead, incoming += lead) {
        const value = v128.load(incoming);
        t = f32x4.add(t, value);
        p = multiplyAdd(value, f32x4.sub(v128.load(from), m), p);
      }
      v128.store(totals + c, f32x4.add(v128.load(totals + c), t));
      v128.store(products + c, f32x4.add(v128.load(products + c), p));
    }
  }
}

/** The gradients of x, scale and shift from y's gradient g and the parts. */
export function batchNormGradient(
  x: usize, scale: usize, mean: usize, variance: usize, g: usize, gx: usize, gScale: usize, gShift: usize, parts: usize, count: i32, rows: i32, channels: i32,
  epsilon: f32, thread: i32, threads: i32,
): void {
  const begin = partBegin(rows, 1, thread, threads), end = partBegin(rows, 1, thread + 1, threads);
  const list = listBytes(channels), outer = parts + <usize>thread * partBytes(channels) + HEADER + 2 * list;
  const inner = outer + list, centres = inner + list;
  const share = f32x4.splat(1 / <f32>rows);
  for (let c = 0; c < channels; c += 4) {
    const at = <usize>c << 2;
    let total = f32x4.splat(0), product = total;
    for (let index = 0; index < count; index++) {
      const part = parts + <usize>index * partBytes(channels) + HEADER + at;
      total = f32x4.add(total, v128.load(part));
      product = f32x4.add(product, v128.load(part + list));
    }
    const inverse = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(v128.load(variance + at), f32x4.splat(epsilon))));
    product = f32x4.mul(product, inverse);
    // gx = a (g - total / n) - b (x - mean)
    const a = f32x4.mul(v128.load(scale + at), inverse);
    v128.store(outer + at, a);
    v128.store(inner + at, f32x4.mul(f32x4.mul(f32x4.mul(product, share), inverse), a));
    v128.store(centres + at, f32x4.mul(total, share));
    if (thread > 0) continue;
    storePart(gShift + at, total, channels - c);
    storePart(gScale + at, product, channels - c);
  }
  const bytes = <usize>channels << 2;
  for (let row = begin; row < end; row++) {
    const offset = <usize>row * bytes;
    let left = channels;
    for (let at: usize = 0; at < bytes; at += 16, left -= 4) {
      const value = f32x4.mul(f32x4.sub(v128.load(g + offset + at), v128.load(centres + at)), v128.load(outer + at));
      const pull = f32x4.mul(f32x4.sub(v128.load(x + offset + at), v128.load(mean + at)), v128.load(inner + at));
      storePart(gx + offset + at, f32x4.sub(value, pull), left);
    }
  }
}
