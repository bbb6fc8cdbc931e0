import type { Node } from "../../tensor/graph.js";
import type { DType } from "../../tensor/shape.js";
import { simd, type VectorCode } from "./vector-math.js";

/**
 * Element-wise operations as vector code. Values in registers: f32 and i32 as they are, bool as a mask of all ones or
 * zeros, u8 as i32. `operands` are the locals of the inputs; the result is the local of the output.
 */
type Emit = (code: VectorCode, operands: Operands, node: Node) => number;

/** As many as the operation has; typed as three, so that each can be named without asking whether it is there. */
export type Operands = readonly [number, number, number];

/** By the dtype of the first input that is not a condition. Absent: not done in vector code. */
interface ElementWise {
  readonly f32?: Emit;
  readonly i32?: Emit;
  readonly bool?: Emit;
  readonly u8?: Emit;
  /** Roughly how many instructions. */
  readonly cost: number;
}

const instruction =
  (code: number): Emit =>
  (vector, operands) =>
    vector.op(code, ...operands);

/** u8 is held as i32, and what leaves its range wraps around as it does in an array of bytes. */
const wrapped =
  (code: number): Emit =>
  (vector, operands) =>
    vector.op(simd.and, vector.op(code, ...operands), vector.integer(255));

const both = (f32: number, i32: number): ElementWise => ({ f32: instruction(f32), i32: instruction(i32), u8: wrapped(i32), cost: 1 });

const comparison = (f32: number, i32: number): ElementWise => ({
  f32: instruction(f32),
  i32: instruction(i32),
  u8: instruction(i32),
  cost: 1,
});

const choose: Emit = (vector, [condition, a, b]) => vector.select(condition, a, b);
const same: Emit = (_, [x]) => x;

export const elementWise: Readonly<Record<string, ElementWise>> = {
  add: both(simd.f32Add, simd.i32Add),
  sub: both(simd.f32Sub, simd.i32Sub),
  mul: both(simd.f32Mul, simd.i32Mul),
  div: { f32: instruction(simd.f32Div), cost: 4 },
  pow: { f32: (vector, [a, b]) => vector.power(a, b), cost: 80 },
  maximum: { ...comparison(simd.f32Max, simd.i32Max), bool: instruction(simd.or) },
  minimum: { ...comparison(simd.f32Min, simd.i32Min), bool: instruction(simd.and) },
  neg: both(simd.f32Neg, simd.i32Neg),
  abs: both(simd.f32Abs, simd.i32Abs),
  sign: {
    // x itself where it is 0 or NaN
    f32: (vector, [x]) => {
      const zero = vector.constant(0);
      const signed = vector.select(vector.op(simd.f32Gt, x, zero), vector.constant(1), vector.constant(-1));
      return vector.select(vector.op(simd.f32Gt, vector.op(simd.f32Abs, x), zero), signed, x);
    },
    i32: (vector, [x]) => vector.op(simd.i32Max, vector.integer(-1), vector.op(simd.i32Min, vector.integer(1), x)),
    u8: (vector, [x]) => vector.op(simd.i32Min, vector.integer(1), x),
    cost: 4,
  },
  square: {
    f32: (vector, [x]) => vector.mul(x, x),
    i32: (vector, [x]) => vector.op(simd.i32Mul, x, x),
    u8: (vector, [x]) => vector.op(simd.and, vector.op(simd.i32Mul, x, x), vector.integer(255)),
    cost: 1,
  },
  reciprocal: { f32: (vector, [x]) => vector.div(vector.constant(1), x), cost: 4 },
  floor: { f32: instruction(simd.f32Floor), cost: 1 },
  ceil: { f32: instruction(simd.f32Ceil), cost: 1 },
  round: { f32: instruction(simd.f32Nearest), cost: 1 },

  exp: { f32: (vector, [x]) => vector.exp(x), cost: 30 },
  log: { f32: (vector, [x]) => vector.log(x), cost: 40 },
  sqrt: { f32: instruction(simd.f32Sqrt), cost: 5 },
  rsqrt: { f32: (vector, [x]) => vector.div(vector.constant(1), vector.op(simd.f32Sqrt, x)), cost: 9 },
  sin: { f32: (vector, [x]) => vector.sine(x, false), cost: 30 },
  cos: { f32: (vector, [x]) => vector.sine(x, true), cost: 30 },
  tanh: { f32: (vector, [x]) => vector.tanh(x), cost: 28 },
  erf: { f32: (vector, [x]) => vector.erf(x), cost: 26 },

  step: { f32: (vector, [x]) => vector.op(simd.and, vector.op(simd.f32Gt, x, vector.constant(0)), vector.constant(1)), cost: 2 },
  // pmax(x, 0) is "0 where x < 0, else x": one instruction, and NaN stays NaN.
  relu: { f32: (vector, [x]) => vector.op(simd.f32Pmax, x, vector.constant(0)), cost: 1 },
  sigmoid: { f32: (vector, [x]) => vector.sigmoid(x), cost: 36 },
  softplus: {
    f32: (vector, [x]) => {
      const decay = vector.exp(vector.op(simd.f32Neg, vector.op(simd.f32Abs, x)));
      return vector.add(vector.op(simd.f32Max, x, vector.constant(0)), vector.log1p(decay));
    },
    cost: 85,
  },
  silu: { f32: (vector, [x]) => vector.mul(x, vector.sigmoid(x)), cost: 37 },
  leakyRelu: {
    f32: (vector, [x], node) => {
      const { slope } = node.attributes as { slope: number };
      return vector.select(vector.op(simd.f32Gt, x, vector.constant(0)), x, vector.mul(x, vector.constant(slope)));
    },
    cost: 3,
  },
  elu: {
    f32: (vector, [x], node) => {
      const { alpha } = node.attributes as { alpha: number };
      return vector.select(vector.op(simd.f32Gt, x, vector.constant(0)), x, vector.mul(vector.expm1(x), vector.constant(alpha)));
    },
    cost: 32,
  },
  gelu: {
    f32: (vector, [x], node) => {
      const { form } = node.attributes as { form: "exact" | "tanh" };
      const half = vector.mul(x, vector.constant(0.5));
      if (form === "exact")
        return vector.mul(half, vector.add(vector.constant(1), vector.erf(vector.mul(x, vector.constant(Math.SQRT1_2)))));
      const cubic = vector.mul(vector.mul(x, x), vector.mul(x, vector.constant(0.044715)));
      const inner = vector.mul(vector.add(x, cubic), vector.constant(Math.sqrt(2 / Math.PI)));
      return vector.mul(half, vector.add(vector.constant(1), vector.tanh(inner)));
    },
    cost: 34,
  },

  equal: { ...comparison(simd.f32Eq, simd.i32Eq), bool: (vector, operands) => vector.op(simd.not, vector.op(simd.xor, ...operands)) },
  notEqual: { ...comparison(simd.f32Ne, simd.i32Ne), bool: instruction(simd.xor) },
  // Of bools, false is less than true.
  less: { ...comparison(simd.f32Lt, simd.i32Lt), bool: (vector, [a, b]) => vector.op(simd.and, vector.op(simd.not, a), b) },
  lessEqual: { ...comparison(simd.f32Le, simd.i32Le), bool: (vector, [a, b]) => vector.op(simd.or, vector.op(simd.not, a), b) },
  greater: { ...comparison(simd.f32Gt, simd.i32Gt), bool: (vector, [a, b]) => vector.op(simd.and, a, vector.op(simd.not, b)) },
  greaterEqual: { ...comparison(simd.f32Ge, simd.i32Ge), bool: (vector, [a, b]) => vector.op(simd.or, a, vector.op(simd.not, b)) },
  logicalAnd: { bool: instruction(simd.and), cost: 1 },
  logicalOr: { bool: instruction(simd.or), cost: 1 },
  logicalNot: { bool: instruction(simd.not), cost: 1 },
  isFinite: { f32: (vector, [x]) => vector.op(simd.f32Eq, vector.sub(x, x), vector.constant(0)), cost: 2 },

  where: { f32: choose, i32: choose, bool: choose, u8: choose, cost: 1 },
  broadcastTo: { f32: same, i32: same, bool: same, u8: same, cost: 0 },
  identity: { f32: same, i32: same, bool: same, u8: same, cost: 0 },
  stopGradient: { f32: same, i32: same, bool: same, u8: same, cost: 0 },
  cast: {
    f32: (vector, [x], node) => {
      const to = dtypeOf(node);
      if (to === "bool") return vector.op(simd.f32Ne, x, vector.constant(0));
      const whole = to === "f32" ? x : vector.op(simd.truncSatF32ToI32, x);
      return to === "u8" ? vector.op(simd.and, whole, vector.integer(255)) : whole;
    },
    i32: castInteger,
    u8: castInteger,
    bool: (vector, [x], node) => {
      const to = dtypeOf(node);
      if (to === "bool") return x;
      return vector.op(simd.and, x, to === "f32" ? vector.constant(1) : vector.integer(1));
    },
    cost: 2,
  },
};

function castInteger(vector: VectorCode, [x]: Operands, node: Node): number {
  const to = dtypeOf(node);
  if (to === "f32") return vector.op(simd.convertI32ToF32, x);
  if (to === "bool") return vector.op(simd.i32Ne, x, vector.integer(0));
  return to === "u8" ? vector.op(simd.and, x, vector.integer(255)) : x;
}

const dtypeOf = (node: Node): DType => (node.types[0] as { dtype: DType }).dtype;

/** How a node is done in vector code, or null when it is not an element-wise operation on dtypes that have vectors. */
export function vectorCodeFor(node: Node): { emit: Emit; cost: number } | null {
  if (node.operation === null) return null;
  const entry = Object.hasOwn(elementWise, node.operation.name) ? elementWise[node.operation.name] : undefined;
  if (entry === undefined || node.outputs.length !== 1) return null;
  if (dtypeOf(node) === "f64") return null;
  const value = node.operation.name === "where" ? node.inputs[1] : node.inputs[0];
  const dtype = value?.dtype;
  if (dtype === undefined || dtype === "f64") return null;
  const emit = entry[dtype];
  return emit === undefined ? null : { emit, cost: entry.cost };
}
