import { describe, expect, test } from "vitest";
import * as t from "../../std/tensor/index.js";
import { LamellaError, ShapeError } from "../../std/errors.js";

const f32 = (...shape: number[]): t.Tensor => t.zeros(shape);
const i32 = (...values: number[]): t.Tensor => t.tensor(values, { dtype: "i32" });

/** What is wrong, and the whole message: who, what arrived, what must hold. */
const wrongShapes: [what: string, f: () => unknown, message: string][] = [
  [
    "add",
    () => t.add(f32(2, 3), f32(4)),
    "add: shapes 2x3 and 4 do not broadcast: axis 1 is 3 on the left and 4 on the right; they must be equal, or one of them 1",
  ],
  [
    "where",
    () => t.where(t.less(f32(2), 1), f32(3), f32(3)),
    "where: shapes 2 and 3 do not broadcast: axis 0 is 2 on the left and 3 on the right; they must be equal, or one of them 1",
  ],
  ["sum", () => t.sum(f32(2, 3), { axes: 2 }), "sum: axis 2 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["sum twice", () => t.sum(f32(2, 3), { axes: [1, -1] }), "sum: an axis is named twice in 1, -1"],
  ["max of nothing", () => t.max(f32(2, 0), { axes: 1 }), "max: an empty axis has no largest number; the shape is 2x0"],
  [
    "matmul",
    () => t.matmul(f32(2, 3), f32(4, 5)),
    "matmul: 2x3 times 4x5: the rows on the left have 3 numbers, the columns on the right 4; they must be equal",
  ],
  [
    "matmul transposed",
    () => t.matmul(f32(2, 3), f32(5, 4), { transposeB: true }),
    "matmul: 2x3 times 5x4 transposed: the rows on the left have 3 numbers, the columns on the right 4; they must be equal",
  ],
  [
    "matmul batch",
    () => t.matmul(f32(2, 3, 4), f32(3, 4, 5)),
    "matmul (batch axes): shapes 2 and 3 do not broadcast: axis 0 is 2 on the left and 3 on the right; they must be equal, or one of them 1",
  ],
  ["einsum terms", () => t.einsum("ij,jk->ik", f32(2, 3)), 'einsum "ij,jk->ik": there are 2 terms, but 1 operands'],
  ["einsum rank", () => t.einsum("ij->i", f32(2)), 'einsum "ij->i": the term "ij" names 2 axes, but operand 0 is 2'],
  [
    "einsum extents",
    () => t.einsum("ij,jk->ik", f32(2, 3), f32(4, 5)),
    'einsum "ij,jk->ik": axis j is 3 in one operand and 4 in another (2x3, 4x5)',
  ],
  ["reshape", () => t.reshape(f32(2, 3), [4]), "reshape: 2x3 holds 6 numbers, but 4 needs 4; the two must be equal"],
  ["reshape -1", () => t.reshape(f32(2, 3), [4, -1]), "reshape: 2x3 holds 6 numbers, which do not divide into 4x-1"],
  ["transpose", () => t.transpose(f32(2, 3), [0, 0]), "transpose: 0, 0 must name each of the 2 axes of 2x3 once"],
  [
    "broadcastTo",
    () => t.broadcastTo(f32(2), [3]),
    "broadcastTo: 2 does not broadcast to 3; aligned at the last axis, extents must be equal or 1",
  ],
  ["squeeze", () => t.squeeze(f32(2, 1), 0), "squeeze: axis 0 of 2x1 has extent 2; only an axis of extent 1 can be dropped"],
  [
    "concat",
    () => t.concat([f32(2, 3), f32(3, 3)]),
    "concat: tensor 0 is 2x3, tensor 1 is 3x3; on every axis but axis 1 they must be equal",
  ],
  ["split", () => t.split(f32(2, 5), 2), "split: axis 1 of 2x5 has 5 entries, which do not divide into 2 equal parts"],
  [
    "slice",
    () => t.slice(f32(2, 3), [0, 1], [2, 4]),
    "slice: from 1 to 4 by 1 does not lie within axis 1 of 2x3, which has entries 0 to 2",
  ],
  [
    "pad",
    () => t.pad(f32(2), [[-1, 0]]),
    "pad: axis 0 gets -1 and 0 entries; these must be whole and not negative (slice takes entries away)",
  ],
  ["gather", () => t.gather(f32(2), f32(1)), "gather: indices are whole numbers (i32), but these are f32; cast them"],
  [
    "conv channels",
    () => t.conv(f32(1, 8, 8, 3), f32(3, 3, 4, 5)),
    "conv: the image 1x8x8x3 has 3 channels, so the weight must have 3 input channels, but it is 3x3x4x5 (kernel x input channels x output channels)",
  ],
  [
    "conv groups",
    () => t.conv(f32(1, 8, 8, 3), f32(3, 3, 1, 4), { groups: 2 }),
    "conv: 2 groups must divide the 3 channels in and the 4 channels out",
  ],
  [
    "conv window",
    () => t.conv(f32(1, 2, 2, 1), f32(5, 5, 1, 1), { pad: 1 }),
    "conv: a window of 5x5 does not fit into 2x2 with padding 1 and 1: axis 0 has 4 entries, the window needs 5",
  ],
  ["conv rank", () => t.conv(f32(8, 8), f32(3, 3)), "conv: an image batch is N x 1 to 3 spatial axes x channels, but this is 8x8"],
  [
    "conv stride",
    () => t.conv(f32(1, 8, 8, 1), f32(3, 3, 1, 1), { stride: 0 }),
    "conv: stride must be whole numbers from 1 on, but 0 arrived",
  ],
  [
    "convTranspose",
    () => t.convTranspose(f32(1, 4, 4, 2), f32(2, 2, 3, 3)),
    "convTranspose: the image 1x4x4x2 has 2 channels, so the weight must have 2 as its last extent, in 1 groups, but it is 2x2x3x3 (kernel x output channels x input channels)",
  ],
  [
    "maxPool",
    () => t.maxPool(f32(1, 4, 4, 1), { size: 2, pad: 2 }),
    "maxPool: padding 2 and 2 on axis 0 must be smaller than the window, 2x2: a window may not lie outside the image",
  ],
  [
    "batchNorm",
    () => t.batchNorm(f32(2, 3), f32(4), f32(3)),
    "batchNorm: 2x3 has 3 channels, so scale must hold as many numbers, but it is 4",
  ],
  [
    "layerNorm",
    () => t.layerNorm(f32(2, 3), f32(3), f32(2)),
    "layerNorm: the last axis of 2x3 has 3 numbers, so shift must hold as many, but it is 2",
  ],
  ["groupNorm", () => t.groupNorm(f32(2, 4, 3), f32(3), f32(3), 2), "groupNorm: 2 groups do not divide the 3 channels of 2x4x3"],
  [
    "lstm",
    () => t.lstm(f32(2, 4, 3), f32(4, 8), f32(2, 8), null),
    "lstm: with inputs of 3 features and H = 2 the input weight must be 3x8 (D x 4H), but it is 4x8",
  ],
  ["attention", () => t.attention(f32(3, 4), f32(3, 5), f32(3, 5)), "attention: queries 3x4 and keys 3x5 must have equally many features"],
  [
    "softmaxCrossEntropy",
    () => t.softmaxCrossEntropy(f32(5, 3), i32(1, 2)),
    "softmaxCrossEntropy: logits of 5x3 need labels of 5, but they are 2",
  ],
  ["topK", () => t.topK(f32(2, 3), 4), "topK: k must be from 1 to 3, the extent of axis 1 of 2x3, but it is 4"],
  ["prod", () => t.prod(f32(2, 3), { axes: -3 }), "prod: axis -3 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["argMax of nothing", () => t.argMax(f32(2, 0)), "argMax: axis 1 of 2x0 is empty"],
  ["cumsum", () => t.cumsum(f32(2, 3), 2), "cumsum: axis 2 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["softmax", () => t.softmax(f32(2, 3), 2), "softmax: axis 2 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["logSoftmax", () => t.logSoftmax(f32(2, 3), -3), "logSoftmax: axis -3 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["sort", () => t.sort(f32(2, 3), { axis: 2 }), "sort: axis 2 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["stack", () => t.stack([f32(2, 3), f32(2, 2)]), "stack: tensor 0 is 2x3, tensor 1 is 2x2; they must be equal"],
  ["split parts", () => t.split(f32(2, 5), [2, 2], 1), "split: parts of 2, 2 add up to 4, but axis 1 of 2x5 has 5 entries"],
  ["flip", () => t.flip(f32(2, 3), 2), "flip: axis 2 is out of range for a tensor of rank 2 (from -2 to 1)"],
  ["select", () => t.select(f32(2, 3), 1, 3), "select: 3 is no entry of axis 1 of 2x3, which has entries 0 to 2"],
  [
    "scatterAdd indices",
    () => t.scatterAdd(f32(4, 2), i32(0, 1), f32(3, 2)),
    "scatterAdd: the indices are 2, but the updates 3x2 have 3 from axis 0 on; the two must be equal",
  ],
  [
    "scatterAdd updates",
    () => t.scatterAdd(f32(4, 2), i32(0, 1), f32(2, 3)),
    "scatterAdd: updates of 2x3 at axis 0 make 4x3, but x is 4x2",
  ],
  [
    "gatherAlong",
    () => t.gatherAlong(f32(2, 4), t.zeros([3, 2], "i32")),
    "gatherAlong: x is 2x4, the indices 3x2; on every axis but axis 1 they must be equal",
  ],
  ["oneHot", () => t.oneHot(f32(2), 3), "oneHot: indices are whole numbers (i32), but these are f32; cast them"],
  ["embedding", () => t.embedding(f32(2, 3, 4), i32(0)), "embedding: the table has one row per id (V x D), but it is 2x3x4"],
  [
    "conv 1-D",
    () => t.conv(f32(2, 5, 3), f32(7, 3, 4)),
    "conv: a window of 7 does not fit into 5: axis 0 has 5 entries, the window needs 7",
  ],
  [
    "conv 3-D",
    () => t.conv(f32(1, 4, 4, 4, 2), f32(3, 3, 2, 5)),
    "conv: the image 1x4x4x4x2 has 3 spatial axes, but the weight 3x3x2x5 has 2 kernel axes",
  ],
  [
    "conv pad",
    () => t.conv(f32(1, 8, 8, 1), f32(3, 3, 1, 1), { pad: -1 }),
    "conv: pad must be whole numbers from 0 on, but -1, -1 arrived",
  ],
  [
    "convTranspose outputPad",
    () => t.convTranspose(f32(1, 4, 4, 2), f32(3, 3, 3, 2), { stride: 2, outputPad: 2 }),
    "convTranspose: outputPad must be from 0 to stride - 1 = 1, but 2 arrived",
  ],
  ["avgPool", () => t.avgPool(f32(4, 4), { size: 2 }), "avgPool: an image batch is N x 1 to 3 spatial axes x channels, but this is 4x4"],
  [
    "l2Pool",
    () => t.l2Pool(f32(1, 2, 2, 3), { size: 3 }),
    "l2Pool: a window of 3x3 does not fit into 2x2: axis 0 has 2 entries, the window needs 3",
  ],
  ["upsample", () => t.upsample(f32(2, 3)), "upsample: an image batch is N x 1 to 3 spatial axes x channels, but this is 2x3"],
  [
    "upsample factor",
    () => t.upsample(f32(1, 2, 2, 3), { factor: [2, 2, 2] }),
    "upsample: factor has 3 entries, but the image has 2 spatial axes",
  ],
  [
    "groupNorm scale",
    () => t.groupNorm(f32(2, 4, 4), f32(3), f32(4), 2),
    "groupNorm: 2x4x4 has 4 channels, so scale must hold as many numbers, but it is 3",
  ],
  [
    "instanceNorm",
    () => t.instanceNorm(f32(2, 3), f32(3), f32(3)),
    "instanceNorm: a batch of images is N x ...spatial x channels, but this is 2x3",
  ],
  [
    "instanceNorm shift",
    () => t.instanceNorm(f32(2, 5, 3), f32(3), f32(1)),
    "instanceNorm: 2x5x3 has 3 channels, so shift must hold as many numbers, but it is 1",
  ],
  ["rmsNorm", () => t.rmsNorm(f32(2, 3), f32(2)), "rmsNorm: 2x3 has 3 channels, so scale must hold as many numbers, but it is 2"],
  ["lrn", () => t.lrn(f32(1, 2, 2, 3), { size: 0 }), "lrn: size is the number of channels a sum goes over, at least 1, but it is 0"],
  [
    "batchNormInference",
    () => t.batchNormInference(f32(2, 3), f32(3), f32(3), { mean: f32(2), variance: f32(3) }),
    "batchNormInference: 2x3 has 3 channels, so mean must hold as many numbers, but it is 2",
  ],
  [
    "gru",
    () => t.gru(f32(2, 4, 3), f32(3, 6), f32(2, 6), null, f32(5)),
    "gru: with H = 2 the recurrent bias must hold 6 numbers (3H), but it is 5",
  ],
  [
    "rnn",
    () => t.rnn(f32(2, 3), f32(3, 2), f32(2, 2), null),
    "rnn: a batch of sequences is N x T x D with T of at least 1, but this is 2x3",
  ],
  [
    "rnn state",
    () => t.rnn(f32(2, 4, 3), f32(3, 2), f32(2, 2), null, { h: f32(3, 2) }),
    "rnn: the initial state must be 2x2 (N x H), but it is 3x2",
  ],
  ["lstm recurrent", () => t.lstm(f32(2, 4, 3), f32(3, 8), f32(2, 6), null), "lstm: the recurrent weight is H x 4H, but this is 2x6"],
  ["attention values", () => t.attention(f32(3, 4), f32(5, 4), f32(6, 4)), "attention: there are 5 keys (5x4), but 6 values (6x4)"],
  [
    "attention mask",
    () => t.attention(f32(3, 4), f32(5, 4), f32(5, 4), { mask: t.less(f32(4, 5), 1) }),
    "attention (mask): shapes 4x5 and 3x5 do not broadcast: axis 0 is 4 on the left and 3 on the right; they must be equal, or one of them 1",
  ],
];

describe("wrong shapes are refused with the whole story", () => {
  test.each(wrongShapes)("%s", (_, f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(new ShapeError(message));
  });
});

const outOfRange: [what: string, f: () => unknown, message: string][] = [
  [
    "gather",
    () => t.gather(f32(3, 2), t.tensor([[0, 1], [2, 3]], { dtype: "i32" })), // prettier-ignore
    "gather: index 3 at position 1, 1 is out of range; it must be from 0 to 2",
  ],
  ["embedding", () => t.embedding(f32(10, 2), i32(4, -1)), "embedding: index -1 at position 1 is out of range; it must be from 0 to 9"],
  ["oneHot", () => t.oneHot(i32(0, 4), 4), "oneHot: index 4 at position 1 is out of range; it must be from 0 to 3"],
  [
    "labels",
    () => t.softmaxCrossEntropy(f32(2, 3), i32(2, 7)),
    "softmaxCrossEntropy: label 7 at position 1 is out of range; it must be from 0 to 2",
  ],
  ["scatterAdd", () => t.scatterAdd(f32(3), i32(5), f32(1)), "scatterAdd: index 5 at position 0 is out of range; it must be from 0 to 2"],
];

describe("an index that is out of range is named with its position and the range", () => {
  test.each(outOfRange)("%s", (_, f, message) => {
    expect(f).toThrow(new LamellaError(message));
  });
});

test("a symbolic tensor has no value to read", () => {
  expect(() => t.trace((x) => t.mul(x, x.data[0] as number), [{ shape: [2], dtype: "f32" }])).toThrow(/^this tensor has no value yet/);
});
