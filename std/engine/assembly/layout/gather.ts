import { partBegin } from "../simd";

/** y[o, i, :] = x[o, indices[i], :], rows of `inner` 4-byte elements; NaN where an index is out of range. */
export function gather(x: usize, indices: usize, y: usize, outer: i32, extent: i32, inner: i32, count: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * count, 1, thread + 1, threads);
  const bytes = <usize>inner << 2;
  for (let at = partBegin(outer * count, 1, thread, threads); at < end; at++) {
    const o = at / count;
    const index = load<i32>(indices + (<usize>(at - o * count) << 2));
    const to = y + <usize>at * bytes;
    if (<u32>index < <u32>extent) memory.copy(to, x + <usize>(o * extent + index) * bytes, bytes);
    else for (let k = 0; k < inner; k++) store<f32>(to + (<usize>k << 2), NaN);
  }
}

/**
 * y[o, indices[i], :] += updates[o, i, :] on zeros, in the order of the indices. Each thread owns a range of the extent and
 * takes only the indices that point there, so that the order of additions never changes.
 */
export function scatterAdd(indices: usize, updates: usize, y: usize, outer: i32, extent: i32, inner: i32, count: i32, thread: i32, threads: i32): void {
  const begin = partBegin(extent, 1, thread, threads), end = partBegin(extent, 1, thread + 1, threads);
  const bytes = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    memory.fill(y + <usize>(o * extent + begin) * bytes, 0, <usize>(end - begin) * bytes);
    for (let i = 0; i < count; i++) {
      const index = load<i32>(indices + (<usize>i << 2));
      if (index < begin || index >= end) continue;
      let from = updates + <usize>(o * count + i) * bytes;
      let to = y + <usize>(o * extent + index) * bytes;
      let left = inner;
      while (left >= 4) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
        to += 16;
        from += 16;
        left -= 4;
      }
      while (left > 0) {
        store<f32>(to, load<f32>(to) + load<f32>(from));
        to += 4;
        from += 4;
        left--;
      }
    }
  }
}

/** Rows of `depth` zeros with the bits of 1 (`one`) at the index. */
export function oneHot(indices: usize, y: usize, count: i32, depth: i32, one: i32, thread: i32, threads: i32): void {
  const begin = partBegin(count, 1, thread, threads), end = partBegin(count, 1, thread + 1, threads);
  memory.fill(y + (<usize>(begin * depth) << 2), 0, <usize>((end - begin) * depth) << 2);
  for (let i = begin; i < end; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index < <u32>depth) store<i32>(y + (<usize>(i * depth + index) << 2), one);
  }
}
