import { partBegin } from "../simd";
import { Element } from "./element";

/** Rows up to this long are sorted by insertion: shorter than counting 4 x 256 digits. */
const FEW: i32 = 48;
/** The counts of four digits of 8 bits. */
const COUNTS: i32 = 4 * 256 * 4;

/** Bytes of scratch for one thread: the counts and two arrays of keys with places. */
export function sortScratchBytes(extent: i32): i32 {
  return (COUNTS + 16 * extent + 127) & ~63;
}

/** A number whose order without a sign is the order asked for; -0 is 0, and NaN comes last either way. */
// @ts-ignore: decorator
@inline
function keyOf(x: usize, at: i32, descending: i32, kind: i32): u32 {
  let key: u32;
  if (kind == Element.single) {
    const value = load<f32>(x + (<usize>at << 2));
    if (value != value) return 0xffffffff;
    const bits = value == 0 ? 0 : reinterpret<u32>(value);
    key = bits ^ (<i32>bits < 0 ? 0xffffffff : 0x80000000);
  } else if (kind == Element.integer) {
    key = load<u32>(x + (<usize>at << 2)) ^ 0x80000000;
  } else {
    key = <u32>load<u8>(x + <usize>at);
  }
  return descending ? ~key : key;
}

function sortByInsertion(a: usize, extent: i32): void {
  for (let k = 1; k < extent; k++) {
    const own = load<u64>(a + (<usize>k << 3));
    let to = a + (<usize>k << 3);
    while (to > a && load<u64>(to - 8) > own) {
      store<u64>(to, load<u64>(to - 8));
      to -= 8;
    }
    store<u64>(to, own);
  }
}

/** By the digits of the key, last digit first, each time keeping the order of equal ones. Gives the array that holds the result. */
function sortByDigits(counts: usize, a: usize, b: usize, extent: i32): usize {
  memory.fill(counts, 0, COUNTS);
  for (let k = 0; k < extent; k++) {
    const key = load<u32>(a + (<usize>k << 3) + 4);
    for (let digit = 0; digit < 4; digit++) {
      const count = counts + ((<usize>(digit << 8) + <usize>((key >> (digit << 3)) & 255)) << 2);
      store<i32>(count, load<i32>(count) + 1);
    }
  }
  let from = a, to = b;
  for (let digit = 0; digit < 4; digit++) {
    const own = counts + (<usize>digit << 10);
    const shift = digit << 3;
    // Where every key has the same digit, there is nothing to do.
    if (load<i32>(own + (<usize>((load<u32>(from + 4) >> shift) & 255) << 2)) == extent) continue;
    let start = 0;
    for (let value: usize = 0; value < 1024; value += 4) {
      const count = load<i32>(own + value);
      store<i32>(own + value, start);
      start += count;
    }
    for (let k = 0; k < extent; k++) {
      const entry = load<u64>(from + (<usize>k << 3));
      const place = own + (<usize>((<u32>(entry >> 32) >> shift) & 255) << 2);
      const at = load<i32>(place);
      store<i32>(place, at + 1);
      store<u64>(to + (<usize>at << 3), entry);
    }
    const other = from;
    from = to;
    to = other;
  }
  return from;
}

// @ts-ignore: decorator
@inline
function sortRows(
  x: usize, values: usize, places: usize, outer: i32, extent: i32, inner: i32, descending: i32, kind: i32, scratch: usize, thread: i32, threads: i32,
): void {
  const counts = scratch + <usize>thread * <usize>sortScratchBytes(extent);
  const a = counts + COUNTS, b = a + (<usize>extent << 3);
  const end = partBegin(outer * inner, 1, thread + 1, threads);
  for (let row = partBegin(outer * inner, 1, thread, threads); row < end; row++) {
    const o = row / inner;
    const base = o * extent * inner + (row - o * inner);
    // The place behind the key: equal keys keep their order, whichever way they are sorted.
    for (let k = 0; k < extent; k++) store<u64>(a + (<usize>k << 3), (<u64>keyOf(x, base + k * inner, descending, kind) << 32) | <u64>k);
    let sorted = a;
    if (extent <= FEW) sortByInsertion(a, extent);
    else sorted = sortByDigits(counts, a, b, extent);
    for (let k = 0; k < extent; k++) {
      const place = load<i32>(sorted + (<usize>k << 3));
      const to = base + k * inner, from = base + place * inner;
      store<i32>(places + (<usize>to << 2), place);
      if (kind == Element.byte) store<u8>(values + <usize>to, load<u8>(x + <usize>from));
      else store<u32>(values + (<usize>to << 2), load<u32>(x + (<usize>from << 2)));
    }
  }
}

/** values[o, :, i] = x[o, :, i] in order (`descending`: largest first), places[o, :, i] where each stood. Equal ones keep their order. */
export function sort(
  x: usize, values: usize, places: usize, outer: i32, extent: i32, inner: i32, descending: i32, kind: i32, scratch: usize, thread: i32, threads: i32,
): void {
  if (kind == Element.single) sortRows(x, values, places, outer, extent, inner, descending, Element.single, scratch, thread, threads);
  else if (kind == Element.integer) sortRows(x, values, places, outer, extent, inner, descending, Element.integer, scratch, thread, threads);
  else sortRows(x, values, places, outer, extent, inner, descending, Element.byte, scratch, thread, threads);
}
