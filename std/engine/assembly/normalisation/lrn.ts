import { exponential, logarithm } from "../math";
import { multiplyAdd, partBegin, storePart } from "../simd";

// Local response normalisation over the channels of each pixel. A row of scratch holds what is summed over windows of
// channels, with zeros around it, so that every window is read without asking where the row ends.

export function lrnScratchBytes(channels: i32, size: i32): i32 {
  return ((channels + 2 * size + 15) & ~7) << 2;
}

/** d^-beta for d > 0; the paper's 3/4 and its neighbours by square roots. */
// @ts-ignore: decorator
@inline
function inversePower(d: v128, beta: f32): v128 {
  if (beta == 0.75) {
    const root = f32x4.sqrt(d);
    return f32x4.div(f32x4.splat(1), f32x4.mul(root, f32x4.sqrt(root)));
  }
  if (beta == 0.5) return f32x4.div(f32x4.splat(1), f32x4.sqrt(d));
  if (beta == 1) return f32x4.div(f32x4.splat(1), d);
  return exponential(f32x4.mul(logarithm(d), f32x4.splat(-beta)));
}

/** k + alpha times the sum of `size` squares from `squares` on. */
// @ts-ignore: decorator
@inline
function denominator(squares: usize, size: i32, alpha: f32, k: f32): v128 {
  let total = v128.load(squares);
  for (let i = 1; i < size; i++) total = f32x4.add(total, v128.load(squares + (<usize>i << 2)));
  return multiplyAdd(total, f32x4.splat(alpha), f32x4.splat(k));
}

/** The squares of a row into scratch, from place `before` on, zeros around them. */
// @ts-ignore: decorator
@inline
function squareRow(x: usize, channels: i32, before: i32, scratch: usize): void {
  const to = scratch + (<usize>before << 2);
  for (let c = 0; c < channels; c += 4) {
    const at = <usize>c << 2;
    const v = v128.load(x + at);
    storePart(to + at, f32x4.mul(v, v), channels - c);
  }
}

/** y = x (k + alpha sum x^2)^-beta over `size` channels around each, rows of `channels`. */
export function lrn(x: usize, y: usize, rows: i32, channels: i32, size: i32, alpha: f32, beta: f32, k: f32, scratch: usize, thread: i32, threads: i32): void {
  const bytes = <usize>channels << 2;
  scratch += <usize>thread * <usize>lrnScratchBytes(channels, size);
  memory.fill(scratch, 0, <usize>lrnScratchBytes(channels, size));
  const end = partBegin(rows, 1, thread + 1, threads);
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    squareRow(from, channels, size / 2, scratch);
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const d = denominator(scratch + at, size, alpha, k);
      storePart(to + at, f32x4.mul(v128.load(from + at), inversePower(d, beta)), channels - c);
    }
  }
}

/** The gradient of x from y's gradient g: g d^-beta - 2 alpha beta x sum(g x d^(-beta - 1)). Scratch for two rows. */
export function lrnGradient(
  x: usize, g: usize, gx: usize, rows: i32, channels: i32, size: i32, alpha: f32, beta: f32, k: f32, scratch: usize, thread: i32, threads: i32,
): void {
  const bytes = <usize>channels << 2;
  const rowScratch = <usize>lrnScratchBytes(channels, size);
  const squares = scratch + 2 * <usize>thread * rowScratch;
  const terms = squares + rowScratch;
  memory.fill(squares, 0, 2 * rowScratch);
  const end = partBegin(rows, 1, thread + 1, threads);
  const factor = f32x4.splat(2 * alpha * beta);
  // A channel's term goes to the channels of its window: seen from those, the window is turned round.
  const own = terms + (<usize>((size - 1) / 2) << 2);
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    squareRow(x + offset, channels, size / 2, squares);
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const left = channels - c;
      const d = denominator(squares + at, size, alpha, k);
      const power = inversePower(d, beta);
      const scaled = f32x4.mul(v128.load(g + offset + at), power);
      storePart(own + at, f32x4.div(f32x4.mul(scaled, v128.load(x + offset + at)), d), left);
      storePart(gx + offset + at, scaled, left);
    }
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      let total = v128.load(terms + at);
      for (let i = 1; i < size; i++) total = f32x4.add(total, v128.load(terms + at + (<usize>i << 2)));
      const scaled = f32x4.mul(f32x4.mul(factor, v128.load(x + offset + at)), total);
      storePart(gx + offset + at, f32x4.sub(v128.load(gx + offset + at), scaled), channels - c);
    }
  }
}
