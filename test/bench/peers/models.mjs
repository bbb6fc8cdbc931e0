// The nets of workloads.mjs, written once for the JavaScript libraries that are measured beside ours. `nn` is what a library
// brings (tfjs.mjs, jax.mjs): its parameters, its few operations, and on which axes of a picture its channels lie.
const scaleFor = (shape) => Math.sqrt(3 / shape.slice(0, -1).reduce((product, extent) => product * extent, 1));

function dense(nn, x, out) {
  const shape = nn.shape(x);
  const [rows, width] = [shape.slice(0, -1).reduce((product, extent) => product * extent, 1), shape.at(-1)];
  const y = nn.add(nn.matmul(nn.reshape(x, [rows, width]), nn.parameter([width, out], scaleFor([width, out]))), nn.parameter([out], 0));
  return nn.reshape(y, [...shape.slice(0, -1), out]);
}

function conv(nn, x, out, size, { stride = 1, pad = 0, bias = true } = {}) {
  const shape = [size, size, nn.channels(x), out];
  const y = nn.conv(x, nn.parameter(shape, scaleFor(shape), "window"), stride, pad);
  return bias ? nn.add(y, nn.perChannel(nn.parameter([out], 0))) : y;
}

function normalise(nn, x, axes, epsilon) {
  const centred = nn.sub(x, nn.mean(x, axes, true));
  return nn.mul(centred, nn.rsqrt(nn.add(nn.mean(nn.mul(centred, centred), axes, true), epsilon)));
}

function batchNorm(nn, x) {
  const channels = nn.channels(x);
  const [scale, shift] = [nn.parameter([channels], 0, "one"), nn.parameter([channels], 0)].map(nn.perChannel);
  return nn.add(nn.mul(normalise(nn, x, [0, ...nn.spatial], 1e-5), scale), shift);
}

function layerNorm(nn, x) {
  const width = nn.shape(x).at(-1);
  return nn.add(nn.mul(normalise(nn, x, [2], 1e-5), nn.parameter([width], 0, "one")), nn.parameter([width], 0));
}

function flatten(nn, x) {
  const [batch, ...rest] = nn.shape(x);
  return nn.reshape(x, [batch, rest.reduce((product, extent) => product * extent, 1)]);
}

function residual(nn, x, channels, stride) {
  let y = nn.relu(batchNorm(nn, conv(nn, x, channels, 3, { stride, pad: 1, bias: false })));
  y = batchNorm(nn, conv(nn, y, channels, 3, { pad: 1, bias: false }));
  const skip = stride === 1 && nn.channels(x) === channels ? x : batchNorm(nn, conv(nn, x, channels, 1, { stride, bias: false }));
  return nn.relu(nn.add(y, skip));
}

function alexnet(nn, x) {
  let flow = nn.maxPool(nn.lrn(nn.relu(conv(nn, x, 96, 11, { stride: 4, pad: 2 }))), 3, 2);
  flow = nn.maxPool(nn.lrn(nn.relu(conv(nn, flow, 256, 5, { pad: 2 }))), 3, 2);
  for (const channels of [384, 384, 256]) flow = nn.relu(conv(nn, flow, channels, 3, { pad: 1 }));
  flow = flatten(nn, nn.maxPool(flow, 3, 2));
  flow = nn.dropout(nn.relu(dense(nn, flow, 4096)), 0.5);
  return dense(nn, nn.dropout(nn.relu(dense(nn, flow, 4096)), 0.5), 1000);
}

function vgg16(nn, x) {
  let flow = x;
  for (const [channels, count] of [[64, 2], [128, 2], [256, 3], [512, 3], [512, 3]]) {
    for (let layer = 0; layer < count; layer++) flow = nn.relu(conv(nn, flow, channels, 3, { pad: 1 }));
    flow = nn.maxPool(flow, 2, 2);
  } // prettier-ignore
  return dense(nn, nn.relu(dense(nn, nn.relu(dense(nn, flatten(nn, flow), 4096)), 4096)), 1000);
}

function lstm(nn, x) {
  const [[batch, steps, width], hidden] = [nn.shape(x), 128];
  const [input, recurrent, bias] = [nn.parameter([width, 512], 0.1), nn.parameter([hidden, 512], 0.1), nn.parameter([512], 0)];
  const gates = nn.reshape(nn.add(nn.matmul(nn.reshape(x, [batch * steps, width]), input), bias), [batch, steps, 4 * hidden]);
  let [h, c] = [null, null];
  for (let step = 0; step < steps; step++) {
    let z = nn.reshape(nn.slice(gates, [0, step, 0], [batch, 1, 4 * hidden]), [batch, 4 * hidden]);
    if (h !== null) z = nn.add(z, nn.matmul(h, recurrent));
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => nn.slice(z, [0, gate * hidden], [batch, hidden]));
    const fresh = nn.mul(nn.sigmoid(i), nn.tanh(g));
    c = c === null ? fresh : nn.add(nn.mul(nn.sigmoid(f), c), fresh);
    h = nn.mul(nn.sigmoid(o), nn.tanh(c));
  }
  return dense(nn, h, 10);
}

function transformer(nn, x) {
  const [[batch, steps, width], heads] = [nn.shape(x), 4];
  const split = (z) => nn.transpose(nn.reshape(z, [batch, steps, heads, width / heads]), [0, 2, 1, 3]);
  let flow = x;
  for (let layer = 0; layer < 2; layer++) {
    const [q, k, v] = [dense(nn, flow, width), dense(nn, flow, width), dense(nn, flow, width)].map(split);
    const scores = nn.softmax(nn.mul(nn.matmul(q, nn.transpose(k, [0, 1, 3, 2])), 1 / Math.sqrt(width / heads)));
    const mixed = nn.reshape(nn.transpose(nn.matmul(scores, v), [0, 2, 1, 3]), [batch, steps, width]);
    flow = layerNorm(nn, nn.add(flow, dense(nn, mixed, width)));
    flow = layerNorm(nn, nn.add(flow, dense(nn, nn.relu(dense(nn, flow, 4 * width)), width)));
  }
  return dense(nn, nn.mean(flow, [1]), 10);
}

function unet(nn, x) {
  const twice = (z, channels) => nn.relu(conv(nn, nn.relu(conv(nn, z, channels, 3, { pad: 1 })), channels, 3, { pad: 1 }));
  const [kept, top] = [[], 16];
  let flow = x;
  for (let level = 0; level < 4; level++) {
    flow = twice(flow, top << level);
    kept.push(flow);
    flow = nn.maxPool(flow, 2, 2);
  }
  flow = twice(flow, top << 4);
  for (let level = 3; level >= 0; level--) {
    const channels = top << level;
    const window = nn.parameter([2, 2, channels, nn.channels(flow)], 0.1, "transposed window");
    flow = nn.add(nn.convTranspose(flow, window, 2), nn.perChannel(nn.parameter([channels], 0)));
    flow = twice(nn.concatChannels(kept[level], flow), channels);
  }
  return conv(nn, flow, 2, 1);
}

const square = (extent, channels) => [extent, extent, channels];

/** By name: the shape of one input (pictures as height, width, channels), classes, batch, optimiser (null: forward only), the net. */
export const models = {
  "mlp-2-16-2": { input: [2], classes: 2, batch: 32, optimizer: "sgd", net: (nn, x) => dense(nn, nn.tanh(dense(nn, x, 16)), 2) },
  "mlp-784-128-10": { input: [784], classes: 10, batch: 64, optimizer: "adam", net: (nn, x) => dense(nn, nn.relu(dense(nn, x, 128)), 10) },
  lenet: {
    input: square(28, 1), classes: 10, batch: 64, optimizer: "adam",
    net: (nn, x) => {
      const maps = nn.maxPool(nn.relu(conv(nn, x, 6, 5, { pad: 2 })), 2, 2);
      const flow = flatten(nn, nn.maxPool(nn.relu(conv(nn, maps, 16, 5)), 2, 2));
      return dense(nn, nn.relu(dense(nn, nn.relu(dense(nn, flow, 120)), 84)), 10);
    },
  },
  cnn: {
    input: square(28, 1), classes: 10, batch: 64, optimizer: "adam",
    net: (nn, x) => {
      const maps = nn.maxPool(nn.relu(conv(nn, nn.relu(conv(nn, x, 32, 3)), 64, 3)), 2, 2);
      return dense(nn, nn.relu(dense(nn, flatten(nn, maps), 128)), 10);
    },
  },
  resnet18: {
    input: square(32, 3), classes: 10, batch: 16, optimizer: "momentum",
    net: (nn, x) => {
      let flow = nn.relu(batchNorm(nn, conv(nn, x, 64, 3, { pad: 1, bias: false })));
      for (const [stage, channels] of [64, 128, 256, 512].entries()) {
        flow = residual(nn, residual(nn, flow, channels, stage === 0 ? 1 : 2), channels, 1);
      }
      return dense(nn, nn.mean(flow, nn.spatial), 10);
    },
  },
  alexnet: { input: square(224, 3), classes: 1000, batch: 16, optimizer: "momentum", net: alexnet },
  "vgg16-forward": { input: square(224, 3), classes: 1000, batch: 4, optimizer: null, net: vgg16 },
  lstm: { input: [40, 64], classes: 10, batch: 32, optimizer: "adam", net: lstm },
  transformer: { input: [40, 64], classes: 10, batch: 32, optimizer: "adam", net: transformer },
  unet: { input: square(128, 3), classes: 2, batch: 4, optimizer: "adam", labels: [128, 128], net: unet },
}; // prettier-ignore

/** Even numbers from -1 to 1 by a generator of our own, the same for every library. */
export function numbers(count, seed, scale = 1) {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 2 ** 23 - 1) * scale;
  });
}

/** The starting values of a parameter. */
export function startingValues(shape, scale, kind, seed) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return kind === "one" ? new Float32Array(count).fill(1) : scale === 0 ? new Float32Array(count) : numbers(count, seed, scale);
}

/** A batch of inputs, and its labels as rows of one 1 each. */
export function exampleBatch({ input, classes, batch, labels = [] }) {
  const inputShape = [batch, ...input];
  const count = [batch, ...labels].reduce((product, extent) => product * extent, 1);
  const oneHot = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) oneHot[i * classes + ((i * 7919) % classes)] = 1;
  const size = inputShape.reduce((product, extent) => product * extent, 1);
  return { inputShape, inputs: numbers(size, 1), labelShape: [batch, ...labels, classes], labels: oneHot };
}
