import { partBegin } from "../simd";

/**
 * Writes every window of a batch of images as a row (im2col), with zeros where a window reaches beyond the image, so that a
 * system's BLAS can take the product: windows[(n, oy, ox)][(ky, kx, c)] = x[n, oy stride + ky dilation - pad, ox … , c].
 * Two spatial axes, one group. The parts are ranges of the results' rows.
 */
export function imageWindows(
  x: usize, windows: usize, batch: i32, outHeight: i32, outWidth: i32, height: i32, width: i32, channels: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, padHeight: i32, padWidth: i32, thread: i32, threads: i32,
): void {
  const pixel = <usize>channels << 2, line = pixel * width;
  const run = pixel * kernelWidth, step = line * dilationHeight;
  const lines = batch * outHeight;
  const begin = partBegin(lines, 1, thread, threads), end = partBegin(lines, 1, thread + 1, threads);
  let to = windows + <usize>begin * <usize>(outWidth * kernelHeight * kernelWidth) * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / outHeight;
    const top = (row - n * outHeight) * strideHeight - padHeight;
    const image = x + <usize>(n * height) * line;
    const within = dilationWidth == 1 && top >= 0 && top + (kernelHeight - 1) * dilationHeight < height;
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * strideWidth - padWidth;
      if (within && left >= 0 && left + kernelWidth <= width && (row + 1 < end || ox + 1 < outWidth)) {
        // What a run of whole vectors writes too much, the next run writes over.
        let from = image + <usize>top * line + <usize>left * pixel;
        for (let ky = 0; ky < kernelHeight; ky++) {
          copyRun(from, to, run);
          to += run;
          from += step;
        }
        continue;
      }
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = top + ky * dilationHeight;
        if (y < 0 || y >= height) {
          to = zeros(to, kernelWidth * channels);
        } else if (dilationWidth == 1) {
          // The part of the row that lies inside the image is one run.
          const first = min(kernelWidth, max(0, -left)), last = max(first, min(kernelWidth, width - left));
          to = zeros(to, first * channels);
          to = copy(image + <usize>y * line + <usize>(left + first) * pixel, to, (last - first) * channels);
          to = zeros(to, (kernelWidth - last) * channels);
        } else {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const at = left + kx * dilationWidth;
            to = at < 0 || at >= width ? zeros(to, channels) : copy(image + <usize>y * line + <usize>at * pixel, to, channels);
          }
        }
      }
    }
  }
}

/** Copies a run in whole vectors. */
// @ts-ignore: decorator
@inline
function copyRun(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 48 < bytes; at += 64) {
    v128.store(to + at, v128.load(from + at));
    v128.store(to + at, v128.load(from + at, 16), 16);
    v128.store(to + at, v128.load(from + at, 32), 32);
    v128.store(to + at, v128.load(from + at, 48), 48);
  }
  for (; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
}

// @ts-ignore: decorator
@inline
function zeros(to: usize, count: i32): usize {
  const end = to + (<usize>count << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, f32x4.splat(0));
  for (; to < end; to += 4) store<f32>(to, 0);
  return end;
}

// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, count: i32): usize {
  const end = to + (<usize>count << 2);
  for (; to + 16 <= end; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
  for (; to < end; to += 4) {
    store<f32>(to, load<f32>(from));
    from += 4;
  }
  return end;
}
