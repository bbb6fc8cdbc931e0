import type { AttributesOf, OperationName } from "../../tensor/operations/table.js";
import type { TensorType } from "../../tensor/shape.js";
import { elementTypes, type Attribute, type OnnxModel } from "./model.js";

/** What a translation is given: the model, the names of the operands and their types. */
interface Request<A> {
  readonly model: OnnxModel;
  readonly inputs: readonly string[];
  readonly types: readonly TensorType[];
  readonly output: TensorType;
  readonly attributes: A;
  /** A number as a scalar of the first operand's type. */
  readonly number: (value: number) => string;
  /** Two numbers as a list of the first operand's type. */
  readonly pair: (first: number, second: number) => string;
  /** That many zeros of the first operand's type. */
  readonly zeros: (count: number) => string;
}

/** Gives the name of the result; a list where there are several. */
type Translation<A> = (request: Request<A>) => string | readonly string[];

/** One ONNX operator of the same meaning. */
const same =
  (operator: string, attributes: Readonly<Record<string, Attribute>> = {}): Translation<unknown> =>
  ({ model, inputs }) =>
    model.node(operator, inputs, attributes);

/** A reduction; the axes are an input for sums and an attribute for the others, by the history of the operator set. */
const reduced =
  (operator: string): Translation<AttributesOf<"max">> =>
  ({ model, inputs: [x], attributes: { axes, keepDims } }) =>
    axes.length === 0
      ? model.node("Identity", [x as string])
      : operator === "ReduceSum"
        ? model.node(operator, [x as string, model.list(axes)], { keepdims: keepDims ? 1 : 0 })
        : model.node(operator, [x as string], { axes, keepdims: keepDims ? 1 : 0 });

const extreme =
  (operator: string): Translation<AttributesOf<"argMax">> =>
  ({ model, inputs, attributes: { axis } }) =>
    model.node("Cast", [model.node(operator, inputs, { axis, keepdims: 0 })], { to: elementTypes.i32 });

/** Wraps what works on channels first: `N x ... x C` becomes `N x C x ...` and back. */
function channelsFirst(
  { model, types: [type] }: Pick<Request<unknown>, "model" | "types">,
  x: string,
  apply: (x: string) => string,
): string {
  const rank = (type as TensorType).shape.length;
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  const there = model.node("Transpose", [x], { perm: [0, rank - 1, ...spatial] });
  return model.node("Transpose", [apply(there)], { perm: [0, ...spatial.map((axis) => axis + 1), 1] });
}

/** Kernel `...k x in x out` to `out x in x ...k`. */
function kernelFirst(model: OnnxModel, weight: string, rank: number): string {
  return model.node("Transpose", [weight], { perm: [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)] });
}

const sides = (pad: readonly (readonly [number, number])[]): number[] => [
  ...pad.map(([before]) => before),
  ...pad.map(([, after]) => after),
];

const pooled =
  (operator: string): Translation<AttributesOf<"maxPool"> & { readonly countPadding?: boolean }> =>
  (request) => {
    const { size, stride, pad, countPadding } = request.attributes;
    const attributes = {
      kernel_shape: size,
      strides: stride,
      pads: sides(pad),
      ...(countPadding === undefined ? {} : { count_include_pad: countPadding ? 1 : 0 }),
    };
    return channelsFirst(request, request.inputs[0] as string, (x) => request.model.node(operator, [x], attributes));
  };

const resized =
  (attributes: Readonly<Record<string, Attribute>>): Translation<AttributesOf<"upsampleNearest">> =>
  (request) => {
    const {
      model,
      types,
      attributes: { factors },
    } = request;
    const [count, ...rest] = (types[0] as TensorType).shape as [number, ...number[]];
    const channels = rest.at(-1) as number;
    const extents = rest.slice(0, -1).map((extent, axis) => extent * (factors[axis] as number));
    return channelsFirst(request, request.inputs[0] as string, (x) =>
      model.node("Resize", [x, "", "", model.list([count, channels, ...extents])], attributes),
    );
  };

const swapLast = (model: OnnxModel, x: string, { shape }: TensorType): string => {
  const perm = shape.map((_, axis) => axis);
  return model.node("Transpose", [x], { perm: [...perm.slice(0, -2), perm.length - 1, perm.length - 2] });
};

/**
 * A recurrent operation. Ours is given its inputs already multiplied by the input weight, so ONNX is given the identity for
 * it; the gates are put into ONNX's order.
 * @param order which of our gates stands at each of ONNX's places.
 * @returns all states `N x T x H`, and the last cell state where there is one.
 */
function recurrent(
  request: Request<unknown>,
  operator: string,
  order: readonly number[],
  attributes: Readonly<Record<string, Attribute>>,
): string[] {
  const { model, inputs, types } = request;
  const [z, weight, ...rest] = inputs as [string, string, ...string[]];
  const [batch, times, all] = (types[0] as TensorType).shape as [number, number, number];
  const width = all / order.length;
  const rows = order.flatMap((gate) => Array.from({ length: width }, (_, unit) => gate * width + unit));
  const lead = (x: string): string => model.node("Unsqueeze", [x, model.list([0])]);
  // Row i of the input weight picks the number that our gate order has elsewhere.
  const pick = lead(model.node("OneHot", [model.list(rows), model.list([all]), request.pair(0, 1)], { axis: -1 })); // 1 x GH x GH
  const inner = lead(model.node("Gather", [model.node("Transpose", [weight], { perm: [1, 0] }), model.list(rows)], { axis: 0 })); // 1 x GH x H
  const bias =
    operator === "GRU"
      ? lead(
          model.node("Concat", [request.zeros(all), model.node("Gather", [rest[0] as string, model.list(rows)], { axis: 0 })], { axis: 0 }),
        )
      : "";
  const states = operator === "GRU" ? rest.slice(1) : rest;
  const sequence = model.node("Transpose", [z], { perm: [1, 0, 2] }); // T x N x GH
  const outputs = model.nodeOf(operator, [sequence, pick, inner, bias, "", ...states.map(lead)], operator === "LSTM" ? 3 : 2, {
    hidden_size: width,
    ...attributes,
  });
  const flat = model.node("Reshape", [outputs[0] as string, model.list([times, batch, width])]); // from T x 1 x N x H
  const result = [model.node("Transpose", [flat], { perm: [1, 0, 2] })];
  return operator === "LSTM" ? [...result, model.node("Squeeze", [outputs[2] as string, model.list([0])])] : result;
}

/** Every operation of a forward pass that has a translation. */
export const translations: { readonly [N in OperationName]?: Translation<AttributesOf<N>> } = {
  identity: same("Identity"),
  stopGradient: same("Identity"),
  neg: same("Neg"),
  abs: same("Abs"),
  sign: same("Sign"),
  reciprocal: same("Reciprocal"),
  floor: same("Floor"),
  ceil: same("Ceil"),
  round: same("Round"),
  exp: same("Exp"),
  log: same("Log"),
  sqrt: same("Sqrt"),
  sin: same("Sin"),
  cos: same("Cos"),
  tanh: same("Tanh"),
  erf: same("Erf"),
  relu: same("Relu"),
  sigmoid: same("Sigmoid"),
  softplus: same("Softplus"),
  logicalNot: same("Not"),
  add: same("Add"),
  sub: same("Sub"),
  mul: same("Mul"),
  div: same("Div"),
  pow: same("Pow"),
  maximum: same("Max"),
  minimum: same("Min"),
  equal: same("Equal"),
  less: same("Less"),
  lessEqual: same("LessOrEqual"),
  greater: same("Greater"),
  greaterEqual: same("GreaterOrEqual"),
  logicalAnd: same("And"),
  logicalOr: same("Or"),
  where: same("Where"),
  notEqual: ({ model, inputs }) => model.node("Not", [model.node("Equal", inputs)]),
  square: ({ model, inputs: [x] }) => model.node("Mul", [x as string, x as string]),
  rsqrt: ({ model, inputs }) => model.node("Reciprocal", [model.node("Sqrt", inputs)]),
  silu: ({ model, inputs: [x] }) => model.node("Mul", [x as string, model.node("Sigmoid", [x as string])]),
  step: ({ model, inputs: [x], output, number }) =>
    model.node("Cast", [model.node("Greater", [x as string, number(0)])], { to: elementTypes[output.dtype] }),
  leakyRelu: ({ model, inputs, attributes: { slope } }) => model.node("LeakyRelu", inputs, { alpha: { float: slope } }),
  elu: ({ model, inputs, attributes: { alpha } }) => model.node("Elu", inputs, { alpha: { float: alpha } }),
  gelu: ({ model, inputs: [x], attributes: { form }, number }) => {
    const value = x as string;
    const cubic = (): string =>
      model.node("Mul", [
        number(Math.sqrt(2 / Math.PI)),
        model.node("Add", [value, model.node("Mul", [number(0.044715), model.node("Pow", [value, number(3)])])]),
      ]);
    const bent = form === "exact" ? model.node("Erf", [model.node("Mul", [value, number(Math.SQRT1_2)])]) : model.node("Tanh", [cubic()]);
    return model.node("Mul", [model.node("Mul", [value, number(0.5)]), model.node("Add", [bent, number(1)])]);
  },
  cast: ({ model, inputs, attributes: { dtype } }) => model.node("Cast", inputs, { to: elementTypes[dtype] }),
  sum: reduced("ReduceSum"),
  max: reduced("ReduceMax"),
  min: reduced("ReduceMin"),
  prod: reduced("ReduceProd"),
  argMax: extreme("ArgMax"),
  argMin: extreme("ArgMin"),
  cumsum: ({ model, inputs: [x], attributes: { axis, reverse } }) =>
    model.node("CumSum", [x as string, model.list([axis])], { reverse: reverse ? 1 : 0 }),
  softmax: ({ model, inputs, attributes: { axis } }) => model.node("Softmax", inputs, { axis }),
  logSoftmax: ({ model, inputs, attributes: { axis } }) => model.node("LogSoftmax", inputs, { axis }),
  matmul: ({ model, inputs: [a, b], types: [typeA, typeB], attributes: { transposeA, transposeB } }) =>
    model.node("MatMul", [
      transposeA ? swapLast(model, a as string, typeA as TensorType) : (a as string),
      transposeB ? swapLast(model, b as string, typeB as TensorType) : (b as string),
    ]),
  conv: (request) => {
    const {
      model,
      inputs: [x, weight],
      types: [, kernel],
      attributes: { stride, pad, dilation, groups },
    } = request;
    const { shape } = kernel as TensorType;
    const first = kernelFirst(model, weight as string, shape.length);
    return channelsFirst(request, x as string, (image) =>
      model.node("Conv", [image, first], {
        kernel_shape: shape.slice(0, -2),
        strides: stride,
        pads: sides(pad),
        dilations: dilation,
        group: groups,
      }),
    );
  },
  convInputGradient: (request) => {
    const {
      model,
      inputs: [x, weight],
      types: [image, kernel],
      attributes: { stride, pad, dilation, groups, inputSpatial },
    } = request;
    const { shape } = kernel as TensorType;
    const first = kernelFirst(model, weight as string, shape.length);
    const spatial = (image as TensorType).shape.slice(1, -1);
    // What the stride leaves open at the end of each axis.
    const open = inputSpatial.map((extent, axis) => {
      const [before, after] = pad[axis] as readonly [number, number];
      return (
        extent -
        (((spatial[axis] as number) - 1) * (stride[axis] as number) +
          (dilation[axis] as number) * ((shape[axis] as number) - 1) +
          1 -
          before -
          after)
      );
    });
    return channelsFirst(request, x as string, (input) =>
      model.node("ConvTranspose", [input, first], {
        kernel_shape: shape.slice(0, -2),
        strides: stride,
        pads: sides(pad),
        dilations: dilation,
        group: groups,
        output_padding: open,
      }),
    );
  },
  maxPool: pooled("MaxPool"),
  avgPool: pooled("AveragePool"),
  upsampleNearest: resized({ mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }),
  upsampleBilinear: resized({ mode: "linear", coordinate_transformation_mode: "half_pixel" }),
  lrn: (request) => {
    const { size, alpha, beta, k } = request.attributes;
    // ONNX divides alpha by the size.
    return channelsFirst(request, request.inputs[0] as string, (x) =>
      request.model.node("LRN", [x], { size, alpha: { float: alpha * size }, beta: { float: beta }, bias: { float: k } }),
    );
  },
  layerNorm: ({ model, inputs, attributes: { epsilon } }) =>
    model.node("LayerNormalization", inputs, { axis: -1, epsilon: { float: epsilon } }),
  reshape: ({ model, inputs: [x], attributes: { shape } }) => model.node("Reshape", [x as string, model.list(shape)], { allowzero: 1 }),
  transpose: ({ model, inputs, attributes: { permutation } }) => model.node("Transpose", inputs, { perm: permutation }),
  broadcastTo: ({ model, inputs: [x], attributes: { shape } }) => model.node("Expand", [x as string, model.list(shape)]),
  concat: ({ model, inputs, attributes: { axis } }) => model.node("Concat", inputs, { axis }),
  slice: ({ model, inputs: [x], attributes: { starts, ends, steps } }) =>
    model.node("Slice", [x as string, model.list(starts), model.list(ends), model.list(starts.map((_, axis) => axis)), model.list(steps)]),
  pad: ({ model, inputs: [x], attributes: { pads, value }, number }) =>
    model.node("Pad", [x as string, model.list(sides(pads)), number(value)]),
  flip: ({ model, inputs: [x], attributes: { axes } }) =>
    model.node("Slice", [
      x as string,
      model.list(axes.map(() => -1)),
      model.list(axes.map(() => -(2 ** 31))),
      model.list(axes),
      model.list(axes.map(() => -1)),
    ]),
  gather: ({ model, inputs, attributes: { axis } }) => model.node("Gather", inputs, { axis }),
  // Gates i, f, g, o become i, o, f, g.
  lstm: (request) => recurrent(request, "LSTM", [0, 3, 1, 2], {}),
  // r, u, n become u, r, n; the recurrent bias is inside the reset, as in PyTorch.
  gru: (request) => recurrent(request, "GRU", [1, 0, 2], { linear_before_reset: 1 }),
  rnn: (request) =>
    recurrent(request, "RNN", [0], { activations: { texts: [request.attributes.activation === "tanh" ? "Tanh" : "Relu"] } }),
};
