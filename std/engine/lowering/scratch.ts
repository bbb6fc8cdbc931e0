type Plane = readonly [height: number, width: number];

type Widths = readonly [channels: number, filters: number];

const pad64 = (bytes: number): number => Math.floor((bytes + 127) / 64) * 64;
const columnsOf = (columns: number): number => Math.ceil(columns / 8) * 8;
const panels = (depth: number, columns: number): number => depth * 4 * columnsOf(columns);

const chunked = (tiles: number, channels: number, width: number, side: number): number =>
  Math.ceil(channels / width) * side * side * (tiles * width * 4 + 64);

/**
 * Bytes of scratch per thread that the kernels ask for: `matmulScratchBytes` and the like in the assembly (a test holds the
 * two equal).
 */
export const scratchBytes = {
  matmul: 4 * (65536 + 16 * 320 + 64),
  convolution: 4 * (65536 + 2 * 4096 + 64) + 64 + 8 * (256 + 4),
  weightGradient: 4 * (65536 + 2 * 320 + 64) + 64,
  /** With room for what all windows of one image get. */
  scatteredGradient: (rows: number, columns: number): number => 4 * (65536 + 16 * 320 + 64) + pad64(rows * columns * 4),
  /** Planes of the padded image's channels and of two filters' gradients, and the sums. */
  planeGradient: (height: number, width: number, channels: number, taps: number): number => {
    const pitch = Math.ceil(width / 4) * 4;
    return 4 * (height * pitch + pitch + 32) * (channels + 2) + Math.ceil((taps * channels) / 4) * 128 + 64;
  },
  /** Four images and their results in lanes (`pooled`: two rows of them and a row of windows), packed weights, and the sums of a tile. */
  laneConvolution: (
    [height, width]: Plane, channels: number, [outHeight, outWidth]: Plane, filters: number, [kernelHeight, kernelWidth]: Plane, padWidth: number, pooled: boolean,
  ): number => {
    const rows = pooled ? Math.min(2, outHeight) + 1 : outHeight;
    const vectors = height * (width + 2 * padWidth + 1) * channels + rows * outWidth * filters;
    const taps = kernelHeight * kernelWidth * channels;
    const blocks = Math.ceil(filters / 6);
    return (vectors * 16 + blocks * taps * 24 + taps * 4 + 96 * (blocks + 2) + 64) & ~63;
  }, // prettier-ignore
  /** A row of an image. */
  maxPool: (width: number, channels: number): number => (width * channels * 4 + 127) & ~63,
  /** Padded images, sums or weights of every filter, and its routes. */
  pooledGradient(
    batch: number, [height, width]: Plane, channels: number, filters: number, [kernelHeight, kernelWidth]: Plane, places: number,
  ): number {
    const bytes = height * width * channels * 4;
    const images = Math.max(1, Math.min(batch, 8, Math.floor(16_384 / bytes)));
    const run = kernelWidth * channels;
    const row = Math.ceil(run / 32) * 128;
    const each = Math.max(kernelHeight * row, Math.ceil(kernelHeight / 5) * 160);
    return (images * bytes + 128 + Math.ceil(filters / 4) * 4 * (each + images * (places + 1) * 8 + 8) + 127) & ~63;
  }, // prettier-ignore
  pooledWeightSums(channels: number, filters: number, [kernelHeight, kernelWidth]: Plane): number {
    const row = Math.ceil((kernelWidth * channels) / 32) * 128;
    return filters * Math.max(kernelHeight * row, Math.ceil(kernelHeight / 5) * 160);
  },
  /** Of one 6 x 6 tile between the two passes of a transform, and a copy of a window at an image's edge. */
  winograd: (channels: number): number => 36 * 16 + 36 * channels * 4 + 64,
  /** Of one thread: for products, for a tile, and the planes of a block of tiles. */
  winogradConvolution(block: number, channels: number, filters: number, side: number): number {
    const planes = side * side * (block * (channels + filters) * 4 + 128);
    return (scratchBytes.matmul + scratchBytes.winograd(Math.max(channels, filters)) + planes + 127) & ~63;
  },
  /** Of one thread: for products, for a kernel, some columns of the kernels, and their results. */
  winogradColumns(tiles: number, depth: number, columns: number, side: number): number {
    const planes = side * side * ((depth + tiles) * columns * 4 + 128);
    return (scratchBytes.matmul + scratchBytes.winogradKernel + planes + 127) & ~63;
  },
  /** Of one thread: zeros, a tile, and the planes of a block of tiles in chunks of channels and filters. */
  winogradWeightProducts: (block: number, widths: Widths, chunks: Widths, side: number): number =>
    (32 + scratchBytes.winograd(Math.max(...widths)) + scratchBytes.winogradChunks(block, widths, chunks, side) + 127) & ~63,
  /** Planes of both images of as many tiles, in chunks. */
  winogradChunks: (tiles: number, [channels, filters]: Widths, [width, filterWidth]: Widths, side: number): number =>
    chunked(tiles, channels, width, side) + chunked(tiles, filters, filterWidth, side),
  /** Sums of the products of a pair of chunks. */
  winogradSums: ([width, filterWidth]: Widths, side: number): number => side * side * (width * filterWidth * 4 + 64),
  /** A tile, and another, or 16 kernels of 5 x 5. */
  winogradKernel: 36 * 16 + 25 * 64,
  /** Of one thread: zeros, a tile, and sums. */
  winogradChunkGradient: (chunks: Widths, side: number): number =>
    (32 + scratchBytes.winogradKernel + scratchBytes.winogradSums(chunks, side) + 63) & ~63,
  /** A tile between the two passes of a transform, and a copy of a window at an image's edge. */
  stridedImage: (channels: number): number => 81 * 16 + 81 * channels * 4 + 64,
  /** Of one thread: for products, for a tile, some kernels, and their results. */
  stridedConvolution(tiles: number, depth: number, columns: number): number {
    const planes = 36 * (depth * columns * 4 + 128) + 81 * tiles * columns * 4;
    return (scratchBytes.matmul + 81 * 16 + planes + 127) & ~63;
  },
  stridedWeightGradient: (channels: number, columns: number, chunks: number): number =>
    (scratchBytes.matmul + 81 * 16 + chunks * 36 * (channels * columns * 4 + 64) + 127) & ~63,
  attention: (keys: number, width: number, depth: number): number =>
    Math.floor((panels(width, keys) + panels(keys, depth) + 16 * keys + 127) / 64) * 64,
  /** Panels, and as many queries as have 64 KiB of scores. */
  attentionGradient(queries: number, keys: number, width: number, depth: number): number {
    const block = Math.min(Math.floor((queries + 3) / 4) * 4, Math.max(4, Math.floor(16384 / keys / 4) * 4));
    const all = panels(depth, keys) + panels(keys, width) + panels(block, width) + panels(block, depth) + 4 * block * keys;
    return Math.floor((all + 191) / 64) * 64;
  },
  /** How many rows, and five numbers for each channel. */
  batchNorm: (channels: number): number => 64 + 5 * ((4 * channels + 79) & ~63),
  /** Sums of two gradients. */
  layerNorm: (width: number): number => 2 * Math.floor((4 * width + 79) / 64) * 64,
  lrn: (channels: number, size: number): number => Math.floor((channels + 2 * size + 15) / 8) * 8 * 4,
  lstm: (batch: number, width: number): number => pad64(panels(width, 4 * width) + panels(4 * width, width) + 4 * batch * width * 4),
  gru: (batch: number, width: number): number => pad64(panels(width, 3 * width) + panels(3 * width, width) + 3 * batch * width * 4),
  rnn: (batch: number, width: number): number => pad64(panels(width, width) + batch * width * 4),
} as const;

/** Most kernel positions (depth x height x width) the convolution kernels take. */
export const maximumTaps = 4096;
