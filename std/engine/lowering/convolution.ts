import type { Node } from "../../tensor/graph.js";
import type { ConvAttributes, ConvInputGradientAttributes, ConvWeightGradientAttributes } from "../../tensor/operations/convolution.js";
import { geometryOf, type WindowGeometry } from "../../tensor/operations/window.js";
import { sizeOf, type Shape } from "../../tensor/shape.js";
import { absent, input, isSingle, output } from "./arguments.js";
import type { Address, LoweringContext, LoweringRule } from "./contract.js";
import { padBefore, padded, plane } from "./planes.js";
import { activationCodes, emitProduct, plain, type Epilogue } from "./product.js";
import { emitDirectConvolution, emitDirectInputGradient, emitDirectWeightGradient, suitsDirect } from "./direct-convolution.js";
import { maximumTaps, scratchBytes } from "./scratch.js";
import { emitLaneConvolution } from "./lane-convolution.js";
import { emitStridedWeightGradient, emitStridedWinograd, suitsStridedWinograd } from "./strided-winograd.js";
import { emitWinogradWeightGradient } from "./winograd-weight-gradient.js";
import { emitWinograd, winogradTiles } from "./winograd.js";
import {
  emitOwnWindowConvolution,
  emitWindowConvolution,
  emitWindowInputGradient,
  emitWindowWeightGradient,
  imagesOfOwner,
  suitsWindowMatrix,
} from "./window-matrix.js";

/** A convolution with three spatial axes: image batch x input x channels, weight size x channels/groups x filters, result batch x output x filters. */
export interface Convolution extends WindowGeometry {
  readonly channels: number;
  readonly filters: number;
  readonly groups: number;
}

/** A convolution with stride 1, or the gradient of its input, which is one with the kernel turned round. */
export interface UnitStrideRequest {
  readonly image: Address;
  readonly kernel: Address;
  readonly result: Address;
  readonly batch: number;
  /** Height and width of the image read and of the result written. */
  readonly read: readonly [number, number];
  readonly written: readonly [number, number];
  /** Zeros before each axis of the image. */
  readonly pad: readonly [number, number];
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** The kernel turned round, and its matrices transposed: the gradient of a convolution's input. */
  readonly turned: boolean;
  readonly epilogue: Epilogue;
}

/** @param image, weight, result shapes of the convolution itself, also where one of its gradients is asked. */
export function convolutionOf(image: Shape, weight: Shape, result: Shape, attributes: ConvAttributes): Convolution {
  const window = geometryOf(image[0] as number, image.slice(1, -1), result.slice(1, -1), { ...attributes, size: weight.slice(0, -2) });
  return { ...window, channels: image.at(-1) as number, filters: result.at(-1) as number, groups: attributes.groups };
}

function workOf({ batch, output: out, size, channels, filters, groups }: Convolution): number {
  return (batch * sizeOf(out) * sizeOf(size) * channels * filters) / groups;
}

/** A convolution that is a plain matrix product of all pixels with the weight. */
function isProduct({ size, stride, pad, groups }: Convolution): boolean {
  return groups === 1 && sizeOf(size) === 1 && sizeOf(stride) === 1 && pad.every(([before, after]) => before === 0 && after === 0);
}

/** Few channels of the input fill few of a tile's 8 columns: then what windows get is computed in full and added up. */
function scatters({ channels, groups, size, dilation, input: extent }: Convolution): boolean {
  return channels < 8 && groups === 1 && size[0] === 1 && extent[0] === 1 && dilation[2] === 1 && sizeOf(size) > 1;
}

/** Numbers of one channel of a padded image that the kernel that lays images out as planes takes: what a second-level cache holds. */
const mostOfPlane = 16_384;

/** Whether the gradient of the weights is better done with lanes along the width: the usual tiles, 4 neighbours by 8 filters, would be half empty. */
function fitsPlanes({ channels, filters, groups, size, stride, input: extent }: Convolution, wide: readonly number[]): boolean {
  if (groups !== 1 || size[0] !== 1 || extent[0] !== 1 || sizeOf(stride) !== 1) return false;
  const run = channels * (size[2] as number);
  const filled = (run / (Math.ceil(run / 4) * 4)) * (filters / (Math.ceil(filters / 8) * 8));
  return channels <= 4 && filled < 0.7 && (wide[1] as number) * (wide[2] as number) <= mostOfPlane;
}

const settings = ({ size, stride, dilation }: Convolution): number[] => [...size, ...stride, ...dilation];

/** What a convolution with stride 1 asks of the kernels that serve its gradient too. */
export function unitStride(convolution: Convolution): Omit<UnitStrideRequest, "image" | "kernel" | "result" | "epilogue"> {
  const { batch, input: extent, output: out, channels, filters } = convolution;
  return {
    batch,
    read: plane(extent),
    written: plane(out),
    pad: padBefore(convolution),
    channelsIn: channels,
    channelsOut: filters,
    turned: false,
  };
}

/** Lowers a convolution. With an epilogue, `target` is where the finished result goes. */
export function lowerConvolution(node: Node, context: LoweringContext, epilogue: Epilogue, result: Address): void {
  const [x, weight] = [input(node, 0), input(node, 1)];
  const convolution = convolutionOf(x.shape, weight.shape, output(node).shape, node.attributes as ConvAttributes);
  const { batch, input: extent, output: out, channels, filters, groups, pad } = convolution;
  const [image, kernel] = [context.buffer(x), context.buffer(weight)];
  if (isProduct(convolution)) {
    emitProduct(context, { a: image, b: kernel, c: result, m: batch * sizeOf(out), n: filters, k: channels }, epilogue);
    return;
  }
  const tiles = winogradTiles(context, convolution, out);
  if (tiles !== null) {
    emitWinograd(context, tiles, { ...unitStride(convolution), image, kernel, result, epilogue });
    return;
  }
  if (suitsDirect(context, convolution)) {
    emitDirectConvolution(context, convolution, image, kernel, result, epilogue);
    return;
  }
  if (suitsStridedWinograd(context, convolution)) {
    emitStridedWinograd(context, convolution, false, image, kernel, result, epilogue);
    return;
  }
  if (emitLaneConvolution(context, convolution, { ...unitStride(convolution), image, kernel, result, epilogue })) return;
  const ownImages = imagesOfOwner(context, convolution);
  if (ownImages > 0) {
    emitOwnWindowConvolution(context, convolution, ownImages, image, kernel, result, epilogue);
    return;
  }
  if (suitsWindowMatrix(context, convolution)) {
    emitWindowConvolution(context, convolution, image, kernel, result, epilogue);
    return;
  }
  const wide = padded(
    context,
    image,
    batch,
    extent,
    channels,
    pad.map(([before]) => before),
    pad.map(([, after]) => after),
  );
  context.emit(
    "convolution",
    [
      wide.address, kernel, result, epilogue.bias ?? absent, epilogue.residual ?? absent, activationCodes[epilogue.activation],
      batch, ...wide.extent, channels, ...out, filters, ...settings(convolution), groups, context.scratch(scratchBytes.convolution * context.threads),
    ],
    { work: workOf(convolution) },
  ); // prettier-ignore
}

/** Lowers the gradient of a convolution's input, which is also the transposed convolution. */
export function lowerInputGradient(node: Node, context: LoweringContext, epilogue: Epilogue, result: Address): void {
  const [g, weight] = [input(node, 0), input(node, 1)];
  const convolution = convolutionOf(output(node).shape, weight.shape, g.shape, node.attributes as ConvInputGradientAttributes);
  const { batch, input: extent, output: out, channels, filters, groups, size, stride, dilation, pad } = convolution;
  const [gradient, kernel] = [context.buffer(g), context.buffer(weight)];
  if (isProduct(convolution)) {
    emitProduct(
      context,
      { a: gradient, b: kernel, c: result, m: batch * sizeOf(out), n: channels, k: filters, transposeB: true },
      epilogue,
    );
    return;
  }
  const before = pad.map(([first]) => first);
  const turned = {
    image: gradient,
    kernel,
    result,
    batch,
    read: plane(out),
    written: plane(extent),
    pad: [(size[1] as number) - 1 - (before[1] as number), (size[2] as number) - 1 - (before[2] as number)] as const,
    channelsIn: filters,
    channelsOut: channels,
    turned: true,
    epilogue,
  };
  const tiles = winogradTiles(context, convolution, extent);
  if (tiles !== null) {
    emitWinograd(context, tiles, turned);
    return;
  }
  if (suitsDirect(context, convolution) && emitDirectInputGradient(context, convolution, gradient, kernel, result, epilogue)) return;
  if (suitsStridedWinograd(context, convolution)) {
    emitStridedWinograd(context, convolution, true, gradient, kernel, result, epilogue);
    return;
  }
  if (emitLaneConvolution(context, convolution, turned)) return;
  const bare = epilogue.bias === null && epilogue.residual === null && epilogue.activation === "none";
  if (bare && dilation[2] === 1 && suitsWindowMatrix(context, convolution)) {
    emitWindowInputGradient(context, convolution, gradient, kernel, result);
    return;
  }
  if (bare && scatters(convolution)) {
    emitScatteredGradient(convolution, context, gradient, kernel, result);
    return;
  }
  // The windows of the gradient reach beyond it by this much.
  const lead = before.map((first, axis) =>
    Math.max(0, -Math.floor((first - (dilation[axis] as number) * ((size[axis] as number) - 1)) / (stride[axis] as number))),
  );
  const trail = before.map((first, axis) =>
    Math.max(0, Math.floor(((extent[axis] as number) - 1 + first) / (stride[axis] as number)) - ((out[axis] as number) - 1)),
  );
  const wide = padded(context, gradient, batch, out, filters, lead, trail);
  context.emit(
    "convolutionInputGradient",
    [
      wide.address, kernel, result, epilogue.bias ?? absent, activationCodes[epilogue.activation], batch, ...wide.extent, filters, ...extent, channels,
      ...settings(convolution), ...before, ...lead, groups, context.scratch(scratchBytes.convolution * context.threads),
    ],
    { work: workOf(convolution) },
  ); // prettier-ignore
}

/** The gradient of an input of few channels: a product gives what every window gets, and that is added up. */
function emitScatteredGradient(
  convolution: Convolution,
  context: LoweringContext,
  gradient: Address,
  kernel: Address,
  result: Address,
): void {
  const { batch, input: extent, output: out, channels, filters, size, stride, dilation } = convolution;
  const window = [...plane(size), ...plane(stride), dilation[1] as number, ...padBefore(convolution)];
  const scratch = context.scratch(scratchBytes.scatteredGradient(sizeOf(out), sizeOf(size) * channels) * context.threads);
  context.emit(
    "scatteredInputGradient",
    [gradient, kernel, result, batch, ...plane(out), filters, ...plane(extent), channels, ...window, scratch],
    { work: workOf(convolution) },
  );
}

function lowerWeightGradient(node: Node, context: LoweringContext): void {
  const [x, g] = [input(node, 0), input(node, 1)];
  const convolution = convolutionOf(x.shape, output(node).shape, g.shape, node.attributes as ConvWeightGradientAttributes);
  const { batch, input: extent, output: out, channels, filters, groups, pad } = convolution;
  const [image, gradient, result] = [context.buffer(x), context.buffer(g), context.buffer(output(node))];
  if (isProduct(convolution)) {
    emitProduct(context, { a: image, b: gradient, c: result, m: channels, n: filters, k: batch * sizeOf(out), transposeA: true });
    return;
  }
  const tiles = winogradTiles(context, convolution, out);
  if (tiles !== null) {
    emitWinogradWeightGradient(context, tiles, { ...convolution, corner: padBefore(convolution), image, gradient, weights: result });
    return;
  }
  if (suitsDirect(context, convolution)) {
    emitDirectWeightGradient(context, convolution, image, gradient, result);
    return;
  }
  if (suitsStridedWinograd(context, convolution)) {
    emitStridedWeightGradient(context, convolution, image, gradient, result);
    return;
  }
  if (suitsWindowMatrix(context, convolution)) {
    emitWindowWeightGradient(context, convolution, image, gradient, result);
    return;
  }
  const wide = padded(
    context,
    image,
    batch,
    extent,
    channels,
    pad.map(([before]) => before),
    pad.map(([, after]) => after),
  );
  if (groups > 1 && groups === channels && groups === filters) {
    context.emit(
      "depthwiseWeightGradient",
      [wide.address, gradient, result, batch, ...wide.extent, channels, ...out, ...settings(convolution)],
      {
        work: workOf(convolution),
      },
    );
    return;
  }
  if (fitsPlanes(convolution, wide.extent)) {
    const [, height, width] = wide.extent as [number, number, number];
    const bytes = scratchBytes.planeGradient(height, width, channels, sizeOf(convolution.size));
    const kernel = [...convolution.size.slice(1), ...convolution.dilation.slice(1)];
    context.emit(
      "planeWeightGradient",
      [wide.address, gradient, result, batch, height, width, channels, ...plane(out), filters, ...kernel, context.scratch(bytes * context.threads)],
      { work: workOf(convolution) },
    ); // prettier-ignore
    return;
  }
  context.emit(
    "convolutionWeightGradient",
    [
      wide.address, gradient, result, batch, ...wide.extent, channels, ...out, filters, ...settings(convolution), groups,
      context.scratch(scratchBytes.weightGradient * context.threads),
    ],
    { work: workOf(convolution) },
  ); // prettier-ignore
}

const supports = (node: Node): boolean => {
  const kernel = (node.operation?.name === "convWeightGradient" ? output(node) : input(node, 1)).shape.slice(0, -2);
  return isSingle(node) && sizeOf(kernel) <= maximumTaps && output(node).size > 0 && node.inputs.every((tensor) => tensor.size > 0);
};

export const convolutionRules: Readonly<Record<"conv" | "convInputGradient" | "convWeightGradient", LoweringRule>> = {
  conv: { supports, lower: (node, context) => lowerConvolution(node, context, plain, context.buffer(output(node))) },
  convInputGradient: { supports, lower: (node, context) => lowerInputGradient(node, context, plain, context.buffer(output(node))) },
  convWeightGradient: { supports, lower: lowerWeightGradient },
};
