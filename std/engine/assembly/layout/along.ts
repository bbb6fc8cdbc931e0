import { partBegin } from "../simd";

/**
 * y[o, k, i] = x[o, indices[o, k, i], i], elements of 4 bytes or (`single`) of one; the bits of `missing` where an index is
 * out of range.
 */
export function gatherAlong(
  x: usize, indices: usize, y: usize, outer: i32, extent: i32, count: i32, inner: i32, single: i32, missing: i32, thread: i32, threads: i32,
): void {
  const end = partBegin(outer * count, 1, thread + 1, threads);
  for (let line = partBegin(outer * count, 1, thread, threads); line < end; line++) {
    const o = line / count;
    for (let i = 0; i < inner; i++) {
      const at = line * inner + i;
      const index = load<i32>(indices + (<usize>at << 2));
      const from = <usize>((o * extent + index) * inner + i);
      const inside = <u32>index < <u32>extent;
      if (single) store<u8>(y + <usize>at, inside ? load<u8>(x + from) : <u8>missing);
      else store<i32>(y + (<usize>at << 2), inside ? load<i32>(x + (from << 2)) : missing);
    }
  }
}

/** y[o, indices[o, k, i], i] += updates[o, k, i] on zeros, in the order of k; f32, or (`whole`) i32. Each thread owns its columns. */
export function scatterAlong(
  indices: usize, updates: usize, y: usize, outer: i32, extent: i32, count: i32, inner: i32, whole: i32, thread: i32, threads: i32,
): void {
  const end = partBegin(outer * inner, 16, thread + 1, threads);
  for (let column = partBegin(outer * inner, 16, thread, threads); column < end; column++) {
    const o = column / inner, i = column - o * inner;
    const first = y + (<usize>(o * extent * inner + i) << 2);
    const lead = <usize>inner << 2;
    for (let k = 0; k < extent; k++) store<i32>(first + <usize>k * lead, 0);
    for (let k = 0; k < count; k++) {
      const at = <usize>((o * count + k) * inner + i) << 2;
      const index = load<i32>(indices + at);
      if (<u32>index >= <u32>extent) continue;
      const to = first + <usize>index * lead;
      if (whole) store<i32>(to, load<i32>(to) + load<i32>(updates + at));
      else store<f32>(to, load<f32>(to) + load<f32>(updates + at));
    }
  }
}

/** y[o, i, :] = x[o, indices[i], :], rows of `bytes` bytes; zeros where an index is out of range. */
export function gatherBytes(x: usize, indices: usize, y: usize, outer: i32, extent: i32, bytes: i32, count: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * count, 16, thread + 1, threads);
  for (let at = partBegin(outer * count, 16, thread, threads); at < end; at++) {
    const o = at / count;
    const index = load<i32>(indices + (<usize>(at - o * count) << 2));
    const to = y + <usize>at * <usize>bytes;
    if (<u32>index < <u32>extent) memory.copy(to, x + <usize>(o * extent + index) * <usize>bytes, bytes);
    else memory.fill(to, 0, bytes);
  }
}

/** `scatterAdd` of whole numbers: y[o, indices[i], :] += updates[o, i, :] on zeros. Each thread owns a range of the extent. */
export function scatterAddIntegers(
  indices: usize, updates: usize, y: usize, outer: i32, extent: i32, inner: i32, count: i32, thread: i32, threads: i32,
): void {
  const begin = partBegin(extent, 1, thread, threads), end = partBegin(extent, 1, thread + 1, threads);
  for (let o = 0; o < outer; o++) {
    memory.fill(y + (<usize>((o * extent + begin) * inner) << 2), 0, <usize>((end - begin) * inner) << 2);
    for (let i = 0; i < count; i++) {
      const index = load<i32>(indices + (<usize>i << 2));
      if (index < begin || index >= end) continue;
      for (let k = 0; k < inner; k++) {
        const to = y + (<usize>((o * extent + index) * inner + k) << 2);
        store<i32>(to, load<i32>(to) + load<i32>(updates + (<usize>((o * count + i) * inner + k) << 2)));
      }
    }
  }
}
