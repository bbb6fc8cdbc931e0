import { partBegin } from "../simd";

/**
 * Copies a box of 4-byte elements between two arrays with any strides (in elements, negative too): transposes, slices,
 * concatenation, the inside of a padding, flips. Axis 5 is the innermost; unused axes come first, with extent 1.
 */
export function stridedCopy(
  x: usize, y: usize, e0: i32, e1: i32, e2: i32, e3: i32, e4: i32, e5: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, x4: i32, x5: i32, y0: i32, y1: i32, y2: i32, y3: i32, y4: i32, y5: i32, thread: i32, threads: i32,
): void {
  const planes = e0 * e1 * e2 * e3;
  if (x5 != 1 && x4 == 1 && y5 == 1 && e4 >= 4) {
    // The last two axes change places: tiles of 4 x 4, dealt out by rows of the result.
    const strips = (e4 + 3) >> 2;
    const end = partBegin(planes * strips, 1, thread + 1, threads);
    for (let unit = partBegin(planes * strips, 1, thread, threads); unit < end; unit++) {
      const plane = unit / strips, row = (unit - plane * strips) << 2;
      const i3 = plane % e3, i2 = (plane / e3) % e2, i1 = (plane / (e3 * e2)) % e1, i0 = plane / (e3 * e2 * e1);
      const from = x + (<usize>(i0 * x0 + i1 * x1 + i2 * x2 + i3 * x3 + row) << 2);
      const to = y + (<usize>(i0 * y0 + i1 * y1 + i2 * y2 + i3 * y3 + row * y4) << 2);
      transposeStrip(from, <usize>x5 << 2, to, <usize>y4 << 2, min(4, e4 - row), e5);
    }
    return;
  }
  const lines = planes * e4;
  const end = partBegin(lines, 1, thread + 1, threads);
  const bytes = <usize>e5 << 2;
  let line = partBegin(lines, 1, thread, threads);
  let i4 = line % e4;
  let plane = line / e4;
  let planeFrom: usize = 0, planeTo: usize = 0;
  for (let fresh = true; line < end; line++) {
    if (fresh) {
      // Divisions once a plane, not once a line: lines may be as short as one vector.
      const i3 = plane % e3, i2 = (plane / e3) % e2, i1 = (plane / (e3 * e2)) % e1, i0 = plane / (e3 * e2 * e1);
      planeFrom = x + (<usize>(i0 * x0 + i1 * x1 + i2 * x2 + i3 * x3) << 2);
      planeTo = y + (<usize>(i0 * y0 + i1 * y1 + i2 * y2 + i3 * y3) << 2);
    }
    let from = planeFrom + (<usize>(i4 * x4) << 2);
    let to = planeTo + (<usize>(i4 * y4) << 2);
    fresh = ++i4 == e4;
    if (fresh) {
      i4 = 0;
      plane++;
    }
    if (x5 == 1 && y5 == 1) {
      if (bytes > 512) {
        memory.copy(to, from, bytes);
      } else {
        let left = e5;
        while (left >= 4) {
          v128.store(to, v128.load(from));
          to += 16;
          from += 16;
          left -= 4;
        }
        while (left > 0) {
          store<u32>(to, load<u32>(from));
          to += 4;
          from += 4;
          left--;
        }
      }
    } else {
      for (let left = e5; left > 0; left--) {
        store<u32>(to, load<u32>(from));
        from += <usize>x5 << 2;
        to += <usize>y5 << 2;
      }
    }
  }
}

/** Up to 4 rows of the result from as many neighbouring columns of x. */
function transposeStrip(x: usize, lead: usize, y: usize, ldy: usize, rows: i32, columns: i32): void {
  let left = columns;
  if (rows == 4) {
    while (left >= 4) {
      const a = v128.load(x), b = v128.load(x + lead), c = v128.load(x + 2 * lead), d = v128.load(x + 3 * lead);
      const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      v128.store(y, v128.shuffle<i64>(ab0, cd0, 0, 2));
      v128.store(y + ldy, v128.shuffle<i64>(ab0, cd0, 1, 3));
      v128.store(y + 2 * ldy, v128.shuffle<i64>(ab1, cd1, 0, 2));
      v128.store(y + 3 * ldy, v128.shuffle<i64>(ab1, cd1, 1, 3));
      x += 4 * lead;
      y += 16;
      left -= 4;
    }
  }
  while (left > 0) {
    for (let row = 0; row < rows; row++) store<u32>(y + <usize>row * ldy, load<u32>(x + (<usize>row << 2)));
    x += lead;
    y += 4;
    left--;
  }
}

/** Sets `count` 4-byte elements to the bits of `value`. */
export function fill(y: usize, count: i32, value: f32, thread: i32, threads: i32): void {
  const begin = partBegin(count, 16, thread, threads);
  let left = partBegin(count, 16, thread + 1, threads) - begin;
  y += <usize>begin << 2;
  if (reinterpret<u32>(value) == 0) {
    memory.fill(y, 0, <usize>left << 2);
    return;
  }
  const v = f32x4.splat(value);
  while (left >= 4) {
    v128.store(y, v);
    y += 16;
    left -= 4;
  }
  while (left > 0) {
    store<f32>(y, value);
    y += 4;
    left--;
  }
}
