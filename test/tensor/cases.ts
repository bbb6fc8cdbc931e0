import { readFileSync } from "node:fs";
import * as t from "../../std/tensor/index.js";
import { grad, Tensor, tensor } from "../../std/tensor/index.js";

export type Case = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** The penalty of Gulrajani et al. 2017: how far the gradient's length is from 1. Second order, with respect to images and weights. */
const penalty =
  (discriminator: (x: Tensor, ...weights: Tensor[]) => Tensor): Case =>
  (x, ...weights) => {
    const gradient = grad((inner) => t.sum(discriminator(inner, ...weights)))(x);
    const length = t.sqrt(t.add(t.sum(t.square(gradient), { axes: gradient.shape.map((_, axis) => axis).slice(1) }), 1e-12));
    return t.mean(t.square(t.sub(length, 1)));
  };

/** A critic of images: two strided convolutions with leaky rectifiers, `normal` after the second. */
const critic = (normal: (y: Tensor, scale: Tensor, shift: Tensor) => Tensor): Case =>
  penalty((x, a, b, w, c, scale, shift) => {
    const first = t.leakyRelu(t.add(t.conv(x, a, { stride: 2, pad: 1 }), b), 0.2); // N x 4 x 4 x 3
    const second = t.leakyRelu(normal(t.conv(first, w, { stride: 2, pad: 1 }), scale, shift), 0.2); // N x 2 x 2 x 4
    return t.matmul(t.flatten(second), c);
  });

const rowSums = (x: Tensor): Tensor => t.sum(x, { axes: 1, keepDims: true });

const pair = ({ y, h }: { y: Tensor; h: Tensor }): Tensor[] => [y, h];
const looks = ({ y, weights }: { y: Tensor; weights: Tensor }): Tensor[] => [y, weights];
const both = ({ values, indices }: t.Sorted): Tensor[] => [values, indices];

/** Our side of each case of test/reference/tensor_operations.py, by its name there. */
export const cases: Record<string, Case> = {
  neg: (x) => t.neg(x),
  abs: (x) => t.abs(x),
  sign: (x) => t.sign(x),
  square: (x) => t.square(x),
  floor: (x) => t.floor(x),
  ceil: (x) => t.ceil(x),
  round: (x) => t.round(x),
  exp: (x) => t.exp(x),
  sin: (x) => t.sin(x),
  cos: (x) => t.cos(x),
  tanh: (x) => t.tanh(x),
  erf: (x) => t.erf(x),
  relu: (x) => t.relu(x),
  sigmoid: (x) => t.sigmoid(x),
  softplus: (x) => t.softplus(x),
  silu: (x) => t.silu(x),
  selu: (x) => t.selu(x),
  elu: (x) => t.elu(x, 0.7),
  leakyRelu: (x) => t.leakyRelu(x, 0.2),
  "gelu exact": (x) => t.gelu(x),
  "gelu tanh": (x) => t.gelu(x, "tanh"),
  clamp: (x) => t.clamp(x, -0.5, 0.8),
  step: (x) => t.step(x),
  log: (x) => t.log(x),
  sqrt: (x) => t.sqrt(x),
  rsqrt: (x) => t.rsqrt(x),
  reciprocal: (x) => t.reciprocal(x),
  ...Object.fromEntries(
    [t.add, t.sub, t.mul, t.div, t.maximum, t.minimum].flatMap((f) =>
      ["same", "broadcast", "scalar"].map((kind): [string, Case] => [`${f.name} ${kind}`, (a, b) => f(a, b)]),
    ),
  ),
  pow: (a, b) => t.pow(a, b),
  "pow of zero": (a, b) => t.pow(a, b),
  "maximum ties": (a, b) => t.maximum(a, b),
  where: (c, a, b) => t.where(c, a, b),
  equal: (a, b) => t.equal(a, b),
  notEqual: (a, b) => t.notEqual(a, b),
  less: (a, b) => t.less(a, b),
  lessEqual: (a, b) => t.lessEqual(a, b),
  greater: (a, b) => t.greater(a, b),
  greaterEqual: (a, b) => t.greaterEqual(a, b),

  "sum all": (x) => t.sum(x),
  "sum axis": (x) => t.sum(x, { axes: 1 }),
  "sum axes keep": (x) => t.sum(x, { axes: [0, -1], keepDims: true }),
  mean: (x) => t.mean(x, { axes: [1, 2] }),
  max: (x) => t.max(x, { axes: 1 }),
  "max ties": (x) => t.max(x),
  min: (x) => t.min(x, { axes: [0, 2] }),
  prod: (x) => t.prod(x, { axes: 1 }),
  "prod with zero": (x) => t.prod(x),
  "prod with zeros": (x) => t.prod(x, { axes: 1 }),
  variance: (x) => t.variance(x, { axes: -1 }),
  "variance of a sample": (x) => t.variance(x, { axes: -1, correction: 1 }),
  argMax: (x) => t.argMax(x),
  argMin: (x) => t.argMin(x, 0),
  cumsum: (x) => t.cumsum(x, 1),
  softmax: (x) => t.softmax(x),
  "softmax axis": (x) => t.softmax(x, 1),
  logSoftmax: (x) => t.logSoftmax(x),
  crossEntropy: (x, labels) => t.softmaxCrossEntropy(x, labels),
  "crossEntropy ignore": (x, labels) => t.softmaxCrossEntropy(x, labels, { ignore: 0 }),

  matmul: (a, b) => t.matmul(a, b),
  "matmul transposed": (a, b) => t.matmul(a, b, { transposeA: true, transposeB: true }),
  "matmul batch": (a, b) => t.matmul(a, b),
  "matmul batch transposed": (a, b) => t.matmul(a, b, { transposeA: true, transposeB: true }),
  "matmul rows": (a, b) => t.matmul(a, b),
  "matmul vector": (a, b) => t.matmul(a, b),
  "einsum attention": (q, k) => t.einsum("bthd,bshd->bhts", q, k),
  "einsum three": (a, b, c) => t.einsum("ij,jk,k->i", a, b, c),
  "einsum outer": (a, b) => t.einsum("i,j", a, b),
  "einsum diagonal": (a) => t.einsum("bii->bi", a),
  "einsum dots": (a, b) => t.einsum("...ij,jk->...ik", a, b),
  "einsum sum": (a) => t.einsum("ij->j", a),

  reshape: (x) => t.reshape(x, [4, -1]),
  transpose: (x) => t.transpose(x, [2, 0, 1]),
  broadcastTo: (x) => t.broadcastTo(x, [2, 3, 4]),
  concat: (a, b) => t.concat([a, b], 1),
  stack: (a, b) => t.stack([a, b], 1),
  split: (x) => t.split(x, [1, 3], 1),
  slice: (x) => t.slice(x, [1, 0, 1], [2, 2, -1]),
  "slice steps": (x) => t.slice(x, [0, 1, 0], [2, 5, 6], [1, 2, 3]),
  pad: (x) => t.pad(x, [[0, 1], [1, 2]], 1.5), // prettier-ignore
  flip: (x) => t.flip(x, [0, 2]),
  gather: (x, indices) => t.gather(x, indices, 1),
  embedding: (weight, ids) => t.embedding(weight, ids),
  scatterAdd: (x, indices, updates) => t.scatterAdd(x, indices, updates),
  gatherAlong: (x, indices) => t.gatherAlong(x, indices),
  oneHot: (indices) => t.oneHot(indices, 4),
  sort: (x) => both(t.sort(x)),
  "sort descending": (x) => both(t.sort(x, { axis: 0, descending: true })),
  topK: (x) => both(t.topK(x, 2)),

  conv: (x, w) => t.conv(x, w),
  "conv stride pad": (x, w) => t.conv(x, w, { stride: [2, 1], pad: [1, 2] }),
  "conv sides": (x, w) => t.conv(x, w, { pad: [[0, 1], [2, 0]] }), // prettier-ignore
  "conv dilation": (x, w) => t.conv(x, w, { dilation: 2, pad: 1 }),
  "conv groups": (x, w) => t.conv(x, w, { groups: 2, stride: 2 }),
  "conv depthwise": (x, w) => t.conv(x, w, { groups: 3, pad: 1 }),
  "conv 1x1": (x, w) => t.conv(x, w),
  "conv 1-D": (x, w) => t.conv(x, w, { stride: 2, pad: 1 }),
  "conv 3-D": (x, w) => t.conv(x, w, { stride: [1, 2, 1], pad: 1 }),
  convTranspose: (x, w) => t.convTranspose(x, w, { stride: 2 }),
  "convTranspose pad": (x, w) => t.convTranspose(x, w, { stride: 2, pad: 1, outputPad: 1 }),
  "convTranspose groups": (x, w) => t.convTranspose(x, w, { stride: 2, pad: 1, groups: 2 }),
  "convTranspose 1-D": (x, w) => t.convTranspose(x, w, { stride: 3, dilation: 2 }),

  maxPool: (x) => t.maxPool(x, { size: 2 }),
  "maxPool overlap": (x) => t.maxPool(x, { size: 3, stride: 2, pad: 1 }),
  "maxPool 1-D": (x) => t.maxPool(x, { size: 3, stride: 2 }),
  "maxPool 3-D": (x) => t.maxPool(x, { size: 2 }),
  avgPool: (x) => t.avgPool(x, { size: 2 }),
  "avgPool pad": (x) => t.avgPool(x, { size: 3, stride: 2, pad: 1 }),
  "avgPool pad counted": (x) => t.avgPool(x, { size: 3, stride: 2, pad: 1, countPadding: true }),
  l2Pool: (x) => t.l2Pool(x, { size: 2 }),
  "upsample nearest": (x) => t.upsample(x),
  "upsample bilinear": (x) => t.upsample(x, { factor: [2, 3], mode: "bilinear" }),
  "upsample linear 1-D": (x) => t.upsample(x, { factor: 3, mode: "bilinear" }),

  batchNorm: (x, scale, shift) => t.batchNorm(x, scale, shift, { epsilon: 1e-3 }).y,
  "batchNorm rows": (x, scale, shift) => t.batchNorm(x, scale, shift).y,
  "batchNorm inference": (x, scale, shift, mean, variance) =>
    t.batchNormInference(x, scale, shift, { mean: t.stopGradient(mean), variance: t.stopGradient(variance) }),
  layerNorm: (x, scale, shift) => t.layerNorm(x, scale, shift),
  groupNorm: (x, scale, shift) => t.groupNorm(x, scale, shift, 2),
  instanceNorm: (x, scale, shift) => t.instanceNorm(x, scale, shift),
  rmsNorm: (x, scale) => t.rmsNorm(x, scale),
  lrn: (x) => t.lrn(x, { size: 5, alpha: 0.5, beta: 0.75, k: 2 }),
  "lrn even": (x) => t.lrn(x, { size: 4, alpha: 0.5, beta: 0.5, k: 1 }),

  lstm(x, w, u, b, more, h, c) {
    const result = t.lstm(x, w, u, t.add(b, more), { h: h, c: c });
    return [result.y, result.h, result.c];
  },
  gru: (x, w, u, b, more, h) => pair(t.gru(x, w, u, b, more, { h: h })),
  "rnn tanh": (x, w, u, b, more, h) => pair(t.rnn(x, w, u, t.add(b, more), { h: h })),
  "rnn relu": (x, w, u, b, more, h) => pair(t.rnn(x, w, u, t.add(b, more), { h: h, activation: "relu" })),
  attention: (q, k, v) => looks(t.attention(q, k, v)),
  "attention causal": (q, k, v) => looks(t.attention(q, k, v, { causal: true })),
  "attention masked": (q, k, v, mask) => looks(t.attention(q, k, v, { mask })),

  "penalty mlp": penalty((x, a, b, c) => t.matmul(t.tanh(t.add(t.matmul(x, a), b)), c)),
  "penalty conv": penalty((x, w, v) => t.matmul(t.flatten(t.maxPool(t.softplus(t.conv(x, w, { stride: 2, pad: 1 })), { size: 2 })), v)),
  "penalty batchNorm": penalty((x, w, scale, shift, c) => t.matmul(t.sigmoid(t.batchNorm(t.matmul(x, w), scale, shift).y), c)),
  "penalty layerNorm": penalty((x, w, scale, shift, c) => t.matmul(t.sigmoid(t.layerNorm(t.matmul(x, w), scale, shift)), c)),
  "penalty lrn": penalty((x, w) => t.sum(t.lrn(t.conv(x, w), { size: 3, alpha: 0.5, beta: 0.75, k: 2 }))),
  "penalty softmax": penalty((x, w) => {
    const z = t.matmul(x, w);
    const rows = t.add(t.sum(z, { axes: 1 }), t.mul(t.select(t.softmax(z), 1, 0), 3));
    return t.add(rows, t.select(t.logSoftmax(z), 1, 1));
  }),
  "penalty crossEntropy": penalty((x, w) => t.softmaxCrossEntropy(t.matmul(x, w), tensor([0, 2, 1], { dtype: "i32" }))),
  "penalty attention": penalty((x, a, b) => t.sum(t.square(t.attention(t.matmul(x, a), t.matmul(x, b), x).y))),
  "penalty critic": critic((y) => y),
  "penalty critic batchNorm": critic((y, scale, shift) => t.batchNorm(y, scale, shift).y),
  "penalty critic layerNorm": critic((y, scale, shift) => t.layerNorm(y, scale, shift)),
  "penalty critic groupNorm": critic((y, scale, shift) => t.groupNorm(y, scale, shift, 2)),
  "penalty critic instanceNorm": critic((y, scale, shift) => t.instanceNorm(y, scale, shift)),
  "penalty lstm": penalty((x, w, u, b, more, v, h, c) => {
    const last = t.lstm(x, w, u, t.add(b, more), { h: h, c: c });
    return t.add(t.matmul(t.flatten(last.y), v), t.add(rowSums(last.h), rowSums(last.c)));
  }),
  "penalty gru": penalty((x, w, u, b, more, v, h) => {
    const last = t.gru(x, w, u, b, more, { h: h });
    return t.add(t.matmul(t.flatten(last.y), v), rowSums(last.h));
  }),
  "penalty rnn": penalty((x, w, u, b, more, v, h) => {
    const last = t.rnn(x, w, u, t.add(b, more), { h: h });
    return t.add(t.matmul(t.flatten(last.y), v), rowSums(last.h));
  }),
};

export interface Entry {
  readonly shape: number[];
  readonly dtype: t.DType;
  /** Null where PyTorch gives NaN, in gradients of second order only. */
  readonly data: (number | null)[];
}

export interface Reference {
  readonly inputs: Entry[];
  readonly outputs: Entry[];
  readonly incoming: (Entry | null)[];
  readonly gradients: Entry[];
  /** Of second order: what the gradients are weighed by, and the gradient of their sum; null where they are constant. */
  readonly weights: Entry[];
  readonly second: Entry[] | null;
}

export const references: Record<string, Reference> = (
  JSON.parse(readFileSync(new URL("../reference/fixtures/tensor-operations.json", import.meta.url), "utf8")) as {
    cases: Record<string, Reference>;
  }
).cases;

/** A tensor of the fixture; floating ones in the given precision. */
export function fromEntry({ shape, dtype, data }: Entry, floating: "f32" | "f64"): Tensor {
  return tensor(data.map(Number), { shape, dtype: dtype === "f64" ? floating : dtype });
}

/** The outputs and the sum of them that is differentiated: each output with a gradient, weighed by what comes in for it. */
export function outputsAndTotal(
  name: string,
  inputs: readonly Tensor[],
  floating: "f32" | "f64",
): { outputs: readonly Tensor[]; total: Tensor | null } {
  const result = (cases[name] as Case)(...inputs);
  const outputs = result instanceof Tensor ? [result] : result;
  const terms = outputs.flatMap((output, at) => {
    const incoming = (references[name] as Reference).incoming[at];
    return incoming === null || incoming === undefined ? [] : [t.sum(t.mul(output, fromEntry(incoming, floating)))];
  });
  return { outputs, total: terms.length === 0 ? null : terms.reduce((all, term) => t.add(all, term)) };
}

/** The gradients of that sum, weighed and added up: what is differentiated for the second order. */
export function weighedGradients(name: string, inputs: readonly Tensor[], floating: "f32" | "f64"): Tensor {
  const { total } = outputsAndTotal(name, inputs, floating);
  const found = t.gradients(
    total as Tensor,
    inputs.filter(({ dtype }) => dtype === floating),
  );
  const terms = (references[name] as Reference).weights.map((weight, at) => t.sum(t.mul(found[at] as Tensor, fromEntry(weight, floating))));
  return terms.reduce((all, term) => t.add(all, term));
}
