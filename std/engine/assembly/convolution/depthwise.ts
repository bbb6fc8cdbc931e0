import { activate, Activation, relu } from "../matmul/activation";
import { TILE_ROWS } from "../matmul/micro-kernel";
import { multiplyAdd, partBegin, storeLanes } from "../simd";
import { Grid, LISTED, listPositions } from "./grid";

// Depthwise convolution: each channel has a kernel of its own, so that lanes are channels and nothing is summed over them.

/**
 * For each position [first, last) of the grid and each channel: the sum over taps of the image times the tap's weights, whose
 * addresses are listed in `weights` as the taps' offsets are in `taps`.
 */
export function depthwiseProduct(
  image: usize, result: usize, grid: Grid, table: usize, taps: usize, weights: usize, tapCount: i32, channels: i32, first: i32, last: i32, bias: usize,
  residual: usize, activation: i32,
): void {
  for (let i = first; i < last; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, last - i);
    const listed = (i - first) & (LISTED - 1);
    if (listed == 0) listPositions(grid, i, min(LISTED, last - i), table);
    const place = table + (<usize>listed << 3);
    const a0 = image + load<usize>(place);
    const a1 = rows > 1 ? image + load<usize>(place, 8) : a0, a2 = rows > 2 ? image + load<usize>(place, 16) : a0;
    const a3 = rows > 3 ? image + load<usize>(place, 24) : a0;
    for (let c = 0; c < channels; c += 4) {
      const lane = <usize>c << 2;
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let tap: usize = 0; tap < <usize>tapCount << 2; tap += 4) {
        const w = v128.load(load<usize>(weights + tap) + lane);
        const offset = load<usize>(taps + tap) + lane;
        s0 = multiplyAdd(v128.load(a0 + offset), w, s0);
        s1 = multiplyAdd(v128.load(a1 + offset), w, s1);
        s2 = multiplyAdd(v128.load(a2 + offset), w, s2);
        s3 = multiplyAdd(v128.load(a3 + offset), w, s3);
      }
      const shift = bias ? v128.load(bias + lane) : f32x4.splat(0);
      const to = result + lane;
      const left = channels - c;
      finish(to + load<usize>(place, 4), f32x4.add(s0, shift), left, residual, activation);
      if (rows > 1) finish(to + load<usize>(place, 12), f32x4.add(s1, shift), left, residual, activation);
      if (rows > 2) finish(to + load<usize>(place, 20), f32x4.add(s2, shift), left, residual, activation);
      if (rows > 3) finish(to + load<usize>(place, 28), f32x4.add(s3, shift), left, residual, activation);
    }
  }
}

// @ts-ignore: decorator
@inline
function finish(to: usize, v: v128, left: i32, residual: usize, activation: i32): void {
  if (residual) v = f32x4.add(v, v128.load(to + residual));
  if (activation == Activation.relu) v = relu(v);
  else if (activation) v = activate(v, activation);
  if (left >= 4) v128.store(to, v);
  else storeLanes(to, v, left);
}

/** dw[tap, c] = sum over images and positions of the padded x times g, for each channel by itself. Threads share out the channels. */
export function depthwiseWeightGradient(
  x: usize, g: usize, dw: usize, batch: i32, inDepth: i32, inHeight: i32, inWidth: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  kernelDepth: i32, kernelHeight: i32, kernelWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32,
  dilationDepth: i32, dilationHeight: i32, dilationWidth: i32, thread: i32, threads: i32,
): void {
  const begin = partBegin(channels, 4, thread, threads), end = partBegin(channels, 4, thread + 1, threads);
  if (begin >= end) return;
  const pixel = <usize>channels << 2, row = pixel * inWidth, slice = row * inHeight;
  const taps = kernelDepth * kernelHeight * kernelWidth;
  const lines = batch * outDepth * outHeight;
  const step = pixel * strideWidth;
  for (let line = 0; line < lines; line++) {
    const y = line % outHeight, z = (line / outHeight) % outDepth, n = line / (outHeight * outDepth);
    const image = x + <usize>(n * inDepth + z * strideDepth) * slice + <usize>(y * strideHeight) * row;
    const incoming = g + <usize>(line * outWidth) * pixel;
    for (let tap = 0; tap < taps; tap++) {
      const kx = tap % kernelWidth, ky = (tap / kernelWidth) % kernelHeight, kz = tap / (kernelWidth * kernelHeight);
      const from = image + <usize>(kz * dilationDepth) * slice + <usize>(ky * dilationHeight) * row + <usize>(kx * dilationWidth) * pixel;
      for (let c = begin; c < end; c += 4) {
        const lane = <usize>c << 2;
        let a = from + lane, b = incoming + lane;
        let sum = f32x4.splat(0);
        for (let ox = 0; ox < outWidth; ox++) {
          sum = multiplyAdd(v128.load(a), v128.load(b), sum);
          a += step;
          b += pixel;
        }
        const to = dw + <usize>tap * pixel + lane;
        if (line > 0) sum = f32x4.add(sum, v128.load(to));
        if (channels - c >= 4) v128.store(to, sum);
        else storeLanes(to, sum, channels - c);
      }
    }
  }
}
