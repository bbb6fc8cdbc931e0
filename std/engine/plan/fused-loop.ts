import type { Node } from "../../tensor/graph.js";
import { bytesPerElement, sizeOf, type DType, type Shape } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { FunctionBuilder, ModuleBuilder, ValueType } from "../wasm/encoder.js";
import { vectorCodeFor, type Operands } from "./element-wise.js";
import { simd, VectorCode } from "./vector-math.js";

/** Element-wise nodes of one iteration shape, done in one pass over memory. */
export interface FusedGroup {
  readonly shape: Shape;
  /** In an order in which inputs come before what uses them. */
  readonly nodes: readonly Node[];
  /** Tensors read from memory; each broadcasts to `shape`. */
  readonly inputs: readonly Tensor[];
  /** Results that are written to memory. */
  readonly outputs: readonly Tensor[];
}

/** What a uniform constant is, so that it needs no memory; null for everything else. */
export type UniformValue = (tensor: Tensor) => number | null;

interface Operand {
  readonly tensor: Tensor;
  readonly dtype: DType;
  readonly bytes: number;
  /** In elements, one per iteration axis; 0 where the operand repeats. */
  strides: number[];
  /** The parameter that holds its address. */
  readonly parameter: number;
}

/**
 * A function `(address of each input, address of each output, part, parts)` for a group, specialised to its shapes.
 * Groups that differ only in addresses share one function.
 */
export class FusedFunctions {
  readonly #built = new Map<string, FunctionBuilder>();

  constructor(readonly module: ModuleBuilder) {}

  function(group: FusedGroup, uniform: UniformValue): FunctionBuilder {
    const key = keyOf(group, uniform);
    let built = this.#built.get(key);
    if (built === undefined) {
      built = buildGroup(this.module, group, uniform);
      this.#built.set(key, built);
    }
    return built;
  }
}

/** Instructions per element, for the estimate of work. */
export function costOf(group: FusedGroup): number {
  return group.nodes.reduce((sum, node) => sum + (vectorCodeFor(node)?.cost ?? 1), 1 + group.inputs.length + group.outputs.length) / 4;
}

function keyOf(group: FusedGroup, uniform: UniformValue): string {
  const names = new Map<Tensor, string>();
  for (const [index, input] of group.inputs.entries()) {
    const value = uniform(input);
    names.set(
      input,
      value === null ? `p${index}:${input.dtype}${input.shape.join("x")}` : `c${Object.is(value, -0) ? "-0" : value}:${input.dtype}`,
    );
  }
  const parts = [group.shape.join("x")];
  for (const [index, node] of group.nodes.entries()) {
    names.set(node.outputs[0] as Tensor, `n${index}`);
    parts.push(
      `${node.operation?.name}(${node.inputs.map((input) => names.get(input)).join()})${JSON.stringify(node.attributes)}${(node.outputs[0] as Tensor).dtype}`,
    );
  }
  parts.push(group.outputs.map((output) => names.get(output)).join());
  return parts.join(";");
}

function buildGroup(module: ModuleBuilder, group: FusedGroup, uniform: UniformValue): FunctionBuilder {
  const placed = group.inputs.filter((input) => uniform(input) === null);
  const count = placed.length + group.outputs.length;
  const body = module.function({ parameters: new Array<ValueType>(count + 2).fill("i32"), results: [] });
  const operand = (tensor: Tensor, parameter: number): Operand => ({
    tensor,
    dtype: tensor.dtype,
    bytes: bytesPerElement[tensor.dtype],
    strides: stridesIn(tensor.shape, group.shape),
    parameter,
  });
  const inputs = placed.map((tensor, index) => operand(tensor, index));
  const outputs = group.outputs.map((tensor, index) => operand(tensor, placed.length + index));
  const extents = collapse(group.shape, [...inputs, ...outputs]);
  const loops = new GroupLoops(body, group, uniform, inputs, outputs, count, count + 1);
  if (extents.length <= 1) loops.flat(extents[0] ?? 1);
  else loops.rows(extents);
  return body;
}

/** Strides of a tensor read as if broadcast to `shape`. */
function stridesIn(from: Shape, shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(0);
  const lead = shape.length - from.length;
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) strides[axis + lead] = stride;
    stride *= from[axis] as number;
  }
  return strides;
}

/** Joins neighbouring axes that every operand walks as one, and drops axes of extent 1. */
function collapse(shape: Shape, operands: readonly Operand[]): number[] {
  const extents: number[] = [];
  const kept: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] as number;
    if (extent === 1) continue;
    const last = extents.length - 1;
    const joins =
      last >= 0 && operands.every((operand, index) => (kept[index] as number[])[last] === (operand.strides[axis] as number) * extent);
    if (joins) {
      extents[last] = (extents[last] as number) * extent;
      for (const [index, operand] of operands.entries()) (kept[index] as number[])[last] = operand.strides[axis] as number;
    } else {
      extents.push(extent);
      for (const [index, operand] of operands.entries()) (kept[index] as number[]).push(operand.strides[axis] as number);
    }
  }
  for (const [index, operand] of operands.entries()) operand.strides = kept[index] as number[];
  return extents;
}

const i32 = { add: 0x6a, sub: 0x6b, mul: 0x6c, divU: 0x6e, remU: 0x70, and: 0x71, shrU: 0x76, ltU: 0x49, load8U: 0x2d } as const;

/** Inner axes of at most this many vectors are written out instead of looped over. */
const unrolledVectors = 4;

class GroupLoops {
  readonly #vector: VectorCode;
  /** Operands whose value does not change in the innermost loop, in registers. */
  readonly #invariant = new Map<Tensor, number>();

  constructor(
    readonly body: FunctionBuilder,
    readonly group: FusedGroup,
    readonly uniform: UniformValue,
    readonly inputs: readonly Operand[],
    readonly outputs: readonly Operand[],
    readonly part: number,
    readonly parts: number,
  ) {
    this.#vector = new VectorCode(body);
    for (const input of group.inputs) {
      const value = uniform(input);
      if (value === null) continue;
      if (input.dtype === "f32") this.#invariant.set(input, this.#vector.constant(value));
      else this.#invariant.set(input, this.#vector.integer(input.dtype === "bool" ? -value : value));
    }
    for (const input of inputs) {
      if (input.strides.some((stride) => stride !== 0) || sizeOf(input.tensor.shape) !== 1) continue;
      body.atHead(() => this.#splat(input, input.parameter));
    }
  }

  /** Reads one element into all lanes, to stay in a register. */
  #splat(operand: Operand, pointer: number): void {
    const local = this.body.local("v128");
    this.body.get(pointer);
    if (operand.bytes === 4) this.body.simdMemory(simd.loadSplat32, 2, 0);
    else {
      this.body.memory(i32.load8U, 0, 0).simd(simd.splatI32);
      if (operand.dtype === "bool") this.body.simd(simd.i32Neg);
    }
    this.body.set(local);
    this.#invariant.set(operand.tensor, local);
  }

  /** This thread's share of `total` things, in multiples of `grain`: sets two locals to its begin and end. */
  #share(total: number, grain: number): { begin: number; end: number } {
    const { body } = this;
    const chunk = body.local("i32");
    const begin = body.local("i32");
    const end = body.local("i32");
    body
      .i32(total - 1)
      .get(this.parts)
      .op(i32.add)
      .get(this.parts)
      .op(i32.divU); // ceil(total / parts)
    if (grain > 1)
      body
        .i32(grain - 1)
        .op(i32.add)
        .i32(-grain)
        .op(i32.and);
    body.set(chunk);
    const limited = (local: number): void => {
      body.set(local);
      body.get(local).i32(total).get(local).i32(total).op(i32.ltU).op(0x1b).set(local); // min(local, total)
    };
    body.get(this.part).get(chunk).op(i32.mul);
    limited(begin);
    body.get(begin).get(chunk).op(i32.add);
    limited(end);
    return { begin, end };
  }

  /** All operands lie as the result does: one walk over memory. A last vector may run into the buffers' padding. */
  flat(extent: number): void {
    const { body } = this;
    const vectors = Math.ceil(extent / 4);
    const { begin, end } = this.#share(vectors, 16);
    const offsets = new Offsets(body, this.inputs, this.outputs);
    body.get(begin).i32(16).op(i32.mul).set(begin);
    body.get(end).i32(16).op(i32.mul).set(end);
    const unroll = vectors >= 64 && this.group.nodes.length <= 8 ? 2 : 1;
    const walk = (count: number): void => {
      body.block().loop();
      // while (begin + 16 (count - 1) < end)
      body
        .get(begin)
        .i32(16 * (count - 1))
        .op(i32.add)
        .get(end)
        .op(i32.ltU)
        .op(0x45)
        .branchIf(1);
      offsets.at(begin, null);
      for (let step = 0; step < count; step++) this.#element(offsets, step, 4);
      body
        .get(begin)
        .i32(16 * count)
        .op(i32.add)
        .set(begin);
      body.branch(0).end().end();
    };
    if (unroll > 1) walk(unroll);
    walk(1);
  }

  /** Outer axes as rows, with each operand's place worked out per row; the last axis in vectors, its rest lane by lane. */
  rows(extents: readonly number[]): void {
    const { body } = this;
    const inner = extents.at(-1) as number;
    const outer = extents.slice(0, -1);
    const rowCount = sizeOf(outer);
    const vectors = Math.floor(inner / 4);
    const rest = inner % 4;
    // Few long rows are cut along the row, many along the rows.
    const alongRows = rowCount >= 16 || vectors < 64;
    const row = body.local("i32");
    const pointers = new Map<Operand, number>();
    for (const operand of [...this.inputs, ...this.outputs])
      if (!this.#invariant.has(operand.tensor) || this.outputs.includes(operand)) pointers.set(operand, body.local("i32"));

    const rows = alongRows ? this.#share(rowCount, 1) : null;
    const columns = alongRows ? null : this.#share(vectors, 16);
    if (rows === null) body.i32(0).set(row);
    else body.get(rows.begin).set(row);
    body.block().loop();
    body.get(row);
    if (rows === null) body.i32(rowCount);
    else body.get(rows.end);
    body.op(i32.ltU).op(0x45).branchIf(1);
    for (const [operand, pointer] of pointers) {
      this.#rowOffset(operand, outer, inner, row);
      body.get(operand.parameter).op(i32.add).set(pointer);
    }
    const repeated = this.inputs.filter((input) => pointers.has(input) && input.strides.at(-1) === 0);
    for (const input of repeated) this.#splat(input, pointers.get(input) as number);

    const offsets = new Offsets(body, this.inputs, this.outputs);
    if (columns === null && vectors <= unrolledVectors) {
      offsets.at(null, pointers);
      for (let step = 0; step < vectors; step++) this.#element(offsets, step, 4);
      if (rest > 0) this.#element(offsets, vectors, rest);
    } else {
      const column = body.local("i32");
      const end = body.local("i32");
      if (columns === null) {
        body.i32(0).set(column);
        body.i32(vectors * 16).set(end);
      } else {
        body.get(columns.begin).i32(16).op(i32.mul).set(column);
        body.get(columns.end).i32(16).op(i32.mul).set(end);
      }
      body.block().loop();
      body.get(column).get(end).op(i32.ltU).op(0x45).branchIf(1);
      offsets.at(column, pointers);
      this.#element(offsets, 0, 4);
      body.get(column).i32(16).op(i32.add).set(column);
      body.branch(0).end().end();
      if (rest > 0) {
        // Whoever has the end of the row does its rest.
        if (columns !== null) body.get(columns.end).i32(vectors).op(0x46).get(columns.begin).get(columns.end).op(i32.ltU).op(i32.and).if();
        body.i32(vectors * 16).set(column);
        offsets.at(column, pointers);
        this.#element(offsets, 0, rest);
        if (columns !== null) body.end();
      }
    }
    for (const input of repeated) this.#invariant.delete(input.tensor);
    body.get(row).i32(1).op(i32.add).set(row);
    body.branch(0).end().end();
  }

  /** Pushes the operand's offset in bytes at a row. */
  #rowOffset(operand: Operand, outer: readonly number[], inner: number, row: number): void {
    const { body } = this;
    const contiguous = operand.strides.every(
      (stride, axis) => stride === sizeOf(outer.slice(axis + 1)) * (axis === outer.length ? 1 : inner),
    );
    if (contiguous || outer.length === 1) {
      const stride = contiguous ? inner : (operand.strides[0] as number);
      body
        .get(row)
        .i32(stride * operand.bytes)
        .op(i32.mul);
      return;
    }
    body.i32(0);
    let below = 1;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const stride = operand.strides[axis] as number;
      const extent = outer[axis] as number;
      if (stride !== 0) {
        body.get(row);
        if (below > 1) body.i32(below).op(i32.divU);
        if (axis > 0) body.i32(extent).op(i32.remU);
        body
          .i32(stride * operand.bytes)
          .op(i32.mul)
          .op(i32.add);
      }
      below *= extent;
    }
  }

  /** The group's code for the vector `step` vectors after the current place; the first `lanes` lanes are written. */
  #element(offsets: Offsets, step: number, lanes: number): void {
    const values = new Map<Tensor, number>(this.#invariant);
    const value = (tensor: Tensor): number => {
      let local = values.get(tensor);
      if (local === undefined) {
        const operand = this.inputs.find((input) => input.tensor === tensor) as Operand;
        local = this.body.local("v128");
        this.#load(operand, offsets, step);
        this.body.set(local);
        values.set(tensor, local);
      }
      return local;
    };
    for (const node of this.group.nodes) {
      const operands = node.inputs.map(value) as readonly number[] as Operands;
      const code = vectorCodeFor(node) as NonNullable<ReturnType<typeof vectorCodeFor>>;
      values.set(node.outputs[0] as Tensor, code.emit(this.#vector, operands, node));
    }
    for (const output of this.outputs) this.#store(output, offsets, step, lanes, value(output.tensor));
  }

  #load(operand: Operand, offsets: Offsets, step: number): void {
    const { body } = this;
    offsets.push(operand);
    if (operand.bytes === 4) {
      body.simdMemory(simd.load, 2, step * 16);
      return;
    }
    body
      .simdMemory(simd.loadZero32, 0, step * 4)
      .simd(simd.widenLowU8)
      .simd(simd.widenLowU16);
    if (operand.dtype === "bool") body.simd(simd.i32Neg);
  }

  #store(operand: Operand, offsets: Offsets, step: number, lanes: number, local: number): void {
    const { body } = this;
    if (operand.bytes === 4) {
      const lane = (code: number, at: number, index: number): void => {
        offsets.push(operand);
        body.get(local).simdMemoryLane(code, 2, step * 16 + at, index);
      };
      if (lanes === 4) {
        offsets.push(operand);
        body.get(local).simdMemory(simd.store, 2, step * 16);
        return;
      }
      if (lanes >= 2) lane(simd.storeLane64, 0, 0);
      if (lanes !== 2) lane(simd.storeLane32, lanes === 3 ? 8 : 0, lanes === 3 ? 2 : 0);
      return;
    }
    const narrow = body.local("v128");
    body.get(local);
    if (operand.dtype === "bool") body.i32(31).simd(simd.i32ShrU);
    body.tee(narrow).get(narrow).simd(simd.narrowI32ToU16).tee(narrow).get(narrow).simd(simd.narrowI16ToU8).set(narrow);
    if (lanes === 4) {
      offsets.push(operand);
      body.get(narrow).simdMemoryLane(simd.storeLane32, 0, step * 4, 0);
      return;
    }
    for (let lane = 0; lane < lanes; lane++) {
      offsets.push(operand);
      body.get(narrow).simdMemoryLane(simd.storeLane8, 0, step * 4 + lane, lane);
    }
  }
}

/** Where each operand is read and written now: its address (or the address of its row) plus how far the walk has come. */
class Offsets {
  #position: number | null = null;
  #pointers: ReadonlyMap<Operand, number> | null = null;

  constructor(
    readonly body: FunctionBuilder,
    readonly inputs: readonly Operand[],
    readonly outputs: readonly Operand[],
  ) {}

  /** @param position a local that counts bytes of 4-byte elements; null: at the start of the row. */
  at(position: number | null, pointers: ReadonlyMap<Operand, number> | null): void {
    this.#position = position;
    this.#pointers = pointers;
  }

  push(operand: Operand): void {
    this.body.get(this.#pointers?.get(operand) ?? operand.parameter);
    if (this.#position === null) return;
    this.body.get(this.#position);
    if (operand.bytes === 1) this.body.i32(2).op(i32.shrU);
    this.body.op(i32.add);
  }
}
