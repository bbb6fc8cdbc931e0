import * as activations from "./activations.js";
import * as argExtremes from "./arg-extremes.js";
import * as arithmetic from "./arithmetic.js";
import * as batchNorms from "./batch-norm.js";
import * as casts from "./cast.js";
import * as comparison from "./comparison.js";
import * as convolution from "./convolution.js";
import * as crossEntropy from "./cross-entropy.js";
import * as cumulative from "./cumulative.js";
import * as exponential from "./exponential.js";
import * as gru from "./gru.js";
import * as indexing from "./indexing.js";
import * as joining from "./joining.js";
import * as layerNorms from "./layer-norm.js";
import * as lrn from "./lrn.js";
import * as lstm from "./lstm.js";
import * as matrix from "./matmul.js";
import * as pooling from "./pooling.js";
import * as randomNumbers from "./random-uniform.js";
import * as reductions from "./reductions.js";
import * as reshaping from "./reshaping.js";
import * as rnn from "./rnn.js";
import * as selection from "./selection.js";
import * as slicing from "./slicing.js";
import * as softmaxes from "./softmax.js";
import * as sorting from "./sorting.js";
import * as upsampling from "./upsampling.js";
import type { Operation } from "../operation.js";

/**
 * The table of operations. What executes graphs covers every entry: `Record<OperationName, …>` is then exhaustive, and
 * the compiler proves it. Everything else in `operations` is composed of these.
 */
export const operations = {
  // element-wise, one operand
  cast: casts.castOperation,
  identity: casts.identityOperation,
  stopGradient: casts.stopGradientOperation,
  neg: arithmetic.negOperation,
  abs: arithmetic.absOperation,
  sign: arithmetic.signOperation,
  square: arithmetic.squareOperation,
  reciprocal: arithmetic.reciprocalOperation,
  floor: arithmetic.floorOperation,
  ceil: arithmetic.ceilOperation,
  round: arithmetic.roundOperation,
  exp: exponential.expOperation,
  log: exponential.logOperation,
  sqrt: exponential.sqrtOperation,
  rsqrt: exponential.rsqrtOperation,
  sin: exponential.sinOperation,
  cos: exponential.cosOperation,
  tanh: exponential.tanhOperation,
  erf: exponential.erfOperation,
  step: activations.stepOperation,
  relu: activations.reluOperation,
  sigmoid: activations.sigmoidOperation,
  softplus: activations.softplusOperation,
  silu: activations.siluOperation,
  leakyRelu: activations.leakyReluOperation,
  elu: activations.eluOperation,
  gelu: activations.geluOperation,
  logicalNot: comparison.logicalNotOperation,
  isFinite: comparison.isFiniteOperation,
  // element-wise, operands broadcast
  add: arithmetic.addOperation,
  sub: arithmetic.subOperation,
  mul: arithmetic.mulOperation,
  div: arithmetic.divOperation,
  pow: arithmetic.powOperation,
  maximum: arithmetic.maximumOperation,
  minimum: arithmetic.minimumOperation,
  equal: comparison.equalOperation,
  notEqual: comparison.notEqualOperation,
  less: comparison.lessOperation,
  lessEqual: comparison.lessEqualOperation,
  greater: comparison.greaterOperation,
  greaterEqual: comparison.greaterEqualOperation,
  logicalAnd: comparison.logicalAndOperation,
  logicalOr: comparison.logicalOrOperation,
  where: selection.whereOperation,
  // along axes
  sum: reductions.sumOperation,
  max: reductions.maxOperation,
  min: reductions.minOperation,
  prod: reductions.prodOperation,
  productOfOthers: reductions.productOfOthersOperation,
  argMax: argExtremes.argMaxOperation,
  argMin: argExtremes.argMinOperation,
  cumsum: cumulative.cumsumOperation,
  softmax: softmaxes.softmaxOperation,
  softmaxGradient: softmaxes.softmaxGradientOperation,
  logSoftmax: softmaxes.logSoftmaxOperation,
  logSoftmaxGradient: softmaxes.logSoftmaxGradientOperation,
  softmaxCrossEntropy: crossEntropy.softmaxCrossEntropyOperation,
  softmaxCrossEntropyGradient: crossEntropy.softmaxCrossEntropyGradientOperation,
  // products
  matmul: matrix.matmulOperation,
  conv: convolution.convOperation,
  convInputGradient: convolution.convInputGradientOperation,
  convWeightGradient: convolution.convWeightGradientOperation,
  // layout
  reshape: reshaping.reshapeOperation,
  transpose: reshaping.transposeOperation,
  broadcastTo: reshaping.broadcastToOperation,
  concat: joining.concatOperation,
  slice: slicing.sliceOperation,
  pad: slicing.padOperation,
  flip: slicing.flipOperation,
  gather: indexing.gatherOperation,
  scatterAdd: indexing.scatterAddOperation,
  gatherAlong: indexing.gatherAlongOperation,
  scatterAlong: indexing.scatterAlongOperation,
  oneHot: indexing.oneHotOperation,
  // windows
  maxPool: pooling.maxPoolOperation,
  maxPoolGradient: pooling.maxPoolGradientOperation,
  maxPoolPick: pooling.maxPoolPickOperation,
  avgPool: pooling.avgPoolOperation,
  avgPoolGradient: pooling.avgPoolGradientOperation,
  upsampleNearest: upsampling.upsampleNearestOperation,
  upsampleBilinear: upsampling.upsampleBilinearOperation,
  upsampleBilinearGradient: upsampling.upsampleBilinearGradientOperation,
  // normalisation
  batchNorm: batchNorms.batchNormOperation,
  batchNormGradient: batchNorms.batchNormGradientOperation,
  layerNorm: layerNorms.layerNormOperation,
  layerNormGradient: layerNorms.layerNormGradientOperation,
  lrn: lrn.lrnOperation,
  lrnGradient: lrn.lrnGradientOperation,
  // sequences
  lstm: lstm.lstmOperation,
  lstmGradient: lstm.lstmGradientOperation,
  gru: gru.gruOperation,
  gruGradient: gru.gruGradientOperation,
  rnn: rnn.rnnOperation,
  rnnGradient: rnn.rnnGradientOperation,
  // the rest
  sort: sorting.sortOperation,
  randomUniform: randomNumbers.randomUniformOperation,
} as const;

export type OperationName = keyof typeof operations;
/** The attributes of the operation of a name. */
export type AttributesOf<N extends OperationName> = (typeof operations)[N] extends Operation<infer A> ? A : never;
