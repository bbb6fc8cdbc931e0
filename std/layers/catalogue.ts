import type { LayerDefinition } from "./definition.js";
import { relu } from "./activation/relu.js";
import { relu6 } from "./activation/relu6.js";
import { selu } from "./activation/selu.js";
import { sigmoid } from "./activation/sigmoid.js";
import { silu } from "./activation/silu.js";
import { softmax } from "./activation/softmax.js";
import { softplus } from "./activation/softplus.js";
import { step } from "./activation/step.js";
import { tanh } from "./activation/tanh.js";
import { conv } from "./convolution/conv.js";
import { dense } from "./dense/dense.js";
import { dropout } from "./dropout/dropout.js";
import { avgpool } from "./pooling/avgpool.js";
import { maxpool } from "./pooling/maxpool.js";
import { flatten } from "./shape/flatten.js";

/** Every layer, in the order of the reference page. A new layer is a file of its own and a line here. */
export const layers: readonly LayerDefinition[] = [
  dense,
  conv,
  maxpool,
  avgpool,
  dropout,
  flatten,
  relu,
  relu6,
  selu,
  silu,
  softplus,
  sigmoid,
  tanh,
  step,
  softmax,
];
