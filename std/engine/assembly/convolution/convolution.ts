import { TILE_COLUMNS, TILE_ROWS } from "../matmul/micro-kernel";
import { PACK_CAPACITY, packColumns } from "../matmul/pack";
import { ACCUMULATE } from "../matmul/micro-kernel";
import { partBegin } from "../simd";
import { depthwiseProduct } from "./depthwise";
import { tileFromPixels } from "./tiles";
import { CONVOLUTION_SCRATCH, gridOf, positionTable, tapOffsets, tapWeights, windowProduct } from "./window-product";
import { GRID_BYTES } from "./grid";

/**
 * Convolution of images that are padded already, channels last, in up to three spatial axes (unused ones have extent 1):
 * y[n, o, f] = activation(bias[f] + residual + sum over taps and channels of x[n, o stride + tap dilation, c] w[tap, c, f]).
 *
 * x: batch x (inDepth x inHeight x inWidth) x channels; w: (kernelDepth x kernelHeight x kernelWidth) x channels/groups x
 * filters; y: batch x (outDepth x outHeight x outWidth) x filters. Group g reads and writes its own share of the channels.
 */
export function convolution(
  x: usize, w: usize, y: usize, bias: usize, residual: usize, activation: i32,
  batch: i32, inDepth: i32, inHeight: i32, inWidth: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32, filters: i32,
  kernelDepth: i32, kernelHeight: i32, kernelWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32,
  dilationDepth: i32, dilationHeight: i32, dilationWidth: i32, groups: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * CONVOLUTION_SCRATCH;
  const own = channels / groups, made = filters / groups;
  const pixel = <usize>channels << 2, row = pixel * inWidth, slice = row * inHeight;
  const grid = gridOf(scratch);
  grid.depth = outDepth;
  grid.height = outHeight;
  grid.width = outWidth;
  grid.readBatch = slice * inDepth;
  grid.readDepth = slice * strideDepth;
  grid.readHeight = row * strideHeight;
  grid.readWidth = pixel * strideWidth;
  grid.writeWidth = <usize>filters << 2;
  grid.writeHeight = grid.writeWidth * outWidth;
  grid.writeDepth = grid.writeHeight * outHeight;
  grid.writeBatch = grid.writeDepth * outDepth;

  const total = batch * outDepth * outHeight * outWidth;
  const depthwise = groups > 1 && own == 1 && made == 1;
  let first = 0, last = total, columnBegin = 0, columnEnd = made;
  if (threads > 1) {
    if (total < 256 * threads && made >= 2 * TILE_COLUMNS * threads) {
      columnBegin = partBegin(made, TILE_COLUMNS, thread, threads);
      columnEnd = partBegin(made, TILE_COLUMNS, thread + 1, threads);
    } else {
      first = partBegin(total, TILE_ROWS, thread, threads);
      last = partBegin(total, TILE_ROWS, thread + 1, threads);
    }
  }
  if (first >= last || columnBegin >= columnEnd) return;

  // Taps along the width that touch each other are one run.
  const joined = groups == 1 && dilationWidth == 1;
  const across = joined ? 1 : kernelWidth;
  const run = joined ? kernelWidth * own : own;
  const offsets = tapOffsets(scratch), weights = tapWeights(scratch);
  for (let group = 0; group < groups; group++) {
    let tap: usize = 0;
    for (let kz = 0; kz < kernelDepth; kz++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < across; kx++) {
          store<usize>(offsets + (tap << 2), <usize>(kz * dilationDepth) * slice + <usize>(ky * dilationHeight) * row + <usize>(kx * dilationWidth) * pixel);
          store<usize>(weights + (tap << 2), w + ((tap * <usize>run * <usize>filters + <usize>(group * made + columnBegin)) << 2));
          tap++;
        }
      }
    }
    if (depthwise) {
      depthwiseProduct(x, y, grid, positionTable(scratch), offsets, weights, <i32>tap, channels, first, last, bias, residual ? residual - y : 0, activation);
      return;
    }
    const column = <usize>(group * made + columnBegin) << 2;
    windowProduct(
      x + (<usize>(group * own) << 2), y + column, scratch, <i32>tap, run, <usize>filters << 2, false, columnEnd - columnBegin,
      first, last, 0, bias ? bias + column : 0, residual ? residual - y : 0, activation,
    );
  }
}

/** The first index q >= 0 with r + stride q - padding >= 0. */
// @ts-ignore: decorator
@inline
function firstOfPhase(phase: i32, padding: i32, stride: i32): i32 {
  return phase >= padding ? 0 : (padding - phase + stride - 1) / stride;
}

/** How many of the positions 0 … extent-1 have (position + padding) mod stride equal to the phase. */
// @ts-ignore: decorator
@inline
function countOfPhase(phase: i32, padding: i32, stride: i32, extent: i32): i32 {
  const position = phase + stride * firstOfPhase(phase, padding, stride) - padding;
  return position >= extent ? 0 : (extent - position + stride - 1) / stride;
}

/**
 * The gradient of a convolution's input from g, the gradient of its result (also: transposed convolution, with bias and activation).
 *
 * dx at position i sums w[tap] g[u] over the taps with i + padding = u stride + tap dilation. Positions that share
 * (i + padding) mod stride share their taps: each such phase is a convolution of stride 1 over g, so nothing is multiplied by
 * the zeros that a strided convolution's gradient is usually spread out with. g is padded by `lead…` before each axis (and as
 * much as needed after it). `padding…` is that of the convolution.
 */
export function convolutionInputGradient(
  g: usize, w: usize, dx: usize, bias: usize, activation: i32,
  batch: i32, gDepth: i32, gHeight: i32, gWidth: i32, filters: i32, depth: i32, height: i32, width: i32, channels: i32,
  kernelDepth: i32, kernelHeight: i32, kernelWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32,
  dilationDepth: i32, dilationHeight: i32, dilationWidth: i32, paddingDepth: i32, paddingHeight: i32, paddingWidth: i32,
  leadDepth: i32, leadHeight: i32, leadWidth: i32, groups: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * CONVOLUTION_SCRATCH;
  const own = channels / groups, made = filters / groups;
  const pixel = <usize>filters << 2, row = pixel * gWidth, slice = row * gHeight;
  const grid = gridOf(scratch);
  grid.readBatch = slice * gDepth;
  grid.readDepth = slice;
  grid.readHeight = row;
  grid.readWidth = pixel;
  const outPixel = <usize>channels << 2, outRow = outPixel * width, outSlice = outRow * height;
  grid.writeBatch = outSlice * depth;
  grid.writeDepth = outSlice * strideDepth;
  grid.writeHeight = outRow * strideHeight;
  grid.writeWidth = outPixel * strideWidth;
  const depthwise = groups > 1 && own == 1 && made == 1;
  const total = batch * depth * height * width / (strideDepth * strideHeight * strideWidth);
  const splitColumns = threads > 1 && total < 256 * threads && own >= 2 * TILE_COLUMNS * threads;
  const columnBegin = splitColumns ? partBegin(own, TILE_COLUMNS, thread, threads) : 0;
  const columnEnd = splitColumns ? partBegin(own, TILE_COLUMNS, thread + 1, threads) : own;
  if (columnBegin >= columnEnd) return;
  const offsets = tapOffsets(scratch), weights = tapWeights(scratch);
  const matrix = <usize>own * <usize>filters;

  for (let rz = 0; rz < strideDepth; rz++) {
    const qz = firstOfPhase(rz, paddingDepth, strideDepth);
    grid.depth = countOfPhase(rz, paddingDepth, strideDepth, depth);
    for (let ry = 0; ry < strideHeight; ry++) {
      const qy = firstOfPhase(ry, paddingHeight, strideHeight);
      grid.height = countOfPhase(ry, paddingHeight, strideHeight, height);
      for (let rx = 0; rx < strideWidth; rx++) {
        const qx = firstOfPhase(rx, paddingWidth, strideWidth);
        grid.width = countOfPhase(rx, paddingWidth, strideWidth, width);
        const count = batch * grid.depth * grid.height * grid.width;
        if (count == 0) continue;
        const first = splitColumns ? 0 : partBegin(count, TILE_ROWS, thread, threads);
        const last = splitColumns ? count : partBegin(count, TILE_ROWS, thread + 1, threads);
        if (first >= last) continue;
        // Where this phase's first result lies, and the window's corner for it.
        const out =
          dx + <usize>(rz + strideDepth * qz - paddingDepth) * outSlice + <usize>(ry + strideHeight * qy - paddingHeight) * outRow +
          <usize>(rx + strideWidth * qx - paddingWidth) * outPixel;
        const corner = g + <usize>(qz + leadDepth) * slice + <usize>(qy + leadHeight) * row + <usize>(qx + leadWidth) * pixel;
        for (let group = 0; group < groups; group++) {
          let taps = 0;
          for (let kz = 0; kz < kernelDepth; kz++) {
            const tz = rz - dilationDepth * kz;
            if (tz % strideDepth != 0) continue;
            for (let ky = 0; ky < kernelHeight; ky++) {
              const ty = ry - dilationHeight * ky;
              if (ty % strideHeight != 0) continue;
              for (let kx = 0; kx < kernelWidth; kx++) {
                const tx = rx - dilationWidth * kx;
                if (tx % strideWidth != 0) continue;
                const at = <usize>taps << 2;
                // offsets may be negative: addresses wrap around 2^32
                store<usize>(offsets + at, <usize>(tz / strideDepth) * slice + <usize>(ty / strideHeight) * row + <usize>(tx / strideWidth) * pixel);
                const tap = <usize>((kz * kernelHeight + ky) * kernelWidth + kx);
                store<usize>(weights + at, w + ((tap * matrix + <usize>columnBegin * <usize>filters + <usize>(group * made)) << 2));
                taps++;
              }
            }
          }
          if (depthwise) {
            depthwiseProduct(corner, out, grid, positionTable(scratch), offsets, weights, taps, channels, first, last, bias, 0, activation);
            break;
          }
          const column = <usize>(group * own + columnBegin) << 2;
          windowProduct(
            corner + (<usize>(group * made) << 2), out + column, scratch, taps, made, <usize>filters << 2, true, columnEnd - columnBegin,
            first, last, 0, bias ? bias + column : 0, 0, activation,
          );
        }
      }
    }
  }
}

/** Windows whose gradients are packed at a time. */
const BLOCK_WINDOWS: i32 = 320;

export function weightGradientScratchBytes(): i32 {
  return <i32>WEIGHT_GRADIENT_SCRATCH;
}

const WEIGHT_GRADIENT_SCRATCH: usize = 4 * (<usize>PACK_CAPACITY + 2 * BLOCK_WINDOWS + 64) + GRID_BYTES;

/**
 * The gradient of a convolution's weights from the padded images x and the gradient g of its result:
 * dw[tap, c, f] = sum over images and positions o of x[n, o stride + tap dilation, c] g[n, o, f]. Shapes as in `convolution`.
 */
export function convolutionWeightGradient(
  x: usize, g: usize, dw: usize,
  batch: i32, inDepth: i32, inHeight: i32, inWidth: i32, channels: i32, outDepth: i32, outHeight: i32, outWidth: i32, filters: i32,
  kernelDepth: i32, kernelHeight: i32, kernelWidth: i32, strideDepth: i32, strideHeight: i32, strideWidth: i32,
  dilationDepth: i32, dilationHeight: i32, dilationWidth: i32, groups: i32, scratch: usize, thread: i32, threads: i32,
): void {
  scratch += <usize>thread * WEIGHT_GRADIENT_SCRATCH;
  const segments = scratch + 4 * <usize>PACK_CAPACITY + 128;
  const own = channels / groups, made = filters / groups;
  const pixel = <usize>channels << 2, row = pixel * inWidth, slice = row * inHeight;
  const step = pixel * strideWidth, lead = <usize>filters << 2;
  const joined = groups == 1 && dilationWidth == 1;
  const across = joined ? 1 : kernelWidth;
  const run = joined ? kernelWidth * own : own;
  const tiles = (run + TILE_ROWS - 1) / TILE_ROWS;
  const units = kernelDepth * kernelHeight * across * tiles;
  let unitBegin = 0, unitEnd = units, columnBegin = 0, columnEnd = made;
  if (threads > 1) {
    if (made >= 4 * TILE_COLUMNS * threads || (units < 4 * threads && made > TILE_COLUMNS)) {
      columnBegin = partBegin(made, TILE_COLUMNS, thread, threads);
      columnEnd = partBegin(made, TILE_COLUMNS, thread + 1, threads);
    } else {
      unitBegin = partBegin(units, 1, thread, threads);
      unitEnd = partBegin(units, 1, thread + 1, threads);
    }
  }
  if (unitBegin >= unitEnd || columnBegin >= columnEnd) return;
  const lines = batch * outDepth * outHeight;
  const pieces = (outWidth + BLOCK_WINDOWS - 1) / BLOCK_WINDOWS;
  const piece = (outWidth + pieces - 1) / pieces;
  const linesAtOnce = pieces > 1 ? 1 : max(1, BLOCK_WINDOWS / outWidth);
  const widest = max(TILE_COLUMNS, (PACK_CAPACITY / (linesAtOnce * piece)) & ~(TILE_COLUMNS - 1));
  for (let group = 0; group < groups; group++) {
    for (let j = columnBegin; j < columnEnd; j += widest) {
      const wide = min(widest, columnEnd - j);
      const column = <usize>(group * made + j) << 2;
      for (let line = 0; line < lines; line += linesAtOnce) {
        const count = min(linesAtOnce, lines - line);
        for (let begin = 0; begin < outWidth; begin += piece) {
          const long = min(piece, outWidth - begin);
          for (let i = 0; i < count; i++) {
            const y = (line + i) % outHeight, z = ((line + i) / outHeight) % outDepth, n = (line + i) / (outHeight * outDepth);
            const offset = (<usize>(n * inDepth + z * strideDepth) * slice) + <usize>(y * strideHeight) * row + <usize>begin * step;
            store<usize>(segments + (<usize>i << 3), offset);
            store<i32>(segments + (<usize>i << 3), long, 4);
          }
          const windows = count * long;
          let panels = g + <usize>(line * outWidth + begin) * lead + column;
          let panelLead = lead, panelStep: usize = 32;
          if (wide > TILE_COLUMNS) {
            panelLead = 32;
            panelStep = <usize>windows * 32;
            packColumns(panels, lead, windows, wide, scratch, panelStep);
            panels = scratch;
          }
          const accumulate = line > 0 || begin > 0 ? ACCUMULATE : 0;
          for (let unit = unitBegin; unit < unitEnd; unit++) {
            const tap = unit / tiles, inner = (unit - tap * tiles) * TILE_ROWS;
            const kx = tap % across, ky = (tap / across) % kernelHeight, kz = tap / (across * kernelHeight);
            const a =
              x + <usize>(kz * dilationDepth) * slice + <usize>(ky * dilationHeight) * row + <usize>(kx * dilationWidth) * pixel +
              (<usize>(group * own + inner) << 2);
            let c = dw + <usize>(tap * run + inner) * lead + column;
            const rows = min(TILE_ROWS, run - inner);
            let panel = panels;
            for (let k = 0; k < wide; k += TILE_COLUMNS) {
              tileFromPixels(a, step, segments, count, panel, panelLead, c, lead, rows, min(TILE_COLUMNS, wide - k), accumulate);
              panel += panelStep;
              c += 32;
            }
          }
        }
      }
    }
  }
}

/** Copies images into larger ones of zeros: `before…` positions before each axis. The batch and the channels stay. */
export function padImages(
  x: usize, y: usize, batch: i32, depth: i32, height: i32, width: i32, channels: i32,
  outDepth: i32, outHeight: i32, outWidth: i32, beforeDepth: i32, beforeHeight: i32, beforeWidth: i32, thread: i32, threads: i32,
): void {
  const lines = batch * outDepth * outHeight;
  const end = partBegin(lines, 1, thread + 1, threads);
  const rowBytes = (<usize>width * channels) << 2, outBytes = (<usize>outWidth * channels) << 2, left = (<usize>beforeWidth * channels) << 2;
  for (let line = partBegin(lines, 1, thread, threads); line < end; line++) {
    const to = y + <usize>line * outBytes;
    const row = (line % outHeight) - beforeHeight, slice = ((line / outHeight) % outDepth) - beforeDepth, n = line / (outHeight * outDepth);
    if (row < 0 || row >= height || slice < 0 || slice >= depth) {
      memory.fill(to, 0, outBytes);
    } else {
      memory.fill(to, 0, left);
      memory.copy(to + left, x + <usize>((n * depth + slice) * height + row) * rowBytes, rowBytes);
      memory.fill(to + left + rowBytes, 0, outBytes - left - rowBytes);
    }
  }
}
