import { ShapeError } from "../../errors.js";
import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";

export interface AxisAttributes {
  readonly axis: number;
}

function argExtreme(name: "argMax" | "argMin", better: (x: number, best: number) => boolean): Operation<AxisAttributes> {
  return defineOperation<AxisAttributes>({
    name,
    infer([x], { axis }) {
      if (x.shape[axis] === 0) throw new ShapeError(`${name}: axis ${axis} of ${formatShape(x.shape)} is empty`);
      return [{ shape: x.shape.filter((_, other) => other !== axis), dtype: "i32" }];
    },
    gradient: () => [null],
    evaluate([x], { axis }, [out]) {
      const { outer, extent, inner } = viewAlong(x.shape, axis);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let at = 0;
          for (let k = 1; k < extent; k++) {
            const base = o * extent * inner + i;
            const [value, best] = [x.data[base + k * inner] as number, x.data[base + at * inner] as number];
            if (better(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) at = k;
          }
          out.data[o * inner + i] = at;
        }
      }
    },
  });
}

export const argMaxOperation: Operation<AxisAttributes> = argExtreme("argMax", (x, best) => x > best);
export const argMinOperation: Operation<AxisAttributes> = argExtreme("argMin", (x, best) => x < best);

/** Where the largest number stands along an axis (i32); the first of several, a NaN before all. @param axis default the last */
export function argMax(x: Tensor, axis = -1): Tensor {
  return applyOne(argMaxOperation, [x], { axis: normalizeAxis(axis, x.rank, "argMax") });
}

/** Where the smallest number stands along an axis (i32); the first of several, a NaN before all. @param axis default the last */
export function argMin(x: Tensor, axis = -1): Tensor {
  return applyOne(argMinOperation, [x], { axis: normalizeAxis(axis, x.rank, "argMin") });
}
