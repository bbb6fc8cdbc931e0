import * as t from "../../std/tensor/index.js";
import { Generator, gradients, tensor, trace, Variable, type Graph, type Tensor } from "../../std/tensor/index.js";

/** A random chain of operations on images, rows and sequences with its gradients, and inputs for it. */
export interface RandomProgram {
  readonly graph: Graph;
  readonly inputs: readonly Tensor[];
  /** What it does, for the message when executors differ. */
  readonly text: string;
}

/** Something a program may do next: null where it does not fit the shape. */
type Step = (x: Tensor, g: Generator, parameter: (shape: readonly number[]) => Tensor) => readonly [string, Tensor] | null;

const pick = <T>(g: Generator, list: readonly T[]): T => list[g.integer(list.length)] as T;
const isImage = (x: Tensor): boolean => x.rank === 4;

const steps: readonly Step[] = [
  (x, g) => {
    const f = pick(g, [
      t.relu,
      t.sigmoid,
      t.tanh,
      t.softplus,
      t.silu,
      t.gelu,
      t.square,
      t.abs,
      t.neg,
      t.sin,
      t.cos,
      t.erf,
      t.leakyRelu,
      t.elu,
      t.selu,
    ]);
    return [f.name, f(x)];
  },
  (x) => ["exp", t.exp(t.minimum(x, 2))],
  (x) => ["log", t.log(t.add(t.abs(x), 1))],
  (x) => ["rsqrt", t.rsqrt(t.add(t.square(x), 0.5))],
  (x) => ["div", t.div(x, t.add(t.square(x), 1))],
  (x, g, parameter) => [`bias`, t.add(x, parameter([x.shape.at(-1) as number]))],
  (x, g, parameter) => [`scale`, t.mul(parameter([x.shape.at(-1) as number]), x)],
  (x, g, parameter) => [`add first axis`, t.add(x, parameter([x.shape[0] as number, ...x.shape.slice(1).map(() => 1)]))],
  (x, g, parameter) => [`sub column`, t.sub(x, parameter([...x.shape.slice(0, -1), 1]))],
  (x) => ["residual", t.add(x, t.relu(x))],
  (x) => ["where", t.where(t.greater(x, 0.1), x, t.mul(x, 0.3))],
  (x) => ["maximum", t.maximum(x, t.mul(x, -0.5))],
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`center ${axis}`, t.sub(x, t.mean(x, { axes: axis, keepDims: true }))];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return x.rank < 2 ? null : [`max ${axis}`, t.max(x, { axes: axis })];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return x.rank < 3 ? null : [`sum ${axis}`, t.mul(t.sum(x, { axes: axis }), 0.3)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`softmax ${axis}`, t.mul(t.softmax(x, axis), 3)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`logSoftmax ${axis}`, t.logSoftmax(x, axis)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`cumsum ${axis}`, t.mul(t.cumsum(x, axis), 0.3)];
  },
  (x, g, parameter) => {
    const width = 1 + g.integer((x.shape.at(-1) as number) > 30 ? 300 : 20);
    return [`dense ${width}`, t.matmul(x, parameter([x.shape.at(-1) as number, width]))];
  },
  (x, g, parameter) => {
    const width = 1 + g.integer(20);
    return [
      `dense transposed ${width}`,
      t.relu(t.add(t.matmul(x, parameter([width, x.shape.at(-1) as number]), { transposeB: true }), parameter([width]))),
    ];
  },
  (x) => (x.rank < 2 ? null : ["gram", t.mul(t.matmul(x, x, { transposeB: true }), 0.1)]),
  (x) => (x.rank < 2 ? null : ["gram of columns", t.mul(t.matmul(x, x, { transposeA: true }), 0.1)]),
  (x, g) => {
    const order = [...g.permutation(x.rank)];
    return [`transpose ${order.join("")}`, t.transpose(x, order)];
  },
  (x) => [`flatten`, t.flatten(x, Math.min(1, x.rank - 1))],
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`concat ${axis}`, t.concat([x, t.mul(x, 0.5)], axis)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    const extent = x.shape[axis] as number;
    const from = g.integer(extent);
    const to = from + 1 + g.integer(extent - from);
    const by = 1 + g.integer(2);
    const starts = x.shape.map((_, at) => (at === axis ? from : 0));
    const ends = x.shape.map((own, at) => (at === axis ? to : own));
    const strides = x.shape.map((_, at) => (at === axis ? by : 1));
    return [`slice ${axis} ${from}:${to}:${by}`, t.slice(x, starts, ends, strides)];
  },
  (x, g) => {
    const pads = x.shape.map((): [number, number] => [g.integer(2), g.integer(2)]);
    return [`pad ${JSON.stringify(pads)}`, t.pad(x, pads, g.integer(2) * 0.5)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`flip ${axis}`, t.flip(x, axis)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    const places = Array.from({ length: 1 + g.integer(6) }, () => g.integer(x.shape[axis] as number));
    return [`gather ${axis} [${places.join(",")}]`, t.gather(x, tensor(places, { dtype: "i32" }), axis)];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return [`sort ${axis}`, t.sort(x, { axis, descending: g.integer(2) === 1 }).values];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    const k = 1 + g.integer(Math.min(8, x.shape[axis] as number));
    return [`topK ${k} ${axis}`, t.topK(x, k, axis).values];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    const places = x.shape.map((extent, at) => (at === axis ? 1 + g.integer(6) : extent));
    const size = places.reduce((product, extent) => product * extent, 1);
    const indices = Array.from({ length: size }, () => g.integer(x.shape[axis] as number));
    return [`gatherAlong ${axis} ${places.join("x")}`, t.gatherAlong(x, tensor(indices, { dtype: "i32", shape: places }), axis)];
  },
  (x, g) => {
    // Not far from 1, so that products of thousands of them stay in range; now and then exactly 0.
    const axes = g.permutation(x.rank).slice(0, 1 + g.integer(2));
    const near = t.where(t.greater(x, 2.5), 0, t.add(t.mul(t.sin(x), 0.02), 1));
    return x.rank < 2 ? null : [`prod ${[...axes].join(",")}`, t.prod(near, { axes: [...axes], keepDims: true })];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    return (x.shape[axis] as number) < 2 ? null : [`variance ${axis}`, t.variance(x, { axes: axis, keepDims: true, correction: 1 })];
  },
  (x, g) => {
    const axis = g.integer(x.rank);
    const parts = t.split(x, [1, (x.shape[axis] as number) - 1], axis);
    return (x.shape[axis] as number) < 2 ? null : [`split ${axis}`, t.concat([...parts].reverse(), axis)];
  },
  (x, g) => {
    const extent = x.shape[0] as number;
    const indices = tensor(
      Array.from({ length: 1 + g.integer(5) }, () => g.integer(extent)),
      { dtype: "i32" },
    );
    return ["scatterAdd", t.scatterAdd(x, indices, t.mul(t.gather(x, indices), 0.5))];
  },
  (x) => ["gradient of a formula", t.add(x, t.mul(t.grad((y) => t.sum(t.mul(t.tanh(y), t.sigmoid(y))))(x), 0.5))],
  (x, g, parameter) => {
    if (x.rank !== 3 || (x.shape[1] as number) > 12) return null;
    const [d, h] = [x.shape[2] as number, 1 + g.integer(4)];
    const weights = [parameter([d, 4 * h]), parameter([h, 4 * h])] as const;
    return [`gradient of lstm ${h}`, t.grad((y) => t.sum(t.square(t.lstm(y, ...weights, null).y)))(x)];
  },
  (x, g, parameter) => {
    if (x.rank !== 3 || (x.shape[1] as number) < 3) return null;
    const filters = 1 + g.integer(12);
    const [stride, pad] = [1 + g.integer(2), g.integer(2)];
    return [
      `conv 1-D stride ${stride} pad ${pad} -> ${filters}`,
      t.conv(x, parameter([3, x.shape[2] as number, filters]), { stride, pad }),
    ];
  },
  (x, g, parameter) => {
    const c = x.shape.at(-1) as number;
    if (x.rank < 3 || c % 2 !== 0) return null;
    return ["groupNorm", t.groupNorm(x, t.add(parameter([c]), 1), parameter([c]), 2, { epsilon: 0.1 })];
  },
  (x, g, parameter) => ["rmsNorm", t.rmsNorm(x, t.add(parameter([x.shape.at(-1) as number]), 1), { epsilon: 0.1 })],
  (x, g, parameter) => {
    if (!isImage(x)) return null;
    const size = pick(g, [1, 2, 3, 5]);
    const [stride, pad, dilation] = [1 + g.integer(2), g.integer(3), 1 + g.integer(2)];
    const channels = x.shape[3] as number;
    const groups = channels % 2 === 0 && g.integer(3) === 0 ? 2 : 1;
    const filters = groups * (1 + g.integer(channels > 10 ? 48 : 12));
    if (Math.min(x.shape[1] as number, x.shape[2] as number) + 2 * pad < dilation * (size - 1) + 1) return null;
    const y = t.conv(x, parameter([size, size, channels / groups, filters]), { stride, pad, dilation, groups });
    return [
      `conv ${size}x${size} stride ${stride} pad ${pad} dilation ${dilation} groups ${groups} -> ${filters}`,
      t.relu(t.add(y, parameter([filters]))),
    ];
  },
  (x, g, parameter) => {
    if (!isImage(x) || Math.min(x.shape[1] as number, x.shape[2] as number) < 3) return null;
    const channels = x.shape[3] as number;
    return [`depthwise`, t.conv(x, parameter([3, 3, 1, channels]), { groups: channels, pad: 1 })];
  },
  (x, g, parameter) => {
    if (!isImage(x) || (x.shape[1] as number) * (x.shape[2] as number) > 200) return null;
    const filters = 1 + g.integer(6);
    const size = pick(g, [2, 3]);
    return [
      `convTranspose ${size} -> ${filters}`,
      t.convTranspose(x, parameter([size, size, filters, x.shape[3] as number]), { stride: 2 }),
    ];
  },
  (x, g) => {
    if (!isImage(x)) return null;
    const size = pick(g, [2, 3]);
    const stride = pick(g, [1, 2]);
    const pad = g.integer(2);
    if (Math.min(x.shape[1] as number, x.shape[2] as number) + 2 * pad < size) return null;
    const kind = pick(g, ["max", "avg", "avg counted", "l2"]);
    const options = { size, stride, pad };
    const text = `${kind} pool ${size} stride ${stride} pad ${pad}`;
    if (kind === "max") return [text, t.maxPool(x, options)];
    if (kind === "l2") return [text, t.l2Pool(t.add(t.abs(x), 0.1), options)];
    return [text, t.avgPool(x, { ...options, countPadding: kind === "avg counted" })];
  },
  (x, g) => {
    if (!isImage(x) || (x.shape[1] as number) * (x.shape[2] as number) > 200) return null;
    const mode = pick(g, ["nearest", "bilinear"] as const);
    return [`upsample ${mode}`, t.upsample(x, { factor: [2, 3], mode })];
  },
  (x, g, parameter) => {
    const c = x.shape.at(-1) as number;
    return x.size / c < 4 ? null : ["batchNorm", t.batchNorm(x, t.add(parameter([c]), 1), parameter([c]), { epsilon: 0.1 }).y];
  },
  (x, g, parameter) => {
    const c = x.shape.at(-1) as number;
    return c < 2 ? null : ["layerNorm", t.layerNorm(x, t.add(parameter([c]), 1), parameter([c]), { epsilon: 0.1 })];
  },
  (x, g, parameter) =>
    isImage(x)
      ? ["instanceNorm", t.instanceNorm(x, parameter([x.shape[3] as number]), parameter([x.shape[3] as number]), { epsilon: 0.1 })]
      : null,
  (x) => ["lrn", t.lrn(x, { alpha: 0.3 })],
  (x, g, parameter) => {
    if (x.rank !== 3 || (x.shape[1] as number) > 20) return null;
    const [d, h] = [x.shape[2] as number, 1 + g.integer(9)];
    const kind = pick(g, ["lstm", "gru", "rnn"]);
    if (kind === "lstm") return [`lstm ${h}`, t.lstm(x, parameter([d, 4 * h]), parameter([h, 4 * h]), parameter([4 * h])).y];
    if (kind === "gru")
      return [`gru ${h}`, t.gru(x, parameter([d, 3 * h]), parameter([h, 3 * h]), parameter([3 * h]), parameter([3 * h])).y];
    return [`rnn ${h}`, t.rnn(x, parameter([d, h]), parameter([h, h]), parameter([h])).y];
  },
  (x, g, parameter) => {
    if (x.rank !== 3 || (x.shape[1] as number) > 20) return null;
    const [times, features] = [x.shape[1] as number, x.shape[2] as number];
    const memory = t.matmul(t.flip(x, 1), parameter([features, features]));
    const mask = tensor(
      Array.from({ length: times * times }, (_, at) => at % times === 0 || g.integer(3) > 0),
      { shape: [times, times] },
    );
    return ["masked attention", t.attention(x, memory, memory, { mask }).y];
  },
  (x, g) =>
    x.rank === 3 || x.rank === 4 ? ["attention", t.attention(x, t.mul(x, 0.5), t.add(x, 0.1), { causal: g.integer(2) === 1 }).y] : null,
];

const starts: readonly (readonly number[])[] = [[7], [5, 13], [64, 40], [3, 6, 8], [2, 17, 5], [2, 8, 8, 3], [3, 12, 9, 4], [1, 5, 20, 8]];
const largeStarts: readonly (readonly number[])[] = [
  [5000],
  [130, 257],
  [9, 35, 66],
  [4, 33, 31, 17],
  [2, 28, 28, 16],
  [8, 14, 14, 32],
  [1, 64, 50, 3],
];
const largest = 20_000;

/** What the graphs of one seed have in common: the shapes, in the order in which `walk` asks for parameters, and the steps. */
function plan(seed: number, large: boolean) {
  const g = new Generator(seed, 99);
  const shape = pick(g, large ? largeStarts : starts);
  const length = 2 + g.integer(7);
  const texts: string[] = [];
  const walk = (x: Tensor, parameter: (shape: readonly number[]) => Tensor, taps: Tensor[] = []): Tensor => {
    const own = new Generator(seed, 100);
    texts.length = 0;
    for (let made = 0; made < length;) {
      const drawn = pick(own, steps)(x, own, parameter);
      if (drawn === null) continue;
      made++;
      if (drawn[1].size > (large ? 10 * largest : largest) || drawn[1].size === 0) continue;
      texts.push(drawn[0]);
      if (own.integer(4) === 0) taps.push(x);
      x = drawn[1];
    }
    return x;
  };
  const shapes: (readonly number[])[] = [shape];
  const zeros = (x: Tensor, wanted: readonly number[]): Tensor => t.broadcastTo(t.mul(t.sum(x), 0), wanted);
  trace((x) => walk(x, (wanted) => (shapes.push(wanted), zeros(x, wanted))), [{ shape, dtype: "f32" }]);
  const values = shapes.map((own, index) => {
    const fan = index === 0 || own.length < 2 ? 1 : own.slice(0, -1).reduce((a, b) => a * b, 1);
    return t.randomNormal(own, { seed, stream: index, deviation: 1 / Math.sqrt(fan) });
  });
  return { walk, values, text: (): string => `program ${seed} on ${shape.join("x")}: ${texts.join(", ")}` };
}

/** One number from many, that weighs all of them differently. */
function lossOf(y: Tensor): Tensor {
  return t.sum(t.mul(y, t.sin(t.reshape(t.arange(0, y.size, 1, "f32"), y.shape))));
}

/** The same program for the same seed. @param large on tensors that take the kernels to their blocked and threaded parts */
export function randomProgram(seed: number, large = false): RandomProgram {
  const { walk, values, text } = plan(seed, large);
  const graph = trace((...symbolic) => {
    let next = 1;
    const taps: Tensor[] = [];
    const y = walk(symbolic[0] as Tensor, () => symbolic[next++] as Tensor, taps);
    return [y, ...taps, ...gradients(lossOf(y), symbolic)];
  }, values);
  return { graph, inputs: values, text: text() };
}

/** A training step on the same chain: its parameters are variables that the graph reads and sets. */
export interface RandomTraining extends RandomProgram {
  readonly variables: readonly Variable[];
}

/** The same for the same seed, with variables of its own at each call. */
export function randomTraining(seed: number): RandomTraining {
  const { walk, values, text } = plan(seed, false);
  const g = new Generator(seed, 101);
  const [x, ...rest] = values as [Tensor, ...Tensor[]];
  const parameters = rest.map((value, index) => new Variable(`parameter ${index}`, value));
  const momenta = rest.map((value, index) => new Variable(`momentum ${index}`, t.mul(value, 0.1)));
  // Values that only move from variable to variable, all in one step.
  const ring = [1, 2, 3].map((value) => new Variable(`ring ${value}`, t.full([5], value)));
  const count = new Variable("count", tensor(0, { dtype: "i32" }));
  const rule = pick(g, ["plain", "momentum", "normalized"]);
  const graph = trace(
    (input) => {
      let next = 0;
      const before = parameters.map((parameter) => parameter.value);
      const y = walk(input, () => before[next++] as Tensor);
      const loss = lossOf(y);
      const found = gradients(loss, before);
      count.assign(t.add(count.value, 1));
      const rate = t.div(0.01, t.add(t.cast(count.value, "f32"), 1));
      for (const [index, gradient] of found.entries()) {
        const [parameter, momentum] = [parameters[index] as Variable, momenta[index] as Variable];
        const step = rule === "normalized" ? t.div(gradient, t.add(t.sqrt(t.mean(t.square(gradient))), 1)) : gradient;
        if (rule !== "plain") momentum.assign(t.add(t.mul(momentum.value, 0.9), step));
        parameter.assign(t.sub(parameter.value, t.mul(rule === "plain" ? step : momentum.value, rate)));
      }
      const old = ring.map(({ value }) => value);
      for (const [index, variable] of ring.entries()) variable.assign(old[(index + 1) % 3] as Tensor);
      // Old values and new ones, side by side.
      return [
        loss,
        count.value,
        ...before.slice(0, 2),
        ...parameters.slice(0, 2).map(({ value }) => value),
        ...old,
        t.sum(t.add(old[0] as Tensor, old[1] as Tensor)),
      ];
    },
    [x],
  );
  return { graph, inputs: [x], text: `training (${rule}) of ${text()}`, variables: [...parameters, ...momenta, ...ring, count] };
}
