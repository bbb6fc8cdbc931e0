import type { LayerDefinition } from "./definition.js";
import { elu } from "./activation/elu.js";
import { gelu } from "./activation/gelu.js";
import { leakyrelu } from "./activation/leakyrelu.js";
import { logsoftmax } from "./activation/logsoftmax.js";
import { relu } from "./activation/relu.js";
import { relu6 } from "./activation/relu6.js";
import { selu } from "./activation/selu.js";
import { sigmoid } from "./activation/sigmoid.js";
import { silu } from "./activation/silu.js";
import { softmax } from "./activation/softmax.js";
import { softplus } from "./activation/softplus.js";
import { step } from "./activation/step.js";
import { tanh } from "./activation/tanh.js";
import { attention } from "./attention/attention.js";
import { positions } from "./attention/positions.js";
import { token } from "./attention/token.js";
import { add } from "./combination/add.js";
import { concat } from "./combination/concat.js";
import { mul } from "./combination/mul.js";
import { conv } from "./convolution/conv.js";
import { dwconv } from "./convolution/dwconv.js";
import { upconv } from "./convolution/upconv.js";
import { dense } from "./dense/dense.js";
import { embedding } from "./dense/embedding.js";
import { dropout } from "./dropout/dropout.js";
import { spatialdropout } from "./dropout/spatialdropout.js";
import { abs } from "./formula/abs.js";
import { cos } from "./formula/cos.js";
import { exp } from "./formula/exp.js";
import { log } from "./formula/log.js";
import { max } from "./formula/max.js";
import { mean } from "./formula/mean.js";
import { min } from "./formula/min.js";
import { normal } from "./formula/normal.js";
import { sin } from "./formula/sin.js";
import { sqrt } from "./formula/sqrt.js";
import { square } from "./formula/square.js";
import { sum } from "./formula/sum.js";
import { uniform } from "./formula/uniform.js";
import { bn } from "./normalisation/bn.js";
import { groupnorm } from "./normalisation/groupnorm.js";
import { instancenorm } from "./normalisation/instancenorm.js";
import { layernorm } from "./normalisation/layernorm.js";
import { lrn } from "./normalisation/lrn.js";
import { rmsnorm } from "./normalisation/rmsnorm.js";
import { avgpool } from "./pooling/avgpool.js";
import { gap } from "./pooling/gap.js";
import { gmp } from "./pooling/gmp.js";
import { l2pool } from "./pooling/l2pool.js";
import { maxpool } from "./pooling/maxpool.js";
import { gru } from "./recurrent/gru.js";
import { lstm } from "./recurrent/lstm.js";
import { rnn } from "./recurrent/rnn.js";
import { crop } from "./shape/crop.js";
import { first } from "./shape/first.js";
import { flatten } from "./shape/flatten.js";
import { last } from "./shape/last.js";
import { reshape } from "./shape/reshape.js";
import { transpose } from "./shape/transpose.js";
import { upsample } from "./shape/upsample.js";

/** Every layer, in the order of the reference page. A new layer is a file of its own and a line here. */
export const layers: readonly LayerDefinition[] = [
  dense,
  embedding,
  conv,
  dwconv,
  upconv,
  maxpool,
  avgpool,
  l2pool,
  gap,
  gmp,
  bn,
  layernorm,
  groupnorm,
  instancenorm,
  rmsnorm,
  lrn,
  dropout,
  spatialdropout,
  rnn,
  lstm,
  gru,
  attention,
  positions,
  token,
  flatten,
  reshape,
  transpose,
  crop,
  upsample,
  first,
  last,
  concat,
  add,
  mul,
  relu,
  leakyrelu,
  relu6,
  elu,
  selu,
  gelu,
  silu,
  softplus,
  sigmoid,
  tanh,
  step,
  softmax,
  logsoftmax,
  sqrt,
  square,
  abs,
  exp,
  log,
  sin,
  cos,
  sum,
  mean,
  max,
  min,
  normal,
  uniform,
].flat();
