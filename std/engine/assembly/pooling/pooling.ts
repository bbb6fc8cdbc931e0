import { partBegin, storeLanes } from "../simd";

/** Four channels, or the last `left` of them. */
// @ts-ignore: decorator
@inline
function storeChannels(y: usize, v: v128, left: i32): void {
  if (left >= 4) v128.store(y, v);
  else storeLanes(y, v, left);
}

// Images are batch x depth x height x width x channels; a window covers size positions from output * stride - padding on,
// without those outside the image. Lanes are channels.

/** y = the largest number of each window; NaN where there is one. */
export function maxPool(
  x: usize, y: usize, batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  sizeDepth: i32, sizeHeight: i32, sizeWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32, padDepth: i32, padHeight: i32, padWidth: i32,
  thread: i32, threads: i32,
): void {
  const lines = batch * outDepth * outHeight;
  const end = partBegin(lines, 1, thread + 1, threads);
  const pixel = <usize>channels << 2, row = pixel * width, slice = row * height;
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const oy = line % outHeight, oz = (line / outHeight) % outDepth, n = line / (outHeight * outDepth);
    const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
    const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
    let to = y + <usize>line * <usize>outWidth * pixel;
    const image = x + <usize>(n * depth) * slice;
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
      for (let c = 0; c < channels; c += 4) {
        let best = f32x4.splat(-Infinity);
        for (let iz = z0; iz < z1; iz++) {
          for (let iy = y0; iy < y1; iy++) {
            let from = image + <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel + (<usize>c << 2);
            for (let ix = x0; ix < x1; ix++) {
              best = f32x4.max(best, v128.load(from));
              from += pixel;
            }
          }
        }
        storeChannels(to + (<usize>c << 2), best, channels - c);
      }
      to += pixel;
    }
  }
}

/**
 * Mode `spread` 1, the gradient of maxPool: each number of g goes to the first largest entry of its window (the first NaN,
 * if there is one), added where windows overlap. Mode 0, maxPoolPick: y = h where x is the window's first largest.
 */
export function maxPoolRoute(
  x: usize, g: usize, y: usize, spread: i32, batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  sizeDepth: i32, sizeHeight: i32, sizeWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32, padDepth: i32, padHeight: i32, padWidth: i32,
  thread: i32, threads: i32,
): void {
  const pixel = <usize>channels << 2, row = pixel * width, slice = row * height;
  // Images are dealt out whole, so that overlapping windows of one image are added in one order.
  const end = partBegin(batch, 1, thread + 1, threads);
  for (let n = partBegin(batch, 1, thread, threads); n < end; n++) {
    const image = x + <usize>(n * depth) * slice;
    const target = y + <usize>(n * depth) * slice;
    if (spread) memory.fill(target, 0, <usize>depth * slice);
    for (let oz = 0; oz < outDepth; oz++) {
      const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
      for (let oy = 0; oy < outHeight; oy++) {
        const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
        for (let ox = 0; ox < outWidth; ox++) {
          const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
          const out = <usize>(((n * outDepth + oz) * outHeight + oy) * outWidth + ox) * pixel;
          for (let c = 0; c < channels; c += 4) {
            const lane = <usize>c << 2;
            // Where each channel's first largest entry lies, in bytes from the image.
            let best = f32x4.splat(-Infinity);
            let place = i32x4.splat(<i32>(<usize>z0 * slice + <usize>y0 * row + <usize>x0 * pixel));
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                let at = <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel;
                for (let ix = x0; ix < x1; ix++) {
                  const value = v128.load(image + at + lane);
                  // larger, or the first NaN
                  const better = v128.or(f32x4.gt(value, best), v128.andnot(f32x4.ne(value, value), f32x4.ne(best, best)));
                  best = v128.bitselect(value, best, better);
                  place = v128.bitselect(i32x4.splat(<i32>at), place, better);
                  at += pixel;
                }
              }
            }
            const left = min(4, channels - c);
            if (spread) {
              const base = target + lane;
              const from = g + out + lane;
              add(base + <usize>i32x4.extract_lane(place, 0), load<f32>(from));
              if (left > 1) add(base + <usize>i32x4.extract_lane(place, 1) + 4, load<f32>(from, 4));
              if (left > 2) add(base + <usize>i32x4.extract_lane(place, 2) + 8, load<f32>(from, 8));
              if (left > 3) add(base + <usize>i32x4.extract_lane(place, 3) + 12, load<f32>(from, 12));
            } else {
              const base = g + <usize>(n * depth) * slice + lane;
              const to = y + out + lane;
              store<f32>(to, load<f32>(base + <usize>i32x4.extract_lane(place, 0)));
              if (left > 1) store<f32>(to, load<f32>(base + <usize>i32x4.extract_lane(place, 1), 4), 4);
              if (left > 2) store<f32>(to, load<f32>(base + <usize>i32x4.extract_lane(place, 2), 8), 8);
              if (left > 3) store<f32>(to, load<f32>(base + <usize>i32x4.extract_lane(place, 3), 12), 12);
            }
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function add(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value);
}

/** y = the mean of each window: over the entries inside the image, or over the whole window when `countPadding`. */
export function avgPool(
  x: usize, y: usize, countPadding: i32, batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  sizeDepth: i32, sizeHeight: i32, sizeWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32, padDepth: i32, padHeight: i32, padWidth: i32,
  thread: i32, threads: i32,
): void {
  const lines = batch * outDepth * outHeight;
  const end = partBegin(lines, 1, thread + 1, threads);
  const pixel = <usize>channels << 2, row = pixel * width, slice = row * height;
  const whole = sizeDepth * sizeHeight * sizeWidth;
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const oy = line % outHeight, oz = (line / outHeight) % outDepth, n = line / (outHeight * outDepth);
    const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
    const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
    let to = y + <usize>line * <usize>outWidth * pixel;
    const image = x + <usize>(n * depth) * slice;
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
      const share = f32x4.splat(<f32>1 / <f32>(countPadding ? whole : (z1 - z0) * (y1 - y0) * (x1 - x0)));
      for (let c = 0; c < channels; c += 4) {
        let total = f32x4.splat(0);
        for (let iz = z0; iz < z1; iz++) {
          for (let iy = y0; iy < y1; iy++) {
            let from = image + <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel + (<usize>c << 2);
            for (let ix = x0; ix < x1; ix++) {
              total = f32x4.add(total, v128.load(from));
              from += pixel;
            }
          }
        }
        storeChannels(to + (<usize>c << 2), f32x4.mul(total, share), channels - c);
      }
      to += pixel;
    }
  }
}

/** The gradient of avgPool: each number of g is spread evenly over its window. */
export function avgPoolGradient(
  g: usize, dx: usize, countPadding: i32, batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  sizeDepth: i32, sizeHeight: i32, sizeWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32, padDepth: i32, padHeight: i32, padWidth: i32,
  thread: i32, threads: i32,
): void {
  const pixel = <usize>channels << 2, row = pixel * width, slice = row * height;
  const whole = sizeDepth * sizeHeight * sizeWidth;
  const end = partBegin(batch, 1, thread + 1, threads);
  for (let n = partBegin(batch, 1, thread, threads); n < end; n++) {
    const image = dx + <usize>(n * depth) * slice;
    memory.fill(image, 0, <usize>depth * slice);
    for (let oz = 0; oz < outDepth; oz++) {
      const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
      for (let oy = 0; oy < outHeight; oy++) {
        const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
        for (let ox = 0; ox < outWidth; ox++) {
          const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
          const from = g + <usize>(((n * outDepth + oz) * outHeight + oy) * outWidth + ox) * pixel;
          const share = f32x4.splat(<f32>1 / <f32>(countPadding ? whole : (z1 - z0) * (y1 - y0) * (x1 - x0)));
          for (let c = 0; c < channels; c += 4) {
            const part = f32x4.mul(v128.load(from + (<usize>c << 2)), share);
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                let to = image + <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel + (<usize>c << 2);
                for (let ix = x0; ix < x1; ix++) {
                  storeChannels(to, f32x4.add(v128.load(to), part), channels - c);
                  to += pixel;
                }
              }
            }
          }
        }
      }
    }
  }
}
