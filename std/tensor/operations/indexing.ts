import { LamellaError, ShapeError } from "../../errors.js";
import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type OperandArray, type Operation } from "../operation.js";
import { formatShape, normalizeAxis, sameShape, type DType, type Shape, type TensorType } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add } from "./arithmetic.js";
import type { AxisAttributes } from "./arg-extremes.js";
import { cast } from "./cast.js";

export interface GatherAttributes extends AxisAttributes {
  /** Who asks, for the message about an index that is out of range: "gather", "embedding". */
  readonly who: string;
}

/** `who: index 12 at position 0, 3 is out of range; it must be from 0 to 9`. */
export function indexError(who: string, index: number, at: number, shape: Shape, extent: number, what = "index"): LamellaError {
  const position: number[] = [];
  for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
    position.unshift(rest % (shape[axis] as number));
    rest = Math.floor(rest / (shape[axis] as number));
  }
  const where = position.length === 0 ? "" : ` at position ${position.join(", ")}`;
  return new LamellaError(`${who}: ${what} ${index}${where} is out of range; it must be from 0 to ${extent - 1}`);
}

function checkIndices(indices: OperandArray, extent: number, who: string, what = "index"): void {
  for (let i = 0; i < indices.data.length; i++) {
    const index = indices.data[i] as number;
    if (!(index >= 0 && index < extent)) throw indexError(who, index, i, indices.shape, extent, what);
  }
}

export function requireIntegers(indices: TensorType, who: string): void {
  if (indices.dtype !== "i32") throw new ShapeError(`${who}: indices are whole numbers (i32), but these are ${indices.dtype}; cast them`);
}

export const gatherOperation: Operation<GatherAttributes> = defineOperation<GatherAttributes, 2>({
  name: "gather",
  infer([x, indices], { axis, who }) {
    requireIntegers(indices, who);
    return [{ shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, indices], gradients: [g], attributes: { axis } }) => [
    applyOne(scatterAddOperation, [indices, g], { axis, extent: x.shape[axis] as number }),
    null,
  ],
  evaluate([x, indices], { axis, who }, [out]) {
    const { outer, extent, inner } = viewAlong(x.shape, axis);
    checkIndices(indices, extent, who);
    const count = indices.data.length;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const from = (o * extent + (indices.data[i] as number)) * inner;
        out.data.set(x.data.subarray(from, from + inner), (o * count + i) * inner);
      }
    }
  },
});

export interface ScatterAttributes extends AxisAttributes {
  /** The extent of the axis that the indices point into. */
  readonly extent: number;
}

/** Zeros with the updates added where the indices point, in the order of the indices: the gradient of `gather`. */
export const scatterAddOperation: Operation<ScatterAttributes> = defineOperation<ScatterAttributes, 2>({
  name: "scatterAdd",
  infer([indices, updates], { axis, extent }) {
    requireIntegers(indices, "scatterAdd");
    const named = updates.shape.slice(axis, axis + indices.shape.length);
    if (!sameShape(named, indices.shape)) {
      throw new ShapeError(
        `scatterAdd: the indices are ${formatShape(indices.shape)}, but the updates ${formatShape(updates.shape)} have ` +
          `${formatShape(named)} from axis ${axis} on; the two must be equal`,
      );
    }
    return [
      { shape: [...updates.shape.slice(0, axis), extent, ...updates.shape.slice(axis + indices.shape.length)], dtype: updates.dtype },
    ];
  },
  gradient: ({ inputs: [indices], gradients: [g], attributes: { axis } }) => [
    null,
    applyOne(gatherOperation, [g, indices], { axis, who: "scatterAdd" }),
  ],
  evaluate([indices, updates], { axis, extent }, [out]) {
    checkIndices(indices, extent, "scatterAdd");
    const { outer, inner } = viewAlong(out.shape, axis);
    const count = indices.data.length;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const to = (o * extent + (indices.data[i] as number)) * inner;
        const from = (o * count + i) * inner;
        for (let k = 0; k < inner; k++) out.data[to + k] = (out.data[to + k] as number) + (updates.data[from + k] as number);
      }
    }
  },
});

/** Along an axis each element picks by the index at its own place: NumPy's `take_along_axis`. */
export const gatherAlongOperation: Operation<AxisAttributes> = defineOperation<AxisAttributes, 2>({
  name: "gatherAlong",
  infer([x, indices], { axis }) {
    requireIntegers(indices, "gatherAlong");
    if (x.shape.length !== indices.shape.length || x.shape.some((extent, at) => at !== axis && extent !== indices.shape[at])) {
      throw new ShapeError(
        `gatherAlong: x is ${formatShape(x.shape)}, the indices ${formatShape(indices.shape)}; on every axis but axis ` +
          `${axis} they must be equal`,
      );
    }
    return [{ shape: indices.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, indices], gradients: [g], attributes: { axis } }) => [
    applyOne(scatterAlongOperation, [indices, g], { axis, extent: x.shape[axis] as number }),
    null,
  ],
  evaluate([x, indices], { axis }, [out]) {
    const { extent } = viewAlong(x.shape, axis);
    checkIndices(indices, extent, "gatherAlong");
    forEachAlong(indices, axis, extent, (at, from) => (out.data[at] = x.data[from] as number));
  },
});

/** Zeros with each update added along an axis at the index of its own place: the gradient of `gatherAlong`. */
export const scatterAlongOperation: Operation<ScatterAttributes> = defineOperation<ScatterAttributes, 2>({
  name: "scatterAlong",
  infer([indices, updates], { axis, extent }) {
    requireIntegers(indices, "scatterAlong");
    if (!sameShape(indices.shape, updates.shape)) {
      throw new ShapeError(
        `scatterAlong: the indices are ${formatShape(indices.shape)}, the updates ${formatShape(updates.shape)}; the two must be equal`,
      );
    }
    return [{ shape: updates.shape.map((own, at) => (at === axis ? extent : own)), dtype: updates.dtype }];
  },
  gradient: ({ inputs: [indices], gradients: [g], attributes: { axis } }) => [null, applyOne(gatherAlongOperation, [g, indices], { axis })],
  evaluate([indices, updates], { axis, extent }, [out]) {
    checkIndices(indices, extent, "scatterAlong");
    forEachAlong(indices, axis, extent, (at, to) => (out.data[to] = (out.data[to] as number) + (updates.data[at] as number)));
  },
});

/** Calls `visit` with the place of each index and the place it points at in a tensor with `extent` entries along the axis. */
function forEachAlong(indices: OperandArray, axis: number, extent: number, visit: (at: number, pointed: number) => void): void {
  const { outer, extent: count, inner } = viewAlong(indices.shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < inner; i++) {
        const at = (o * count + k) * inner + i;
        visit(at, (o * extent + (indices.data[at] as number)) * inner + i);
      }
    }
  }
}

export interface OneHotAttributes {
  readonly depth: number;
  readonly dtype: DType;
}

export const oneHotOperation: Operation<OneHotAttributes> = defineOperation<OneHotAttributes>({
  name: "oneHot",
  infer([indices], { depth, dtype }) {
    requireIntegers(indices, "oneHot");
    return [{ shape: [...indices.shape, depth], dtype }];
  },
  gradient: () => [null],
  evaluate([indices], { depth }, [out]) {
    checkIndices(indices, depth, "oneHot");
    for (let i = 0; i < indices.data.length; i++) out.data[i * depth + (indices.data[i] as number)] = 1;
  },
});

/**
 * The entries of x along an axis that the indices name: NumPy's `take`. The axis is replaced by the axes of the indices.
 * @param axis default 0
 * @throws LamellaError when it runs, naming an index that is out of range, its position and the range.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return applyOne(gatherOperation, [x, wholeNumbers(indices)], { axis: normalizeAxis(axis, x.rank, "gather"), who: "gather" });
}

/** Rows of a table: weight V x D, ids of any shape, result ids' shape x D. @throws LamellaError naming an id that is out of range. */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  if (weight.rank !== 2) throw new ShapeError(`embedding: the table has one row per id (V x D), but it is ${formatShape(weight.shape)}`);
  return applyOne(gatherOperation, [weight, wholeNumbers(ids)], { axis: 0, who: "embedding" });
}

/** x with the updates added at the entries that the indices name along an axis; an index may come more than once. @param axis default 0 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  const at = normalizeAxis(axis, x.rank, "scatterAdd");
  const added = applyOne(scatterAddOperation, [wholeNumbers(indices), updates], { axis: at, extent: x.shape[at] as number });
  if (!sameShape(added.shape, x.shape))
    throw new ShapeError(
      `scatterAdd: updates of ${formatShape(updates.shape)} at axis ${at} make ${formatShape(added.shape)}, but x is ` +
        `${formatShape(x.shape)}`,
    );
  return add(x, added);
}

/** Along an axis, the entry that the index at the same place names: NumPy's `take_along_axis`. @param axis default the last */
export function gatherAlong(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return applyOne(gatherAlongOperation, [x, wholeNumbers(indices)], { axis: normalizeAxis(axis, x.rank, "gatherAlong") });
}

/** A row of `depth` numbers for each index: 1 at the index, 0 elsewhere. @throws LamellaError naming an index that is out of range. */
export function oneHot(indices: Tensor, depth: number, dtype: DType = "f32"): Tensor {
  return applyOne(oneHotOperation, [wholeNumbers(indices)], { depth, dtype });
}

/** Bytes are whole numbers too; anything else must be cast by hand, so that a fraction is never dropped in silence. */
function wholeNumbers(indices: Tensor): Tensor {
  return indices.dtype === "u8" || indices.dtype === "bool" ? cast(indices, "i32") : indices;
}
