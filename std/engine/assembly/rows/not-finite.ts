import { partBegin, sumLanes } from "../simd";

/** Writes 0 to found[thread] when this part's numbers are all finite, else NaN. */
export function notFinite(x: usize, count: i32, found: usize, thread: i32, threads: i32): void {
  const end = partBegin(count, 16, thread + 1, threads);
  let i = partBegin(count, 16, thread, threads);
  // A number less itself is 0 unless it is not finite, and NaN stays in every sum.
  let even = f32x4.splat(0), odd = f32x4.splat(0);
  for (; i + 8 <= end; i += 8) {
    const a = v128.load(x + (<usize>i << 2)), b = v128.load(x + (<usize>i << 2), 16);
    even = f32x4.add(even, f32x4.sub(a, a));
    odd = f32x4.add(odd, f32x4.sub(b, b));
  }
  let rest: f32 = 0;
  for (; i < end; i++) {
    const value = load<f32>(x + (<usize>i << 2));
    rest += value - value;
  }
  store<f32>(found + (<usize>thread << 2), sumLanes(f32x4.add(even, odd)) + rest);
}
