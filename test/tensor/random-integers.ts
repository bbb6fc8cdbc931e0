import * as t from "../../std/tensor/index.js";
import { Generator, tensor, trace, type DType, type Tensor } from "../../std/tensor/index.js";
import type { RandomProgram } from "./random-programs.js";

const pick = <T>(g: Generator, list: readonly T[]): T => list[g.integer(list.length)] as T;
const dtypes: readonly DType[] = ["i32", "u8", "bool", "f32"];

/** Small whole numbers, so that nothing overflows and every dtype holds them. */
function values(g: Generator, shape: readonly number[], dtype: DType): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const most = dtype === "bool" ? 2 : 6;
  return tensor(
    Array.from({ length: size }, () => g.integer(most) - (dtype === "i32" || dtype === "f32" ? 2 : 0)),
    { shape, dtype },
  );
}

type Step = (x: Tensor, g: Generator) => readonly [string, Tensor];

const axisOf = (x: Tensor, g: Generator): number => g.integer(x.rank);

const steps: readonly Step[] = [
  (x, g) => {
    const dtype = pick(g, dtypes);
    return [`cast ${dtype}`, t.cast(dtype === "u8" ? t.abs(t.cast(x, "i32")) : x, dtype)];
  },
  (x, g) => {
    const f = pick(g, [t.equal, t.notEqual, t.less, t.lessEqual, t.greater, t.greaterEqual]);
    return [f.name, f(x, g.integer(4))];
  },
  (x) => ["compare with its flip", t.lessEqual(x, t.flip(x, 0))],
  (x) => ["where", t.where(t.greater(x, 1), x, t.mul(x, 0))],
  (x) => ["choose", t.where(x, tensor(3, { dtype: "i32" }), 1)],
  (x) => ["and", t.logicalAnd(x, t.flip(x, 0))],
  (x) => ["or", t.logicalOr(x, t.flip(x, 0))],
  (x) => ["not", t.logicalNot(x)],
  (x, g) => ["minimum", t.minimum(t.add(x, g.integer(3)), 5)],
  (x, g) => ["maximum", t.maximum(t.sub(x, g.integer(3)), -3)],
  (x) => ["neg", t.neg(t.cast(x, "i32"))],
  (x) => ["abs", t.abs(t.cast(x, "i32"))],
  (x) => ["sign", t.sign(t.cast(x, "i32"))],
  (x) => ["square", t.minimum(t.square(t.cast(x, "i32")), 30)],
  (x, g) => {
    const f = pick(g, [t.less, t.lessEqual, t.greater, t.greaterEqual, t.maximum, t.minimum]);
    return [`${f.name} of its flip`, f(x, t.flip(x, 0))];
  },
  (x, g) => {
    const bytes = t.cast(t.abs(t.cast(x, "i32")), "u8");
    const f = pick(g, [t.add, t.sub, t.mul]);
    return [`bytes ${f.name}`, f(bytes, t.cast(t.full([], 1 + g.integer(200), "i32"), "u8"))];
  },
  (x) => ["sign and square of bytes", t.square(t.add(t.sign(t.cast(t.abs(t.cast(x, "i32")), "u8")), t.cast(x, "u8")))],
  (x) => ["div", t.floor(t.div(x, 2))],
  (x, g) => {
    const axis = axisOf(x, g);
    return [`sum ${axis}`, t.minimum(t.sum(x, { axes: axis, keepDims: true }), 7)];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    const f = pick(g, [t.max, t.min]);
    return [`${f.name} ${axis}`, f(x, { axes: axis, keepDims: true })];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    const f = pick(g, [t.argMax, t.argMin]);
    return [`${f.name} ${axis}`, t.expandDims(f(x, axis), axis)];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    return [`cumsum ${axis}`, t.minimum(t.cumsum(t.cast(x, "i32"), axis), 9)];
  },
  (x, g) => [`transpose`, t.transpose(x, [...g.permutation(x.rank)])],
  (x, g) => [`concat`, t.concat([x, t.flip(x, axisOf(x, g))], axisOf(x, g))],
  (x, g) => [`flip`, t.flip(x, axisOf(x, g))],
  (x, g) => [`pad`, t.pad(x, x.shape.map((): [number, number] => [g.integer(2), g.integer(2)]), 1)], // prettier-ignore
  (x, g) => {
    const axis = axisOf(x, g);
    const from = g.integer(x.shape[axis] as number);
    return [`slice`, t.slice(x, x.shape.map((_, at) => (at === axis ? from : 0)), [])]; // prettier-ignore
  },
  (x, g) => {
    const axis = axisOf(x, g);
    const places = Array.from({ length: 3 }, () => g.integer(x.shape[axis] as number));
    return [`gather`, t.gather(x, tensor(places, { dtype: "i32" }), axis)];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    const { values: sorted, indices } = t.sort(x, { axis });
    return g.integer(2) === 0 ? ["sort", sorted] : ["places of sort", indices];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    const { values: largest, indices } = t.topK(x, 1 + g.integer(Math.min(4, x.shape[axis] as number)), axis);
    return g.integer(2) === 0 ? ["topK", largest] : ["places of topK", indices];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    return [`gatherAlong ${axis}`, t.gatherAlong(x, t.sort(x, { axis, descending: true }).indices, axis)];
  },
  (x, g) => {
    const axis = axisOf(x, g);
    return [`prod ${axis}`, t.minimum(t.prod(t.cast(x, "i32"), { axes: axis, keepDims: true }), 7)];
  },
  (x, g) => {
    const indices = tensor(
      Array.from({ length: 3 }, () => g.integer(x.shape[0] as number)),
      { dtype: "i32" },
    );
    const whole = t.cast(x, "i32");
    return ["scatterAdd", t.minimum(t.scatterAdd(whole, indices, t.gather(whole, indices)), 9)];
  },
  (x) => ["oneHot bytes", t.argMax(t.oneHot(t.cast(t.minimum(t.abs(t.cast(x, "i32")), 9), "i32"), 10, "u8"), -1)],
  (x) => ["oneHot", t.argMax(t.oneHot(t.cast(t.minimum(t.abs(t.cast(x, "i32")), 9), "i32"), 10), -1)],
  (x) => ["broadcast", t.add(x, t.max(x, { axes: 0, keepDims: true }))],
];

/** A random chain of operations on whole numbers and bools; every executor must give exactly the same. */
export function randomIntegers(seed: number): RandomProgram {
  const g = new Generator(seed, 77);
  const shape = pick(g, [[9], [4, 7], [33, 5], [2, 3, 10], [70, 90]]);
  const dtype = pick(g, dtypes);
  const input = values(g, shape, dtype);
  const texts: string[] = [];
  const length = 2 + g.integer(8);
  const graph = trace(
    (x) => {
      const outputs: Tensor[] = [];
      let now = x;
      for (let made = 0; made < length; made++) {
        const [text, next] = pick(g, steps)(now, g);
        if (next.size > 30_000 || next.size === 0) continue;
        texts.push(text);
        now = next;
        if (g.integer(3) === 0) outputs.push(now);
      }
      return [now, ...outputs];
    },
    [input],
  );
  return { graph, inputs: [input], text: `program ${seed} on ${shape.join("x")} ${dtype}: ${texts.join(", ")}` };
}
