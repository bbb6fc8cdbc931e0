// The training steps that are measured, written with the operations themselves. Each gives a graph, its inputs and its
// multiply-adds, so that the same file serves the table, the growth plot and a profile.
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const load = (file) => import(pathToFileURL(path.join(process.env.LAMELLA_DIST ?? path.join(root, "dist"), file)).href);
const t = await load("std/tensor/index.js");
const { fillUniform } = await load("std/tensor/random.js");
const { adam, sgd } = await load("std/train/optimizers.js");
export const engine = await load("std/engine/index.js");

function numbers(count, seed, scale) {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 2 ** 23 - 1) * scale;
  });
}

const sizeOf = (shape) => shape.reduce((product, extent) => product * extent, 1);
/** A variable that is written to where it stays, as those of the library are. */
const variable = (name, shape, fill, zeros = false) => new t.Variable(name, { shape, dtype: "f32", fill, zeros });
const random = (shape, seed, scale = 1) => new t.Tensor({ shape, dtype: "f32" }, numbers(sizeOf(shape), seed, scale));
const wholes = (shape, classes, seed) =>
  new t.Tensor(
    { shape, dtype: "i32" },
    Int32Array.from(numbers(sizeOf(shape), seed, 1), (x) => Math.min(classes - 1, Math.floor(((x + 1) / 2) * classes))),
  );

/** Makes parameters when they are first asked for, counts multiply-adds, keeps what training changes beside the weights. */
class Model {
  parameters = [];
  work = 0;
  #next = 0;

  begin() {
    this.#next = 0;
    this.work = 0;
  }

  parameter(shape, scale = Math.sqrt(3 / Math.max(1, sizeOf(shape.slice(0, -1)))), constant = null) {
    const at = this.#next++;
    if (this.parameters[at] === undefined) {
      this.parameters[at] = variable(`p${at}`, shape, (values) =>
        constant === null ? fillUniform(values, [100 + at, 0], -scale, scale) : values.fill(constant),
      );
    }
    return this.parameters[at].value;
  }

  /** Draws the first weights, as a model is made before its first step; what an optimizer keeps begins with the step. */
  draw() {
    const reading = t.trace(() => this.parameters.map((parameter) => t.sum(parameter.value)), []);
    engine.executor().prepare(reading).dispose();
  }

  dense(x, out) {
    const weight = this.parameter([x.shape.at(-1), out]);
    this.work += x.size * out;
    return t.add(t.matmul(x, weight), this.parameter([out], 0, 0));
  }

  conv(x, out, size, { stride = 1, pad = 0, bias = true } = {}) {
    const weight = this.parameter([size, size, x.shape.at(-1), out]);
    const y = t.conv(x, weight, { stride, pad });
    this.work += (y.size * sizeOf(weight.shape)) / out;
    return bias ? t.add(y, this.parameter([out], 0, 0)) : y;
  }

  batchNorm(x) {
    const channels = x.shape.at(-1);
    const { y: output } = t.batchNorm(x, this.parameter([channels], 0, 1), this.parameter([channels], 0, 0));
    return output;
  }

  layerNorm(x) {
    const channels = x.shape.at(-1);
    return t.layerNorm(x, this.parameter([channels], 0, 1), this.parameter([channels], 0, 0));
  }
}

/** A training step of a loss; `factor` of the forward pass's multiply-adds is what a step takes. */
function training(optimizer, inputs, loss) {
  const model = new Model();
  const rates = optimizer
    .scalars(1, optimizer.learningRate)
    .map((value) => new t.Tensor({ shape: [], dtype: "f32" }, Float32Array.of(value)));
  const states = [];
  const graph = t.trace(
    (...all) => {
      model.begin();
      const value = loss(model, ...all.slice(0, inputs.length));
      const targets = model.parameters;
      const slopes = t.gradients(
        value,
        targets.map((parameter) => parameter.value),
      );
      for (const [index, parameter] of targets.entries()) {
        states[index] ??= Object.fromEntries(
          optimizer.state.map((name) => [name, variable(`${parameter.name}.${name}`, parameter.shape, (values) => values.fill(0), true)]),
        );
        parameter.assign(optimizer.update(parameter.value, slopes[index], states[index], all.slice(inputs.length)));
      }
      return value;
    },
    [...inputs, ...rates],
  );
  return { graph, inputs: [...inputs, ...rates], flops: 6 * model.work, model };
}

function inference(inputs, body) {
  const model = new Model();
  const graph = t.trace((...all) => {
    model.begin();
    return body(model, ...all);
  }, inputs);
  return { graph, inputs, flops: 2 * model.work, model };
}

const crossEntropy = (logits, y) => t.mean(t.softmaxCrossEntropy(logits, y));

function residual(m, x, channels, stride) {
  let y = t.relu(m.batchNorm(m.conv(x, channels, 3, { stride, pad: 1, bias: false })));
  y = m.batchNorm(m.conv(y, channels, 3, { pad: 1, bias: false }));
  const skip = stride === 1 && x.shape.at(-1) === channels ? x : m.batchNorm(m.conv(x, channels, 1, { stride, bias: false }));
  return t.relu(t.add(y, skip));
}

function dropout(x, rate, step, stream) {
  const kept = t.cast(t.greaterEqual(t.uniformAt(step, [7, stream], x.shape), rate), "f32");
  return t.mul(x, t.mul(kept, 1 / (1 - rate)));
}

export const workloads = {
  /**
   * The product that the machine's peak is measured with; small, it is what starts the engine and nothing else. Its matrices
   * are variables and its result a sum, so that nothing large is copied.
   */
  matmul: (extent = 1024) => {
    const model = new Model();
    const product = () => t.sum(t.matmul(model.parameter([extent, extent]), model.parameter([extent, extent])));
    return { graph: t.trace(product, []), inputs: [], flops: 2 * extent ** 3, model };
  },
  "mlp-2-16-2": (batch = 32) =>
    training(sgd({ lr: 0.1 }), [random([batch, 2], 1), wholes([batch], 2, 2)], (m, x, y) =>
      crossEntropy(m.dense(t.tanh(m.dense(x, 16)), 2), y),
    ),
  "mlp-784-128-10": (batch = 64, width = 128, depth = 1) =>
    training(adam({ lr: 0.001 }), [random([batch, 784], 1), wholes([batch], 10, 2)], (m, x, y) => {
      let flow = x;
      for (let layer = 0; layer < depth; layer++) flow = t.relu(m.dense(flow, width));
      return crossEntropy(m.dense(flow, 10), y);
    }),
  lenet: (batch = 64) =>
    training(adam({ lr: 0.001 }), [random([batch, 28, 28, 1], 1), wholes([batch], 10, 2)], (m, x, y) => {
      let flow = t.maxPool(t.relu(m.conv(x, 6, 5, { pad: 2 })), { size: 2 });
      flow = t.flatten(t.maxPool(t.relu(m.conv(flow, 16, 5)), { size: 2 }));
      return crossEntropy(m.dense(t.relu(m.dense(t.relu(m.dense(flow, 120)), 84)), 10), y);
    }),
  cnn: (batch = 64) =>
    training(adam({ lr: 0.001 }), [random([batch, 28, 28, 1], 1), wholes([batch], 10, 2)], (m, x, y) => {
      const flow = t.maxPool(t.relu(m.conv(t.relu(m.conv(x, 32, 3)), 64, 3)), { size: 2 });
      return crossEntropy(m.dense(t.relu(m.dense(t.flatten(flow), 128)), 10), y);
    }),
  resnet18: (batch = 16) =>
    training(sgd({ lr: 0.01, momentum: 0.9 }), [random([batch, 32, 32, 3], 1), wholes([batch], 10, 2)], (m, x, y) => {
      let flow = t.relu(m.batchNorm(m.conv(x, 64, 3, { pad: 1, bias: false })));
      for (const [stage, channels] of [64, 128, 256, 512].entries()) {
        flow = residual(m, flow, channels, stage === 0 ? 1 : 2);
        flow = residual(m, flow, channels, 1);
      }
      return crossEntropy(m.dense(t.mean(flow, { axes: [1, 2] }), 10), y);
    }),
  alexnet: (batch = 16) =>
    training(
      sgd({ lr: 0.01, momentum: 0.9 }),
      [random([batch, 224, 224, 3], 1), wholes([batch], 1000, 2), new t.Tensor({ shape: [], dtype: "i32" }, Int32Array.of(1))],
      (m, x, y, step) => {
        const pool = { size: 3, stride: 2 };
        let flow = t.maxPool(t.lrn(t.relu(m.conv(x, 96, 11, { stride: 4, pad: 2 })), { size: 5 }), pool);
        flow = t.maxPool(t.lrn(t.relu(m.conv(flow, 256, 5, { pad: 2 })), { size: 5 }), pool);
        flow = t.relu(m.conv(t.relu(m.conv(flow, 384, 3, { pad: 1 })), 384, 3, { pad: 1 }));
        flow = t.flatten(t.maxPool(t.relu(m.conv(flow, 256, 3, { pad: 1 })), pool));
        flow = dropout(t.relu(m.dense(flow, 4096)), 0.5, step, 1);
        flow = dropout(t.relu(m.dense(flow, 4096)), 0.5, step, 2);
        return crossEntropy(m.dense(flow, 1000), y);
      },
    ),
  "vgg16-forward": (batch = 4) =>
    inference([random([batch, 224, 224, 3], 1)], (m, x) => {
      let flow = x;
      for (const [channels, count] of [[64, 2], [128, 2], [256, 3], [512, 3], [512, 3]]) {
        for (let layer = 0; layer < count; layer++) flow = t.relu(m.conv(flow, channels, 3, { pad: 1 }));
        flow = t.maxPool(flow, { size: 2 });
      }
      flow = t.flatten(flow);
      return m.dense(t.relu(m.dense(t.relu(m.dense(flow, 4096)), 4096)), 1000);
    }), // prettier-ignore
  lstm: (batch = 32, steps = 40) =>
    training(adam({ lr: 0.001 }), [random([batch, steps, 64], 1), wholes([batch], 10, 2)], (m, x, y) => {
      const { y: states } = t.lstm(x, m.parameter([64, 512]), m.parameter([128, 512]), m.parameter([512], 0, 0));
      m.work += batch * steps * (64 + 128) * 512;
      return crossEntropy(m.dense(t.select(states, 1, -1), 10), y);
    }),
  transformer: (batch = 32, steps = 40) =>
    training(adam({ lr: 0.001 }), [random([batch, steps, 64], 1), wholes([batch], 10, 2)], (m, x, y) => {
      const [width, heads] = [64, 4];
      const split = (z) => t.transpose(t.reshape(z, [batch, steps, heads, width / heads]), [0, 2, 1, 3]);
      let flow = x;
      for (let layer = 0; layer < 2; layer++) {
        const [q, k, v] = [m.dense(flow, width), m.dense(flow, width), m.dense(flow, width)].map(split);
        const scores = t.softmax(t.mul(t.matmul(q, k, { transposeB: true }), 1 / Math.sqrt(width / heads)));
        m.work += 2 * batch * heads * steps * steps * (width / heads);
        const mixed = t.reshape(t.transpose(t.matmul(scores, v), [0, 2, 1, 3]), [batch, steps, width]);
        flow = m.layerNorm(t.add(flow, m.dense(mixed, width)));
        flow = m.layerNorm(t.add(flow, m.dense(t.relu(m.dense(flow, 4 * width)), width)));
      }
      return crossEntropy(m.dense(t.mean(flow, { axes: [1] }), 10), y);
    }),
  unet: (batch = 4, top = 16) =>
    training(adam({ lr: 0.001 }), [random([batch, 128, 128, 3], 1), wholes([batch, 128, 128], 2, 2)], (m, x, y) => {
      const twice = (z, channels) => t.relu(m.conv(t.relu(m.conv(z, channels, 3, { pad: 1 })), channels, 3, { pad: 1 }));
      const kept = [];
      let flow = x;
      for (let level = 0; level < 4; level++) {
        flow = twice(flow, top << level);
        kept.push(flow);
        flow = t.maxPool(flow, { size: 2 });
      }
      flow = twice(flow, top << 4);
      for (let level = 3; level >= 0; level--) {
        const channels = top << level;
        const weight = m.parameter([2, 2, channels, flow.shape.at(-1)]);
        m.work += flow.size * 4 * channels;
        flow = t.add(t.convTranspose(flow, weight, { stride: 2 }), m.parameter([channels], 0, 0));
        flow = twice(t.concat([kept[level], flow], -1), channels);
      }
      return crossEntropy(m.conv(flow, 2, 1), y);
    }),
};
