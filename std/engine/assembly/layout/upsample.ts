import { multiplyAdd, partBegin, storePart } from "../simd";

/** One axis made `factor` times longer by repeating: y[o, e factor + i, :] = x[o, e, :]. */
export function repeatAxis(x: usize, y: usize, outer: i32, extent: i32, inner: i32, factor: i32, thread: i32, threads: i32): void {
  const end = partBegin(outer * extent, 1, thread + 1, threads);
  const bytes = <usize>inner << 2;
  for (let row = partBegin(outer * extent, 1, thread, threads); row < end; row++) {
    for (let i = 0; i < factor; i++) memory.copy(y + <usize>(row * factor + i) * bytes, x + <usize>row * bytes, bytes);
  }
}

/** Where an entry of the longer axis lies between two of the shorter: pixel centres at half, the edges held. */
// @ts-ignore: decorator
@inline
function sourceOf(at: i32, factor: i32): f32 {
  return max<f32>(0, (<f32>at + 0.5) / <f32>factor - 0.5);
}

/** One axis made `factor` times longer by linear interpolation. */
export function interpolateAxis(x: usize, y: usize, outer: i32, extent: i32, inner: i32, factor: i32, thread: i32, threads: i32): void {
  const long = extent * factor;
  const end = partBegin(outer * long, 1, thread + 1, threads);
  const bytes = <usize>inner << 2;
  for (let row = partBegin(outer * long, 1, thread, threads); row < end; row++) {
    const o = row / long;
    const source = sourceOf(row - o * long, factor);
    const first = min(<i32>source, extent - 1), second = min(first + 1, extent - 1);
    const weight = f32x4.splat(second == first ? 0 : source - <f32>first);
    const a = x + <usize>(o * extent + first) * bytes, b = x + <usize>(o * extent + second) * bytes, to = y + <usize>row * bytes;
    for (let i = 0; i < inner; i += 4) {
      const at = <usize>i << 2;
      const left = v128.load(a + at);
      storePart(to + at, multiplyAdd(f32x4.sub(v128.load(b + at), left), weight, left), inner - i);
    }
  }
}

/** The transpose of interpolateAxis: g[o, extent factor, :] to y[o, extent, :]. */
export function interpolateAxisGradient(g: usize, y: usize, outer: i32, extent: i32, inner: i32, factor: i32, thread: i32, threads: i32): void {
  const long = extent * factor;
  const bytes = <usize>inner << 2;
  const end = partBegin(outer, 1, thread + 1, threads);
  for (let o = partBegin(outer, 1, thread, threads); o < end; o++) {
    const to = y + <usize>(o * extent) * bytes;
    memory.fill(to, 0, <usize>extent * bytes);
    for (let at = 0; at < long; at++) {
      const source = sourceOf(at, factor);
      const first = min(<i32>source, extent - 1), second = min(first + 1, extent - 1);
      const weight: f32 = second == first ? 0 : source - <f32>first;
      const from = g + <usize>(o * long + at) * bytes;
      addRow(from, to + <usize>first * bytes, inner, 1 - weight);
      if (weight != 0) addRow(from, to + <usize>second * bytes, inner, weight);
    }
  }
}

// @ts-ignore: decorator
@inline
function addRow(from: usize, to: usize, inner: i32, weight: f32): void {
  const factor = f32x4.splat(weight);
  for (let i = 0; i < inner; i += 4) {
    const at = <usize>i << 2;
    storePart(to + at, multiplyAdd(v128.load(from + at), factor, v128.load(to + at)), inner - i);
  }
}
