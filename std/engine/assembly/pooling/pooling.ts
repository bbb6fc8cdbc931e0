import { partBegin, storePart } from "../simd";

// Images are batch x depth x height x width x channels; a window covers size positions from output * stride - padding on,
// without those outside the image. Lanes are channels.

/** The largest of a window of 2 x 2 pixels, for all channels. */
// @ts-ignore: decorator
@inline
function largestOfFour(x: usize, pixel: usize, row: usize, y: usize, channels: i32): void {
  for (let left = channels; left > 0; left -= 4) {
    const top = f32x4.max(v128.load(x), v128.load(x + pixel));
    const bottom = f32x4.max(v128.load(x + row), v128.load(x + row + pixel));
    storePart(y, f32x4.max(top, bottom), left);
    x += 16;
    y += 16;
  }
}

// @ts-ignore: decorator
@inline
function largestOfThree(x: usize, pixel: usize): v128 {
  return f32x4.max(f32x4.max(v128.load(x), v128.load(x + pixel)), v128.load(x + 2 * pixel));
}

/** The largest of a window of 3 x 3 pixels, for all channels. */
// @ts-ignore: decorator
@inline
function largestOfNine(x: usize, pixel: usize, row: usize, y: usize, channels: i32): void {
  for (let left = channels; left > 0; left -= 4) {
    const top = f32x4.max(largestOfThree(x, pixel), largestOfThree(x + row, pixel));
    storePart(y, f32x4.max(top, largestOfThree(x + 2 * row, pixel)), left);
    x += 16;
    y += 16;
  }
}

/** A row of an image of the larger numbers of two. */
export function maxPoolScratchBytes(width: i32, channels: i32): i32 {
  return (((width * channels) << 2) + 127) & ~63;
}

/**
 * A row of results of windows of 2 x 2 pixels that do not overlap, in two walks: down, over all numbers of two rows, however many channels
 * a pixel has; then across.
 */
function largestOfPairs(x: usize, row: usize, y: usize, outWidth: i32, channels: i32, middle: usize): void {
  const pixel = <usize>channels << 2;
  const end = middle + 2 * <usize>outWidth * pixel;
  for (let to = middle; to < end; to += 16) {
    v128.store(to, f32x4.max(v128.load(x), v128.load(x + row)));
    x += 16;
  }
  for (let ox = 0; ox < outWidth; ox++) {
    for (let left = channels; left > 0; left -= 4) {
      storePart(y, f32x4.max(v128.load(middle), v128.load(middle + pixel)), left);
      y += left >= 4 ? 16 : <usize>left << 2;
      middle += left >= 4 ? 16 : <usize>left << 2;
    }
    middle += pixel;
  }
}

/** y = the largest number of each window; NaN where there is one. */
export function maxPool(
  x: usize, y: usize, batch: i32, depth: i32, height: i32, width: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32,
  sizeDepth: i32, sizeHeight: i32, sizeWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32, padDepth: i32, padHeight: i32, padWidth: i32,
  scratch: usize, thread: i32, threads: i32,
): void {
  const lines = batch * outDepth * outHeight;
  const end = partBegin(lines, 1, thread + 1, threads);
  const pixel = <usize>channels << 2, row = pixel * width, slice = row * height;
  const pairs = (channels & 3) != 0 && sizeWidth == 2 && strideWidth == 2 && padWidth == 0 && 2 * outWidth <= width;
  const middle = scratch + <usize>thread * <usize>maxPoolScratchBytes(width, channels);
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const oy = line % outHeight, oz = (line / outHeight) % outDepth, n = line / (outHeight * outDepth);
    const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
    const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
    let to = y + <usize>line * <usize>outWidth * pixel;
    const image = x + <usize>(n * depth) * slice;
    if (pairs && z1 - z0 == 1 && y1 - y0 == 2) {
      largestOfPairs(image + <usize>z0 * slice + <usize>y0 * row, row, to, outWidth, channels, middle);
      continue;
    }
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
      if (z1 - z0 == 1 && y1 - y0 == 2 && x1 - x0 == 2) {
        largestOfFour(image + <usize>z0 * slice + <usize>y0 * row + <usize>x0 * pixel, pixel, row, to, channels);
        to += pixel;
        continue;
      }
      if (z1 - z0 == 1 && y1 - y0 == 3 && x1 - x0 == 3) {
        largestOfNine(image + <usize>z0 * slice + <usize>y0 * row + <usize>x0 * pixel, pixel, row, to, channels);
        to += pixel;
        continue;
      }
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
        storePart(to + (<usize>c << 2), best, channels - c);
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
  const overlaps = strideHeight < sizeHeight || strideWidth < sizeWidth || strideDepth < sizeDepth;
  // Images are dealt out whole, so that overlapping windows of one image are added in one order.
  const end = partBegin(batch, 1, thread + 1, threads);
  for (let n = partBegin(batch, 1, thread, threads); n < end; n++) {
    const image = x + <usize>(n * depth) * slice;
    const target = y + <usize>(n * depth) * slice;
    const source = g + <usize>(n * depth) * slice;
    if (spread) memory.fill(target, 0, <usize>depth * slice);
    for (let oz = 0; oz < outDepth; oz++) {
      const z0 = max(0, oz * strideDepth - padDepth), z1 = min(depth, oz * strideDepth - padDepth + sizeDepth);
      for (let oy = 0; oy < outHeight; oy++) {
        const y0 = max(0, oy * strideHeight - padHeight), y1 = min(height, oy * strideHeight - padHeight + sizeHeight);
        for (let ox = 0; ox < outWidth; ox++) {
          const x0 = max(0, ox * strideWidth - padWidth), x1 = min(width, ox * strideWidth - padWidth + sizeWidth);
          const out = <usize>(((n * outDepth + oz) * outHeight + oy) * outWidth + ox) * pixel;
          const corner = <usize>z0 * slice + <usize>y0 * row + <usize>x0 * pixel;
          if (spread && z1 - z0 == 1 && y1 - y0 == 2 && x1 - x0 == 2) {
            routeFour(image + corner, g + out, target + corner, pixel, row, channels, overlaps);
            continue;
          }
          if (spread && z1 - z0 == 1 && y1 - y0 == 3 && x1 - x0 == 3) {
            routeNine(image + corner, g + out, target + corner, pixel, row, channels);
            continue;
          }
          for (let c = 0; c < channels; c += 4) {
            const lane = <usize>c << 2;
            const left = channels - c;
            let best = f32x4.splat(-Infinity);
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                let from = image + <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel + lane;
                for (let ix = x0; ix < x1; ix++) {
                  best = f32x4.max(best, v128.load(from));
                  from += pixel;
                }
              }
            }
            const incoming = spread ? v128.load(g + out + lane) : f32x4.splat(0);
            let open = i32x4.splat(-1); // lanes whose first largest has not been met yet
            let picked = f32x4.splat(0);
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                let at = <usize>iz * slice + <usize>iy * row + <usize>x0 * pixel + lane;
                for (let ix = x0; ix < x1; ix++) {
                  const here = v128.and(open, isLargest(v128.load(image + at), best));
                  if (spread) storePart(target + at, f32x4.add(v128.load(target + at), v128.and(here, incoming)), left);
                  else picked = v128.or(picked, v128.and(here, v128.load(source + at)));
                  open = v128.andnot(open, here);
                  at += pixel;
                }
              }
            }
            if (!spread) storePart(y + out + lane, picked, left);
          }
        }
      }
    }
  }
}

/** Where a value is the largest of its window; where that is NaN, where the value is NaN too. */
// @ts-ignore: decorator
@inline
function isLargest(value: v128, best: v128): v128 {
  return v128.or(f32x4.eq(value, best), f32x4.ne(value, value));
}

/** Sends g to the first largest of a window of 2 x 2 pixels, for all channels; stores where no other window touches the pixels. */
// @ts-ignore: decorator
@inline
function routeFour(x: usize, g: usize, y: usize, pixel: usize, row: usize, channels: i32, overlaps: bool): void {
  for (let left = channels; left > 0; left -= 4) {
    const a = v128.load(x), b = v128.load(x + pixel), c = v128.load(x + row), d = v128.load(x + row + pixel);
    const best = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
    const incoming = v128.load(g);
    const first = isLargest(a, best);
    const second = v128.andnot(isLargest(b, best), first);
    const before = v128.or(first, second);
    const third = v128.andnot(isLargest(c, best), before);
    const fourth = v128.andnot(isLargest(d, best), v128.or(before, third));
    put(y, v128.and(first, incoming), left, overlaps);
    put(y + pixel, v128.and(second, incoming), left, overlaps);
    put(y + row, v128.and(third, incoming), left, overlaps);
    put(y + row + pixel, v128.and(fourth, incoming), left, overlaps);
    x += 16;
    g += 16;
    y += 16;
  }
}

/** The same for a window of 3 x 3 pixels, added to what is there. */
// @ts-ignore: decorator
@inline
function routeNine(x: usize, g: usize, y: usize, pixel: usize, row: usize, channels: i32): void {
  const row2 = 2 * row, pixel2 = 2 * pixel;
  for (let left = channels; left > 0; left -= 4) {
    const a = v128.load(x), b = v128.load(x + pixel), c = v128.load(x + pixel2);
    const d = v128.load(x + row), e = v128.load(x + row + pixel), f = v128.load(x + row + pixel2);
    const h = v128.load(x + row2), i = v128.load(x + row2 + pixel), j = v128.load(x + row2 + pixel2);
    const top = f32x4.max(f32x4.max(a, b), c), middle = f32x4.max(f32x4.max(d, e), f), bottom = f32x4.max(f32x4.max(h, i), j);
    const best = f32x4.max(f32x4.max(top, middle), bottom);
    const incoming = v128.load(g);
    let here = isLargest(a, best);
    let open = v128.not(here);
    put(y, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(b, best));
    open = v128.andnot(open, here);
    put(y + pixel, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(c, best));
    open = v128.andnot(open, here);
    put(y + pixel2, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(d, best));
    open = v128.andnot(open, here);
    put(y + row, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(e, best));
    open = v128.andnot(open, here);
    put(y + row + pixel, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(f, best));
    open = v128.andnot(open, here);
    put(y + row + pixel2, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(h, best));
    open = v128.andnot(open, here);
    put(y + row2, v128.and(here, incoming), left, true);
    here = v128.and(open, isLargest(i, best));
    open = v128.andnot(open, here);
    put(y + row2 + pixel, v128.and(here, incoming), left, true);
    put(y + row2 + pixel2, v128.and(v128.and(open, isLargest(j, best)), incoming), left, true);
    x += 16;
    g += 16;
    y += 16;
  }
}

// @ts-ignore: decorator
@inline
function put(y: usize, v: v128, left: i32, overlaps: bool): void {
  storePart(y, overlaps ? f32x4.add(v128.load(y), v) : v, left);
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
        storePart(to + (<usize>c << 2), f32x4.mul(total, share), channels - c);
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
                  storePart(to, f32x4.add(v128.load(to), part), channels - c);
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
