import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, type Shape, type TensorType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { promote, toFloat } from "./operand.js";
import { forEachTap, geometryOf, padsPerAxis, perAxis, windowOutput, type PadOption, type Pads, type PerAxis } from "./window.js";

/**
 * Convolution and its two gradients are a closed family: each is linear in both of its inputs, and the gradient of each
 * is made of the other two. So second order works, and a transposed convolution is the gradient of a convolution.
 */
export interface ConvAttributes {
  readonly stride: readonly number[];
  readonly pad: Pads;
  readonly dilation: readonly number[];
  readonly groups: number;
}

export interface ConvInputGradientAttributes extends ConvAttributes {
  /** The spatial extents of the convolution's input, which stride leaves open. */
  readonly inputSpatial: readonly number[];
}

export interface ConvWeightGradientAttributes extends ConvAttributes {
  /** The kernel's extents, which stride leaves open. */
  readonly kernel: readonly number[];
}

const conv = "conv";

/** x: N x ...spatial x Cin, weight: ...kernel x (Cin/groups) x Cout, result: N x ...output x Cout. */
export const convOperation: Operation<ConvAttributes> = defineOperation<ConvAttributes, 2>({
  name: conv,
  infer([x, weight], attributes) {
    checkConv(x, weight, attributes);
    const spatial = windowOutput(x.shape.slice(1, -1), { ...attributes, size: weight.shape.slice(0, -2) }, conv);
    return [{ shape: [x.shape[0] as number, ...spatial, weight.shape.at(-1) as number], dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, weight], gradients: [g], attributes, wanted }) => [
    wanted[0] ? inputGradient(g, weight, attributes, x.shape.slice(1, -1)) : null,
    wanted[1] ? weightGradient(x, g, attributes, weight.shape.slice(0, -2)) : null,
  ],
  evaluate([x, weight], attributes, [out]) {
    const { geometry, cin, cout, groupIn, groupOut } = layout(x.shape, weight.shape, out.shape, attributes);
    const sums = new Float64Array(out.data.length);
    forEachTap(geometry, (input, output, tap) => {
      for (let group = 0; group < attributes.groups; group++) {
        for (let i = 0; i < groupIn; i++) {
          const value = x.data[input * cin + group * groupIn + i] as number;
          const row = (tap * groupIn + i) * cout + group * groupOut;
          const to = output * cout + group * groupOut;
          for (let o = 0; o < groupOut; o++) sums[to + o] = (sums[to + o] as number) + value * (weight.data[row + o] as number);
        }
      }
    });
    out.data.set(sums);
  },
});

/** The gradient of a convolution's input. g: N x ...output x Cout, weight as in conv, result: N x ...inputSpatial x Cin. */
export const convInputGradientOperation: Operation<ConvInputGradientAttributes> = defineOperation<ConvInputGradientAttributes, 2>({
  name: "convInputGradient",
  infer: ([g, weight], { groups, inputSpatial }) => [
    { shape: [g.shape[0] as number, ...inputSpatial, (weight.shape.at(-2) as number) * groups], dtype: g.dtype },
  ],
  gradient: ({ inputs: [g, weight], gradients: [h], attributes, wanted }) => [
    wanted[0] ? applyOne(convOperation, [h, weight], convAttributes(attributes)) : null,
    wanted[1] ? weightGradient(h, g, attributes, weight.shape.slice(0, -2)) : null,
  ],
  evaluate([g, weight], attributes, [out]) {
    const { geometry, cin, cout, groupIn, groupOut } = layout(out.shape, weight.shape, g.shape, attributes);
    const sums = new Float64Array(out.data.length);
    forEachTap(geometry, (input, output, tap) => {
      for (let group = 0; group < attributes.groups; group++) {
        for (let i = 0; i < groupIn; i++) {
          const row = (tap * groupIn + i) * cout + group * groupOut;
          const from = output * cout + group * groupOut;
          let sum = 0;
          for (let o = 0; o < groupOut; o++) sum += (g.data[from + o] as number) * (weight.data[row + o] as number);
          const to = input * cin + group * groupIn + i;
          sums[to] = (sums[to] as number) + sum;
        }
      }
    });
    out.data.set(sums);
  },
});

/** The gradient of a convolution's weight. x: N x ...spatial x Cin, g: N x ...output x Cout, result: ...kernel x (Cin/groups) x Cout. */
export const convWeightGradientOperation: Operation<ConvWeightGradientAttributes> = defineOperation<ConvWeightGradientAttributes, 2>({
  name: "convWeightGradient",
  infer: ([x, g], { groups, kernel }) => [
    { shape: [...kernel, (x.shape.at(-1) as number) / groups, g.shape.at(-1) as number], dtype: x.dtype },
  ],
  gradient: ({ inputs: [x, g], gradients: [h], attributes, wanted }) => [
    wanted[0] ? inputGradient(g, h, attributes, x.shape.slice(1, -1)) : null,
    wanted[1] ? applyOne(convOperation, [x, h], convAttributes(attributes)) : null,
  ],
  evaluate([x, g], attributes, [out]) {
    const { geometry, cin, cout, groupIn, groupOut } = layout(x.shape, out.shape, g.shape, attributes);
    const sums = new Float64Array(out.data.length);
    forEachTap(geometry, (input, output, tap) => {
      for (let group = 0; group < attributes.groups; group++) {
        for (let i = 0; i < groupIn; i++) {
          const value = x.data[input * cin + group * groupIn + i] as number;
          const row = (tap * groupIn + i) * cout + group * groupOut;
          const from = output * cout + group * groupOut;
          for (let o = 0; o < groupOut; o++) sums[row + o] = (sums[row + o] as number) + value * (g.data[from + o] as number);
        }
      }
    });
    out.data.set(sums);
  },
});

function convAttributes({ stride, pad, dilation, groups }: ConvAttributes): ConvAttributes {
  return { stride, pad, dilation, groups };
}

function inputGradient(g: Tensor, weight: Tensor, attributes: ConvAttributes, inputSpatial: Shape): Tensor {
  return applyOne(convInputGradientOperation, [g, weight], { ...convAttributes(attributes), inputSpatial });
}

function weightGradient(x: Tensor, g: Tensor, attributes: ConvAttributes, kernel: Shape): Tensor {
  return applyOne(convWeightGradientOperation, [x, g], { ...convAttributes(attributes), kernel });
}

function layout(x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes) {
  const cin = x.at(-1) as number;
  const cout = y.at(-1) as number;
  const geometry = geometryOf(x[0] as number, x.slice(1, -1), y.slice(1, -1), { ...attributes, size: weight.slice(0, -2) });
  return { geometry, cin, cout, groupIn: cin / attributes.groups, groupOut: cout / attributes.groups };
}

function checkConv(x: TensorType, weight: TensorType, { groups }: ConvAttributes): void {
  const cin = x.shape.at(-1) as number;
  const [groupIn, cout] = weight.shape.slice(-2) as [number, number];
  if (x.dtype !== weight.dtype) throw new ShapeError(`conv: the image is ${x.dtype}, the weight ${weight.dtype}; cast one of them`);
  if (cin % groups !== 0 || cout % groups !== 0)
    throw new ShapeError(`conv: ${groups} groups must divide the ${cin} channels in and the ${cout} channels out`);
  if (groupIn * groups !== cin) {
    const wanted = groups === 1 ? `${cin}` : `${cin}/${groups} = ${cin / groups}`;
    throw new ShapeError(
      `conv: the image ${formatShape(x.shape)} has ${cin} channels, so the weight must have ${wanted} input channels, ` +
        `but it is ${formatShape(weight.shape)} (kernel x input channels x output channels)`,
    );
  }
}

/** @throws ShapeError unless x is N x 1 to 3 spatial axes x C and the kernel has as many axes. */
function spatialRank(x: Tensor, weight: Tensor, who: string): number {
  const rank = x.rank - 2;
  if (rank < 1 || rank > 3)
    throw new ShapeError(`${who}: an image batch is N x 1 to 3 spatial axes x channels, but this is ${formatShape(x.shape)}`);
  if (weight.rank !== x.rank)
    throw new ShapeError(
      `${who}: the image ${formatShape(x.shape)} has ${rank} spatial axes, but the weight ` +
        `${formatShape(weight.shape)} has ${weight.rank - 2} kernel axes`,
    );
  return rank;
}

export interface ConvOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default 0. */
  readonly pad?: PadOption;
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1; as many as there are channels makes it depthwise. */
  readonly groups?: number;
}

function readOptions(options: ConvOptions, rank: number, who: string): ConvAttributes {
  return {
    stride: perAxis(options.stride ?? 1, rank, who, "stride"),
    pad: padsPerAxis(options.pad ?? 0, rank, who),
    dilation: perAxis(options.dilation ?? 1, rank, who, "dilation"),
    groups: options.groups ?? 1,
  };
}

/**
 * Convolution (cross-correlation, as in every network) over 1, 2 or 3 spatial axes, channels last.
 * x: N x ...spatial x Cin; weight: ...kernel x (Cin/groups) x Cout; result: N x ...output x Cout, where on each axis
 * output = floor((spatial + before + after - dilation (kernel - 1) - 1) / stride) + 1.
 * @throws ShapeError when channels, groups or kernel do not fit.
 */
function convolve(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const [image, kernel] = promote(toFloat(x), toFloat(weight));
  return applyOne(convOperation, [image, kernel], readOptions(options, spatialRank(image, kernel, conv), conv));
}
export { convolve as conv };

/**
 * Transposed convolution: the gradient of a convolution, as an operation that makes images larger.
 * x: N x ...spatial x Cin; weight: ...kernel x (Cout/groups) x Cin; result: N x ...output x Cout, where on each axis
 * output = (spatial - 1) stride - before - after + dilation (kernel - 1) + 1 + outputPad.
 */
export function convTranspose(
  x: Tensor,
  weight: Tensor,
  options: ConvOptions & { readonly outputPad?: number | readonly number[] } = {},
): Tensor {
  const who = "convTranspose";
  const [image, kernel] = promote(toFloat(x), toFloat(weight));
  const rank = spatialRank(image, kernel, who);
  const attributes = readOptions(options, rank, who);
  const extra =
    typeof options.outputPad === "number"
      ? new Array<number>(rank).fill(options.outputPad)
      : (options.outputPad ?? new Array<number>(rank).fill(0));
  const cin = image.shape.at(-1) as number;
  if (kernel.shape.at(-1) !== cin || cin % attributes.groups !== 0) {
    throw new ShapeError(
      `${who}: the image ${formatShape(image.shape)} has ${cin} channels, so the weight must have ${cin} as its last ` +
        `extent, in ${attributes.groups} groups, but it is ${formatShape(kernel.shape)} (kernel x output channels x ` +
        `input channels)`,
    );
  }
  const inputSpatial = image.shape.slice(1, -1).map((extent, axis) => {
    const [before, after] = attributes.pad[axis] as readonly [number, number];
    const stride = attributes.stride[axis] as number;
    const more = extra[axis] ?? 0;
    if (more < 0 || more >= stride)
      throw new ShapeError(`${who}: outputPad must be from 0 to stride - 1 = ${stride - 1}, but ${more} arrived`);
    const result =
      (extent - 1) * stride - before - after + (attributes.dilation[axis] as number) * ((kernel.shape[axis] as number) - 1) + 1 + more;
    if (result < 1) throw new ShapeError(`${who}: padding ${before} and ${after} leaves nothing of axis ${axis}`);
    return result;
  });
  return applyOne(convInputGradientOperation, [image, kernel], { ...attributes, inputSpatial });
}
