import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { toNumber } from "./operand.js";

export interface CumsumAttributes {
  readonly axis: number;
  /** Sums from the end. */
  readonly reverse: boolean;
}

export const cumsumOperation: Operation<CumsumAttributes> = defineOperation<CumsumAttributes>({
  name: "cumsum",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: ({ gradients: [g], attributes: { axis, reverse } }) => [applyOne(cumsumOperation, [g], { axis, reverse: !reverse })],
  evaluate([x], { axis, reverse }, [out]) {
    const { outer, extent, inner } = viewAlong(x.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let running = 0;
        for (let k = 0; k < extent; k++) {
          const at = (o * extent + (reverse ? extent - 1 - k : k)) * inner + i;
          running += x.data[at] as number;
          out.data[at] = running;
        }
      }
    }
  },
});

/** The running sum along an axis; with `reverse` from its end. @param axis default the last */
export function cumsum(x: Tensor, axis = -1, options: { readonly reverse?: boolean } = {}): Tensor {
  return applyOne(cumsumOperation, [toNumber(x)], { axis: normalizeAxis(axis, x.rank, "cumsum"), reverse: options.reverse ?? false });
}
