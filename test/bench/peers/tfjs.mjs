// Times one workload in TensorFlow.js: node tfjs.mjs WORKLOAD cpu|wasm; serve.mjs says how it is asked.
import { createRequire, register } from "node:module";
import path from "node:path";
import process from "node:process";
import { serve } from "../serve.mjs";
import { exampleBatch, models, startingValues } from "./models.mjs";

const [name, backend] = process.argv.slice(2);
const model = models[name];
// Its advertisement for another package, and its warnings, are no part of an answer.
for (const level of ["log", "info", "warn"]) console[level] = () => {};
const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs-core");
register("./tfjs-modules.mjs", import.meta.url);
await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
if (backend === "wasm") {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}${path.sep}`);
} else require("@tensorflow/tfjs-backend-cpu");
await tf.setBackend(backend);
await tf.ready();

const { inputShape, inputs, labelShape, labels } = exampleBatch(model);
const x = tf.tensor(inputs, inputShape);
const y = tf.tensor(labels, labelShape);
const parameters = [];
let next = 0;

const nn = {
  spatial: [1, 2],
  shape: (z) => z.shape,
  channels: (z) => z.shape.at(-1),
  perChannel: (z) => z,
  parameter: (shape, scale, kind) => {
    const at = next++;
    parameters[at] ??= tf.variable(tf.tensor(startingValues(shape, scale, kind, 100 + at), shape));
    return parameters[at];
  },
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  matmul: (a, b) => tf.matMul(a, b),
  relu: (z) => tf.relu(z),
  tanh: (z) => tf.tanh(z),
  sigmoid: (z) => tf.sigmoid(z),
  rsqrt: (z) => tf.rsqrt(z),
  softmax: (z) => tf.softmax(z),
  mean: (z, axes, keep = false) => tf.mean(z, axes, keep),
  reshape: (z, shape) => tf.reshape(z, shape),
  transpose: (z, order) => tf.transpose(z, order),
  slice: (z, begin, size) => tf.slice(z, begin, size),
  concatChannels: (a, b) => tf.concat([a, b], -1),
  conv: (z, window, stride, pad) => tf.conv2d(z, window, stride, pad),
  // The transposed window's own order in TensorFlow.js is that of ours: height, width, out, in.
  convTranspose: (z, window, stride) => {
    const [batch, height, width] = z.shape;
    return tf.conv2dTranspose(z, window, [batch, height * stride, width * stride, window.shape[2]], stride, "valid");
  },
  maxPool: (z, size, stride) => tf.maxPool(z, size, stride, "valid"),
  lrn: (z) => tf.localResponseNormalization(z, 2, 1, 1e-4 / 5, 0.75),
  dropout: (z, rate) => tf.dropout(z, rate),
};

const optimizers = { sgd: () => tf.train.sgd(0.1), momentum: () => tf.train.momentum(0.01, 0.9), adam: () => tf.train.adam(0.001) };
const optimizer = model.optimizer === null ? null : optimizers[model.optimizer]();

function step() {
  const result = tf.tidy(() => {
    next = 0;
    if (optimizer === null) return model.net(nn, x);
    const loss = () => {
      next = 0;
      return tf.mean(tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(model.net(nn, x))), -1)));
    };
    return optimizer.minimize(loss, true);
  });
  const last = result.dataSync()[0];
  result.dispose();
  if (!Number.isFinite(last)) throw new Error(`the step gave ${last}`);
}

/** The variables come into being with the net's first run; the optimiser must know them before its own. */
function makeVariables() {
  tf.tidy(() => model.net(nn, x));
}

const first = () => {
  if (optimizer !== null) makeVariables();
  step();
};
await serve(first, step, () => ({ version: tf.version_core }));
