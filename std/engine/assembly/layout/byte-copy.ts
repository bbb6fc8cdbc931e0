import { partBegin } from "../simd";

/** `stridedCopy` of elements of one byte: layouts of bool and u8. */
export function stridedCopyBytes(
  x: usize, y: usize, e0: i32, e1: i32, e2: i32, e3: i32, e4: i32, e5: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, x4: i32, x5: i32, y0: i32, y1: i32, y2: i32, y3: i32, y4: i32, y5: i32, thread: i32, threads: i32,
): void {
  const lines = e0 * e1 * e2 * e3 * e4;
  const end = partBegin(lines, 1, thread + 1, threads);
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const i4 = line % e4, plane = line / e4;
    const i3 = plane % e3, i2 = (plane / e3) % e2, i1 = (plane / (e3 * e2)) % e1, i0 = plane / (e3 * e2 * e1);
    const from = x + <usize>(i0 * x0 + i1 * x1 + i2 * x2 + i3 * x3 + i4 * x4);
    const to = y + <usize>(i0 * y0 + i1 * y1 + i2 * y2 + i3 * y3 + i4 * y4);
    if (x5 == 1 && y5 == 1) memory.copy(to, from, e5);
    else for (let k = 0; k < e5; k++) store<u8>(to + <usize>(k * y5), load<u8>(from + <usize>(k * x5)));
  }
}

/** Sets `count` bytes to the lowest byte of `value`. */
export function fillBytes(y: usize, count: i32, value: i32, thread: i32, threads: i32): void {
  const begin = partBegin(count, 64, thread, threads);
  memory.fill(y + <usize>begin, <u8>value, partBegin(count, 64, thread + 1, threads) - begin);
}

/** Sets `count` whole numbers of 4 bytes to `value`: the bits of some of them are no f32 that can be handed over. */
export function fillIntegers(y: usize, count: i32, value: i32, thread: i32, threads: i32): void {
  const end = partBegin(count, 16, thread + 1, threads);
  for (let at = partBegin(count, 16, thread, threads); at < end; at++) store<i32>(y + (<usize>at << 2), value);
}

/** Rows of `depth` bytes: 1 at the index, else 0. */
export function oneHotBytes(indices: usize, y: usize, count: i32, depth: i32, thread: i32, threads: i32): void {
  const begin = partBegin(count, 64, thread, threads), end = partBegin(count, 64, thread + 1, threads);
  memory.fill(y + <usize>(begin * depth), 0, (end - begin) * depth);
  for (let i = begin; i < end; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>index < <u32>depth) store<u8>(y + <usize>(i * depth + index), 1);
  }
}
