import { sizeOf } from "../../tensor/shape.js";
import { absent } from "./arguments.js";
import type { Windows } from "../threads/protocol.js";
import type { Address, LoweringContext } from "./contract.js";
import type { Convolution } from "./convolution.js";
import { emitCopy } from "./copies.js";
import { padBefore, padded, plane } from "./planes.js";
import { activationCodes, type Epilogue } from "./product.js";

// Convolutions whose windows machine code reads where they lie, in an image with its padding around it: a row of a window is one run
// of numbers, its rows are segments of a product's depth.

/** Below this much work another method has done before the image has its padding. */
const leastWork = 500_000;

/**
 * Bytes of kernels that each tile of a row of results reads anew: with more, and so with filters enough to pay for it, writing the windows'
 * matrix is better, whose tiles are taller.
 */
const mostKernels = 3 * 2 ** 16;

/** Whether machine code can read the windows where they lie: not those of groups, of three axes, or with gaps along a row. */
export function suitsDirect(
  context: LoweringContext,
  { batch, groups, size, input, output, dilation, channels, filters }: Convolution,
): boolean {
  if (!context.machineCode || groups !== 1 || size[0] !== 1 || input[0] !== 1 || dilation[2] !== 1) return false;
  const depth = sizeOf(size) * channels;
  return (
    batch * sizeOf(output) * depth * filters >= leastWork &&
    depth * filters * 4 <= mostKernels &&
    batch * (output[1] as number) >= context.threads
  );
}

interface Request {
  readonly batch: number;
  /** Height and width of the image read, of the result written, and of the kernel. */
  readonly read: readonly [number, number];
  readonly written: readonly [number, number];
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Along the height. */
  readonly dilation: number;
  /** Zeros before each axis of the image. */
  readonly pad: readonly [number, number];
  readonly channels: number;
}

const requestOf = (convolution: Convolution): Request => ({
  batch: convolution.batch,
  read: plane(convolution.input),
  written: plane(convolution.output),
  size: plane(convolution.size),
  stride: plane(convolution.stride),
  dilation: convolution.dilation[1] as number,
  pad: padBefore(convolution),
  channels: convolution.channels,
});

/** Windows to multiply: where those of the first row of results begin, how wide they are, and how far apart. */
interface PlacedWindows {
  readonly a: Address;
  readonly k: number;
  readonly lda: number;
  readonly windows: Omit<Windows, "sums">;
}

function placeWindows(context: LoweringContext, image: Address, request: Request): PlacedWindows {
  const { batch, read, written, size, stride, dilation, pad, channels } = request;
  const after = [0, 1].map((axis) => {
    const [rows, apart] = [(written[axis] as number) - 1, axis === 0 ? dilation : 1];
    const needed = rows * (stride[axis] as number) + ((size[axis] as number) - 1) * apart + 1;
    return Math.max(0, needed - (read[axis] as number) - (pad[axis] as number));
  });
  const { address, extent } = padded(context, image, batch, [1, ...read], channels, [0, ...pad], [0, ...after]);
  const [, height, width] = extent as [number, number, number];
  const row = width * channels;
  const windows = {
    images: batch,
    rows: written[0],
    taps: size[0],
    tapStride: dilation * row,
    rowStride: stride[0] * row,
    imageStride: height * row,
  };
  return { a: address, k: size[1] * channels, lda: stride[1] * channels, windows };
}

function emitWindowsProduct(
  context: LoweringContext,
  request: Request,
  image: Address,
  kernel: Address,
  result: Address,
  filters: number,
  epilogue: Epilogue,
): void {
  const { a, k, lda, windows } = placeWindows(context, image, request);
  const { bias, residual, activation } = epilogue;
  const [, across] = request.written;
  const whole = activation === "none" || activation === "relu";
  context.gemm({
    a, b: kernel, c: result, m: across, n: filters, k, lda, ldb: filters, ldc: filters, windows: { ...windows, sums: false },
    ...(whole ? { bias, residual, relu: activation === "relu" } : {}),
  }); // prettier-ignore
  if (whole) return;
  const rows = request.batch * sizeOf(request.written);
  context.emit("finishProduct", [result, bias ?? absent, residual ?? absent, activationCodes[activation], rows, filters], {
    work: rows * filters,
  });
}

export function emitDirectConvolution(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  kernel: Address,
  result: Address,
  epilogue: Epilogue,
): void {
  const request = requestOf(convolution);
  emitWindowsProduct(context, request, image, kernel, result, convolution.filters, epilogue);
}

/** The gradient of the input of a convolution with stride 1: a convolution with the kernel turned round, and its matrices transposed. */
export function emitDirectInputGradient(
  context: LoweringContext,
  convolution: Convolution,
  gradient: Address,
  kernel: Address,
  result: Address,
  epilogue: Epilogue,
): boolean {
  const { batch, input, output, size, stride, dilation, channels, filters } = convolution;
  const before = padBefore(convolution);
  const pad = [((size[1] as number) - 1) * (dilation[1] as number) - before[0], (size[2] as number) - 1 - before[1]] as const;
  if (sizeOf(stride) !== 1 || pad[0] < 0 || pad[1] < 0) return false;
  const taps = sizeOf(size);
  const turned = context.scratch(taps * channels * filters * 4);
  emitCopy(context, kernel.plus((taps - 1) * channels * filters * 4), turned, [
    { extent: taps, from: -channels * filters, to: channels * filters },
    { extent: filters, from: 1, to: channels },
    { extent: channels, from: filters, to: 1 },
  ]);
  const request = {
    batch,
    read: plane(output),
    written: plane(input),
    size: plane(size),
    stride: [1, 1] as const,
    dilation: dilation[1] as number,
    pad,
    channels: filters,
  };
  emitWindowsProduct(context, request, gradient, turned, result, channels, epilogue);
  return true;
}

/** The gradient of a convolution's weights: each thread adds up what its rows of results give. */
export function emitDirectWeightGradient(
  context: LoweringContext,
  convolution: Convolution,
  image: Address,
  gradient: Address,
  result: Address,
): void {
  const { output, size, channels, filters } = convolution;
  const { threads } = context;
  const request = requestOf(convolution);
  const { a, k, lda, windows } = placeWindows(context, image, request);
  const elements = sizeOf(size) * channels * filters;
  const others = threads > 1 ? context.scratch((threads - 1) * elements * 4) : null;
  context.gemm({
    a, b: gradient, c: result, transposeA: true, m: k, n: filters, k: output[2] as number, lda, ldb: filters, ldc: filters,
    windows: { ...windows, sums: true }, ...(others !== null && { others }),
  }); // prettier-ignore
  for (let other = 1; other < threads && others !== null; other++)
    context.emit(
      "finishProduct",
      [result, absent, others.plus((other - 1) * elements * 4), activationCodes.none, elements / filters, filters],
      {
        work: elements,
        independent: other > 1,
      },
    );
}
