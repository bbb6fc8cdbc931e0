import { ShapeError } from "../../errors.js";
import { offsetsOf } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, normalizeAxis, stridesOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { reshape } from "./reshaping.js";

/** One entry per axis: entries `start`, `start + step`, … before `end`. */
export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
}

export const sliceOperation: Operation<SliceAttributes> = defineOperation<SliceAttributes>({
  name: "slice",
  infer: ([x], { starts, ends, steps }) => [
    {
      shape: starts.map((start, axis) => Math.max(0, Math.ceil(((ends[axis] as number) - start) / (steps[axis] as number)))),
      dtype: x.dtype,
    },
  ],
  gradient({ inputs: [x], gradients: [g], attributes: { starts, steps } }) {
    // Spread the entries `step` apart, then put zeros around them.
    const spread = steps.reduce((sum, step, axis) => spreadAlong(sum, axis, step), g);
    const shape = x.shape;
    const cut = slice(
      spread,
      shape.map(() => 0),
      shape.map((extent, axis) => Math.min(spread.shape[axis] as number, extent - (starts[axis] as number))),
    );
    return [
      pad(
        cut,
        shape.map((extent, axis) => [starts[axis] as number, extent - (starts[axis] as number) - (cut.shape[axis] as number)]),
      ),
    ];
  },
  evaluate([x], { starts, steps }, [out]) {
    const strides = stridesOf(x.shape);
    const first = strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] as number), 0);
    const offsets = offsetsOf(
      out.shape,
      strides.map((stride, axis) => stride * (steps[axis] as number)),
      first,
    );
    for (let i = 0; i < offsets.length; i++) out.data[i] = x.data[offsets[i] as number] as number;
  },
});

/** n entries become n * step, each followed by step - 1 zeros. */
function spreadAlong(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const outer = x.shape.slice(0, axis + 1);
  const inner = x.shape.slice(axis + 1);
  const wide = pad(reshape(x, [...outer, 1, ...inner]), [
    ...outer.map((): [number, number] => [0, 0]),
    [0, step - 1],
    ...inner.map((): [number, number] => [0, 0]),
  ]);
  return reshape(wide, [...x.shape.slice(0, axis), (x.shape[axis] as number) * step, ...inner]);
}

export interface PadAttributes {
  /** Per axis, how many entries come before and after. */
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

export const padOperation: Operation<PadAttributes> = defineOperation<PadAttributes>({
  name: "pad",
  infer: ([x], { pads }) => [{ shape: pads.map(([before, after], axis) => before + (x.shape[axis] as number) + after), dtype: x.dtype }],
  gradient: ({ inputs: [x], gradients: [g], attributes: { pads } }) => [
    slice(
      g,
      pads.map(([before]) => before),
      pads.map(([before], axis) => before + (x.shape[axis] as number)),
    ),
  ],
  evaluate([x], { pads, value }, [out]) {
    const strides = stridesOf(out.shape);
    const first = pads.reduce((sum, [before], axis) => sum + before * (strides[axis] as number), 0);
    if (value !== 0) out.data.fill(value);
    const offsets = offsetsOf(x.shape, strides, first);
    for (let i = 0; i < offsets.length; i++) out.data[offsets[i] as number] = x.data[i] as number;
  },
});

export interface FlipAttributes {
  readonly axes: readonly number[];
}

export const flipOperation: Operation<FlipAttributes> = defineOperation<FlipAttributes>({
  name: "flip",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ gradients: [g], attributes: { axes } }) => [flip(g, axes)],
  evaluate([x], { axes }, [out]) {
    const strides = stridesOf(x.shape);
    const first = axes.reduce((sum, axis) => sum + (strides[axis] as number) * ((x.shape[axis] as number) - 1), 0);
    const offsets = offsetsOf(
      x.shape,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      first,
    );
    for (let i = 0; i < offsets.length; i++) out.data[i] = x.data[offsets[i] as number] as number;
  },
});

/**
 * A box of x: per axis the entries from `starts` up to but without `ends`, every `steps`-th. Negative places count from
 * the end; axes not named are taken whole. `slice(x, [0, 1], [2, 3])` is NumPy's `x[0:2, 1:3]`.
 * @throws ShapeError when a place lies outside x or a step is below 1.
 */
export function slice(x: Tensor, starts: readonly number[], ends: readonly number[], steps: readonly number[] = []): Tensor {
  if (starts.length > x.rank || ends.length > x.rank || steps.length > x.rank) {
    throw new ShapeError(
      `slice: ${formatShape(x.shape)} has ${x.rank} axes, but places for ${Math.max(starts.length, ends.length, steps.length)} were given`,
    );
  }
  const from = x.shape.map((extent, axis) => place(starts[axis] ?? 0, extent));
  const to = x.shape.map((extent, axis) => place(ends[axis] ?? extent, extent));
  const by = x.shape.map((_, axis) => steps[axis] ?? 1);
  for (const [axis, extent] of x.shape.entries()) {
    const [first, last, step] = [from[axis] as number, to[axis] as number, by[axis] as number];
    if (
      first < 0 ||
      last > extent ||
      first > last ||
      step < 1 ||
      !Number.isInteger(step) ||
      !Number.isInteger(first) ||
      !Number.isInteger(last)
    ) {
      throw new ShapeError(
        `slice: from ${starts[axis] ?? 0} to ${ends[axis] ?? extent} by ${step} does not lie within axis ${axis} of ` +
          `${formatShape(x.shape)}, which has entries 0 to ${extent - 1}`,
      );
    }
  }
  if (from.every((first) => first === 0) && to.every((last, axis) => last === x.shape[axis]) && by.every((step) => step === 1)) return x;
  return applyOne(sliceOperation, [x], { starts: from, ends: to, steps: by });
}

function place(given: number, extent: number): number {
  return given < 0 ? given + extent : given;
}

/** Puts entries of `value` around x: per axis `[before, after]`. @param value default 0 */
export function pad(x: Tensor, pads: readonly (readonly [number, number])[], value = 0): Tensor {
  if (pads.length !== x.rank)
    throw new ShapeError(`pad: ${formatShape(x.shape)} has ${x.rank} axes, but pads for ${pads.length} were given`);
  const wrong = pads.findIndex(([before, after]) => before < 0 || after < 0 || !Number.isInteger(before) || !Number.isInteger(after));
  if (wrong >= 0)
    throw new ShapeError(
      `pad: axis ${wrong} gets ${pads[wrong]?.join(" and ")} entries; these must be whole and not negative (slice takes entries away)`,
    );
  return pads.every(([before, after]) => before === 0 && after === 0) ? x : applyOne(padOperation, [x], { pads, value });
}

/** Reverses the order along the axes. */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  const named = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, x.rank, "flip"));
  return applyOne(flipOperation, [x], { axes: named });
}

/** Entry `index` along an axis, without that axis: `select(x, 0, 2)` is NumPy's `x[2]`. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  const at = normalizeAxis(axis, x.rank, "select");
  const extent = x.shape[at] as number;
  const entry = index < 0 ? index + extent : index;
  if (!Number.isInteger(index) || entry < 0 || entry >= extent)
    throw new ShapeError(`select: ${index} is no entry of axis ${at} of ${formatShape(x.shape)}, which has entries 0 to ${extent - 1}`);
  const starts: Shape = x.shape.map((_, other) => (other === at ? entry : 0));
  const ends: Shape = x.shape.map((extent, other) => (other === at ? entry + 1 : extent));
  return reshape(
    slice(x, starts, ends),
    x.shape.filter((_, other) => other !== at),
  );
}
