import { partBegin, storePart } from "../simd";

// Max pooling by windows of 2 x 2 that do not overlap, with the place in its window of the number that was taken: 0 and 1 above, 2 and 3
// below. What comes back needs no more than these bytes to find its way.

/** Where the largest so far stays: the first of equal ones does, and a NaN is larger than all numbers. */
// @ts-ignore: decorator
@inline
export function stays(best: v128, value: v128): v128 {
  return v128.or(f32x4.le(value, best), f32x4.ne(best, best));
}

/** @param left where the left one of the upper two stays. @param lowerLeft of the lower two. @param upper where the upper ones' largest stays. */
// @ts-ignore: decorator
@inline
export function placeOf(left: v128, lowerLeft: v128, upper: v128): v128 {
  const one = i32x4.splat(1);
  return v128.bitselect(v128.andnot(one, left), i32x4.sub(i32x4.splat(3), v128.and(one, lowerLeft)), upper);
}

/** y = the largest number of each window of x, and picks = its place there. The parts are ranges of rows of windows. */
export function maxPoolPairs(
  x: usize, y: usize, picks: usize, batch: i32, height: i32, width: i32, channels: i32, thread: i32, threads: i32,
): void {
  const outHeight = height >> 1, outWidth = width >> 1, lines = batch * outHeight;
  const pixel = <usize>channels << 2, row = pixel * width;
  const end = partBegin(lines, 1, thread + 1, threads);
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const n = line / outHeight, first = line * outWidth * channels;
    let from = x + <usize>(n * height + 2 * (line - n * outHeight)) * row, to = y + (<usize>first << 2), pick = picks + first;
    for (let ox = 0; ox < outWidth; ox++) {
      largestOfWindow(from, pixel, row, to, pick, channels);
      from += 2 * pixel;
      to += pixel;
      pick += channels;
    }
  }
}

// @ts-ignore: decorator
@inline
function largestOfWindow(x: usize, pixel: usize, row: usize, y: usize, picks: usize, channels: i32): void {
  for (let left = channels; left > 0; left -= 4) {
    const a = v128.load(x), b = v128.load(x + pixel), c = v128.load(x + row), d = v128.load(x + row + pixel);
    const first = stays(a, b), third = stays(c, d);
    const top = v128.bitselect(a, b, first), bottom = v128.bitselect(c, d, third), upper = stays(top, bottom);
    storePart(y, v128.bitselect(top, bottom, upper), left);
    const places = placeOf(first, third, upper);
    const bytes = v128.shuffle<i8>(places, places, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
    if (left >= 4) v128.store32_lane(picks, bytes, 0);
    else for (let i = 0; i < left; i++) store<u8>(picks + i, <u8>(i32x4.extract_lane(bytes, 0) >>> (8 * i)));
    x += 16;
    y += 16;
    picks += 4;
  }
}
