import { matmul, TRANSPOSE_B } from "../matmul/matmul";
import { SCRATCH_BYTES } from "../matmul/pack";
import { partBegin } from "../simd";

export function scatteredGradientScratchBytes(rows: i32, columns: i32): i32 {
  return <i32>(SCRATCH_BYTES + ((<usize>rows * <usize>columns * 4 + 127) & ~63));
}

/**
 * The gradient of a convolution's input where the input has few channels: for each image the product of g with the weights
 * transposed gives what every window gets, and that is added up where windows overlap. The tiles of
 * `convolutionInputGradient` would be mostly empty there. One group, two spatial axes, no dilation along the width.
 * Images are dealt out whole; windows are added in one order.
 */
export function scatteredInputGradient(
  g: usize, w: usize, dx: usize, batch: i32, outHeight: i32, outWidth: i32, filters: i32, height: i32, width: i32, channels: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, padHeight: i32, padWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const rows = outHeight * outWidth, columns = kernelHeight * kernelWidth * channels;
  scratch += <usize>thread * <usize>scatteredGradientScratchBytes(rows, columns);
  const windows = scratch + SCRATCH_BYTES;
  const end = partBegin(batch, 1, thread + 1, threads);
  for (let n = partBegin(batch, 1, thread, threads); n < end; n++) {
    matmul(
      g + ((<usize>n * rows * filters) << 2), w, windows, rows, columns, filters, filters, filters, columns, TRANSPOSE_B, 0, 0, 0, 1, 0, 0, 0, scratch, 0, 1,
    );
    addWindows(
      windows, dx + ((<usize>n * height * width * channels) << 2), 1, outHeight, outWidth, height, width, channels,
      kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, padHeight, padWidth, 0, 1,
    );
  }
}

/** dx = what windows, (batch x outHeight x outWidth) x (kernelHeight x kernelWidth x channels), give to the pixels they cover. */
export function addWindows(
  windows: usize, dx: usize, batch: i32, outHeight: i32, outWidth: i32, height: i32, width: i32, channels: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, padHeight: i32, padWidth: i32,
  thread: i32, threads: i32,
): void {
  const pixel = <usize>channels << 2, line = pixel * width, run = <usize>kernelWidth * pixel;
  const begin = partBegin(batch, 1, thread, threads), end = partBegin(batch, 1, thread + 1, threads);
  let from = windows + <usize>(begin * outHeight * outWidth * kernelHeight) * run;
  for (let n = begin; n < end; n++) {
    const image = dx + <usize>n * <usize>height * line;
    memory.fill(image, 0, <usize>height * line);
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideWidth - padWidth;
        // The part of a run that lies inside the image.
        const first = max(0, -left), last = min(kernelWidth, width - left);
        for (let ky = 0; ky < kernelHeight; ky++) {
          const y = oy * strideHeight + ky * dilationHeight - padHeight;
          if (y >= 0 && y < height && first < last) {
            addRun(from + <usize>first * pixel, image + <usize>y * line + <usize>(left + first) * pixel, (last - first) * channels);
          }
          from += run;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addRun(from: usize, to: usize, count: i32): void {
  while (count >= 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
    count -= 4;
  }
  while (count > 0) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += 4;
    from += 4;
    count--;
  }
}
