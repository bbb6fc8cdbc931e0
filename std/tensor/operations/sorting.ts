import { ShapeError } from "../../errors.js";
import { viewAlong } from "../offsets.js";
import { apply, applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { scatterAlongOperation } from "./indexing.js";
import { slice } from "./slicing.js";

export interface SortAttributes {
  readonly axis: number;
  readonly descending: boolean;
}

/** Outputs the values in order and where each stood (i32). Equal values keep their order; NaN comes last. */
export const sortOperation: Operation<SortAttributes> = defineOperation<SortAttributes, 1, 2>({
  name: "sort",
  infer: ([x]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: x.shape, dtype: "i32" },
  ],
  gradient({ inputs: [x], outputs: [, places], gradients: [g], attributes: { axis } }) {
    return [g === null ? null : applyOne(scatterAlongOperation, [places, g], { axis, extent: x.shape[axis] as number })];
  },
  evaluate([x], { axis, descending }, [values, places]) {
    const { outer, extent, inner } = viewAlong(x.shape, axis);
    const sign = descending ? -1 : 1;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const base = o * extent * inner + i;
        const at = (k: number): number => x.data[base + k * inner] as number;
        const order = Array.from({ length: extent }, (_, k) => k).sort((a, b) => {
          const [left, right] = [at(a), at(b)];
          if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
          return left === right ? a - b : sign * (left < right ? -1 : 1);
        });
        for (const [k, from] of order.entries()) {
          values.data[base + k * inner] = at(from);
          places.data[base + k * inner] = from;
        }
      }
    }
  },
});

/** Values in order along an axis, and the places they came from. */
export interface Sorted {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** Sorts along an axis, smallest first; equal values keep their order. @param options.axis default the last */
export function sort(x: Tensor, options: { readonly axis?: number; readonly descending?: boolean } = {}): Sorted {
  const [values, indices] = apply(sortOperation, [x], {
    axis: normalizeAxis(options.axis ?? -1, x.rank, "sort"),
    descending: options.descending ?? false,
  });
  return { values: values as Tensor, indices: indices as Tensor };
}

/** The k largest along an axis, largest first, and where they stand. @param axis default the last */
export function topK(x: Tensor, k: number, axis = -1): Sorted {
  const at = normalizeAxis(axis, x.rank, "topK");
  const extent = x.shape[at] as number;
  if (!Number.isInteger(k) || k < 1 || k > extent)
    throw new ShapeError(`topK: k must be from 1 to ${extent}, the extent of axis ${at} of ${formatShape(x.shape)}, but it is ${k}`);
  const { values, indices } = sort(x, { axis: at, descending: true });
  const first = (sorted: Tensor): Tensor =>
    slice(
      sorted,
      [],
      x.shape.map((own, other) => (other === at ? k : own)),
    );
  return { values: first(values), indices: first(indices) };
}
