import { multiplyAdd, partBegin, storeLanes, sumLanes } from "../simd";

// @ts-ignore: decorator
@inline
function storePart(to: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(to, v);
  else storeLanes(to, v, left);
}

/** Lanes past the end of a row become 0. */
// @ts-ignore: decorator
@inline
function keep(v: v128, left: i32): v128 {
  return left >= 4 ? v : v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left)));
}

/** y = scale (x - mean) / sqrt(variance + epsilon) + shift, each row of `width` numbers by itself; gives means and variances too. */
export function layerNorm(
  x: usize, scale: usize, shift: usize, y: usize, mean: usize, variance: usize, rows: i32, width: i32, epsilon: f32, thread: i32, threads: i32,
): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>width << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const from = x + <usize>row * bytes, to = y + <usize>row * bytes;
    let total = f32x4.splat(0);
    let at: usize = 0;
    for (let left = width; left > 0; left -= 4, at += 16) total = f32x4.add(total, keep(v128.load(from + at), left));
    const average = sumLanes(total) / <f32>width;
    const centre = f32x4.splat(average);
    let squares = f32x4.splat(0);
    at = 0;
    for (let left = width; left > 0; left -= 4, at += 16) {
      const d = keep(f32x4.sub(v128.load(from + at), centre), left);
      squares = multiplyAdd(d, d, squares);
    }
    const spread = sumLanes(squares) / <f32>width;
    const inverse = f32x4.splat(1 / sqrt<f32>(spread + epsilon));
    at = 0;
    for (let left = width; left > 0; left -= 4, at += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(from + at), centre), inverse);
      storePart(to + at, multiplyAdd(normal, v128.load(scale + at), v128.load(shift + at)), left);
    }
    store<f32>(mean + (<usize>row << 2), average);
    store<f32>(variance + (<usize>row << 2), spread);
  }
}

/** The gradient of x from y's gradient g. */
export function layerNormGradient(
  x: usize, scale: usize, mean: usize, variance: usize, g: usize, gx: usize, rows: i32, width: i32, epsilon: f32, thread: i32, threads: i32,
): void {
  const end = partBegin(rows, 1, thread + 1, threads);
  const bytes = <usize>width << 2;
  for (let row = partBegin(rows, 1, thread, threads); row < end; row++) {
    const offset = <usize>row * bytes;
    const centre = f32x4.splat(load<f32>(mean + (<usize>row << 2)));
    const inverse: f32 = 1 / sqrt<f32>(load<f32>(variance + (<usize>row << 2)) + epsilon);
    let total = f32x4.splat(0), product = total;
    let at: usize = 0;
    for (let left = width; left > 0; left -= 4, at += 16) {
      const scaled = keep(f32x4.mul(v128.load(g + offset + at), v128.load(scale + at)), left);
      total = f32x4.add(total, scaled);
      product = multiplyAdd(scaled, keep(f32x4.sub(v128.load(x + offset + at), centre), left), product);
    }
    const share = f32x4.splat(sumLanes(total) / <f32>width);
    const slope = f32x4.splat((sumLanes(product) * inverse * inverse) / <f32>width);
    at = 0;
    for (let left = width; left > 0; left -= 4, at += 16) {
      const d = f32x4.sub(v128.load(x + offset + at), centre);
      const own = f32x4.sub(f32x4.mul(v128.load(g + offset + at), v128.load(scale + at)), share);
      storePart(gx + offset + at, f32x4.mul(f32x4.sub(own, f32x4.mul(d, slope)), f32x4.splat(inverse)), left);
    }
  }
}

/** The gradients of scale and shift: sums over the rows, in their order. Threads share out the columns. */
export function layerNormParameterGradient(
  x: usize, mean: usize, variance: usize, g: usize, gScale: usize, gShift: usize, rows: i32, width: i32, epsilon: f32, thread: i32, threads: i32,
): void {
  const end = partBegin(width, 4, thread + 1, threads);
  const bytes = <usize>width << 2;
  for (let c = partBegin(width, 4, thread, threads); c < end; c += 4) {
    const at = <usize>c << 2;
    let total = f32x4.splat(0), product = total;
    for (let row = 0; row < rows; row++) {
      const place = <usize>row << 2, offset = <usize>row * bytes + at;
      const inverse: f32 = 1 / sqrt<f32>(load<f32>(variance + place) + epsilon);
      const value = v128.load(g + offset);
      total = f32x4.add(total, value);
      const normal = f32x4.mul(f32x4.sub(v128.load(x + offset), f32x4.splat(load<f32>(mean + place))), f32x4.splat(inverse));
      product = multiplyAdd(value, normal, product);
    }
    storePart(gScale + at, product, width - c);
    storePart(gShift + at, total, width - c);
  }
}
