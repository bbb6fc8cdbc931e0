// Times one workload in jax-js on its WebAssembly backend: node jax.mjs WORKLOAD; serve.mjs says how it is asked.
// Its arrays are counted by hand: `.ref` is another use of one. Inside a traced function every use takes one.
import process from "node:process";
import { serve } from "../serve.mjs";
import { exampleBatch, models, startingValues } from "./models.mjs";

// What a browser has and Node 20 has not; it is only asked for names and graphics processors.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` };
const {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  makeJaxpr,
  nn: functions,
  numpy: np,
  random,
  valueAndGrad,
} = await import("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");

const model = models[process.argv[2]];
const picture = model.input.length === 3;
const { inputShape, inputs, labelShape, labels } = exampleBatch(model);
const toFirst = (z) => np.transpose(z, [0, 3, 1, 2]);
let x = np.array(inputs).reshape(inputShape);
let y = np.array(labels).reshape(labelShape);
if (picture) x = toFirst(x);
if (labelShape.length === 4) y = toFirst(y);
const classAxis = labelShape.length === 4 ? 1 : -1;

const wanted = [];
let given = [];
let next = 0;
let key = null;
const use = (z) => (typeof z === "number" ? z : z.ref);

/** Its windows lie as out, in, height, width. */
function layOut(kind, values, shape) {
  const array = np.array(values).reshape(shape);
  return kind === "window" || kind === "transposed window" ? np.transpose(array, [3, 2, 0, 1]) : array;
}

const nn = {
  spatial: [2, 3],
  shape: (z) => z.shape,
  channels: (z) => z.shape[1],
  perChannel: (z) => np.reshape(use(z), [1, z.shape[0], 1, 1]),
  parameter: (shape, scale, kind) => {
    const at = next++;
    // Arrays made while a function is traced would belong to the trace: they are made afterwards.
    wanted[at] ??= { shape, make: () => layOut(kind, startingValues(shape, scale, kind, 100 + at), shape) };
    return given[at] ?? layOut(kind, new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  },
  add: (a, b) => np.add(use(a), use(b)),
  sub: (a, b) => np.subtract(use(a), use(b)),
  mul: (a, b) => np.multiply(use(a), use(b)),
  matmul: (a, b) => np.matmul(use(a), use(b)),
  relu: (z) => functions.relu(use(z)),
  tanh: (z) => np.tanh(use(z)),
  sigmoid: (z) => functions.sigmoid(use(z)),
  rsqrt: (z) => np.reciprocal(np.sqrt(use(z))),
  softmax: (z) => functions.softmax(use(z), -1),
  mean: (z, axes, keep = false) => np.mean(use(z), axes, { keepdims: keep }),
  reshape: (z, shape) => np.reshape(use(z), shape),
  transpose: (z, order) => np.transpose(use(z), order),
  slice: (z, begin, size) => use(z).slice(...begin.map((from, axis) => [from, from + size[axis]])),
  concatChannels: (a, b) => np.concatenate([use(a), use(b)], 1),
  conv: (z, window, stride, pad) =>
    lax.convGeneralDilated(use(z), use(window), [stride, stride], [[pad, pad], [pad, pad]]), // prettier-ignore
  convTranspose: (z, window, stride) => lax.convTranspose(use(z), use(window), [stride, stride], "VALID", { transposeKernel: true }),
  maxPool: (z, size, stride) => lax.reduceWindow(use(z), (window) => np.max(window), [size, size], [stride, stride]),
  lrn: (z) => {
    const squares = np.pad(np.square(use(z)), [[0, 0], [2, 2], [0, 0], [0, 0]]); // prettier-ignore
    const channels = z.shape[1];
    let sum = null;
    for (let i = 0; i < 5; i++) {
      const shifted = use(squares).slice([], [i, i + channels]);
      sum = sum === null ? shifted : np.add(sum, shifted);
    }
    return np.multiply(use(z), np.exp(np.multiply(np.log(np.add(np.multiply(sum, 1e-4 / 5), 1)), -0.75)));
  },
  dropout: (z, rate) => {
    const kept = np.less(random.uniform(use(key), z.shape), 1 - rate);
    return np.multiply(np.where(kept, use(z), 0), 1 / (1 - rate));
  },
};

function loss(parameters, input, target, seed) {
  [given, next, key] = [parameters, 0, seed];
  const chances = functions.logSoftmax(model.net(nn, input), classAxis);
  return np.multiply(np.mean(np.sum(np.multiply(chances, use(target)), classAxis)), -1);
}

const differentiate = valueAndGrad(loss);
const rules = {
  sgd: { states: 0, update: (p, g) => ({ p: np.subtract(p, np.multiply(g, 0.1)), states: [] }) },
  momentum: {
    states: 1,
    update: (p, g, [v]) => {
      const fresh = np.add(np.multiply(v, 0.9), g);
      return { p: np.subtract(p, np.multiply(fresh.ref, 0.01)), states: [fresh] };
    },
  },
  adam: {
    states: 2,
    update: (p, g, [m, v], correction) => {
      const mean = np.add(np.multiply(m, 0.9), np.multiply(g.ref, 0.1));
      const square = np.add(np.multiply(v, 0.999), np.multiply(np.square(g), 0.001));
      const size = np.add(np.sqrt(np.multiply(square.ref, correction.ref.slice(1))), 1e-8);
      const by = np.divide(np.multiply(mean.ref, np.multiply(correction.ref.slice(0), 0.001)), size);
      return { p: np.subtract(p, by), states: [mean, square] };
    },
  },
};

let [parameters, states, count] = [[], [], 0];
const rule = rules[model.optimizer];
const trainingStep = jit((old, memory, input, target, seed, correction) => {
  const [value, slopes] = differentiate(old.map(use), input, target, seed);
  const updated = old.map((p, index) => rule.update(p, slopes[index], memory.map((state) => state[index]), correction));
  correction.dispose();
  return [value, updated.map(({ p }) => p), memory.map((_, kind) => updated.map((each) => each.states[kind]))];
}); // prettier-ignore
const forward = jit((weights, input) => {
  [given, next] = [weights, 0];
  return model.net(nn, input);
});

/** A trace on shapes alone tells which parameters the net has. */
function makeParameters() {
  makeJaxpr((input) => {
    [given, next, key] = [[], 0, random.key(0)];
    return model.net(nn, input);
  })(x.ref);
  parameters = wanted.map(({ make }) => make());
  states = rule === undefined ? [] : Array.from({ length: rule.states }, () => parameters.map(({ shape }) => np.zeros(shape)));
}

async function step() {
  if (rule === undefined) {
    const result = forward(parameters.map(use), x.ref);
    await blockUntilReady(result);
    result.dispose();
    return;
  }
  count++;
  const correction = np.array([1 / (1 - 0.9 ** count), 1 / (1 - 0.999 ** count)]);
  const [value, fresh, memory] = trainingStep(parameters, states, x.ref, y.ref, random.key(count), correction);
  [parameters, states] = [fresh, memory];
  await blockUntilReady(parameters);
  const [last] = await value.data();
  if (!Number.isFinite(last)) throw new Error(`the step gave ${last}`);
}

await serve(async () => {
  makeParameters();
  await step();
}, step);
