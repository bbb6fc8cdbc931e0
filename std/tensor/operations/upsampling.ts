import { ShapeError } from "../../errors.js";
import { viewAlong } from "../offsets.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { formatShape, sizeOf, type Shape, type TypedArray } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { toFloat } from "./operand.js";
import { avgPool } from "./pooling.js";
import { perAxis, type PerAxis } from "./window.js";

export interface UpsampleAttributes {
  /** How many times larger each spatial axis gets. */
  readonly factors: readonly number[];
}

function enlarged(shape: Shape, factors: readonly number[]): number[] {
  return shape.map((extent, axis) => (axis === 0 || axis === shape.length - 1 ? extent : extent * (factors[axis - 1] as number)));
}

/** Applies `along` to one spatial axis after the other; the last result is copied to `out`. */
function eachAxis(
  data: TypedArray,
  shape: Shape,
  factors: readonly number[],
  out: TypedArray,
  along: (data: Float64Array, shape: Shape, axis: number, factor: number) => Float64Array,
): void {
  let current = Float64Array.from(data);
  let currentShape = shape;
  for (const [index, factor] of factors.entries()) {
    const before = sizeOf(currentShape);
    current = new Float64Array(along(current, currentShape, index + 1, factor));
    const extent = ((currentShape[index + 1] as number) * current.length) / before;
    currentShape = currentShape.map((own, axis) => (axis === index + 1 ? extent : own));
  }
  out.set(current);
}

export const upsampleNearestOperation: Operation<UpsampleAttributes> = defineOperation<UpsampleAttributes>({
  name: "upsampleNearest",
  infer: ([x], { factors }) => [{ shape: enlarged(x.shape, factors), dtype: x.dtype }],
  // Every number was copied to a block; its gradient is the block's sum.
  gradient: ({ gradients: [g], attributes: { factors } }) => [mul(avgPool(g, { size: factors }), sizeOf(factors))],
  evaluate([x], { factors }, [out]) {
    eachAxis(x.data, x.shape, factors, out.data, (data, shape, axis, factor) => {
      const { outer, extent, inner } = viewAlong(shape, axis);
      const result = new Float64Array(data.length * factor);
      for (let row = 0; row < outer * extent * factor; row++) {
        const from = Math.floor(row / factor) * inner;
        result.set(data.subarray(from, from + inner), row * inner);
      }
      return result;
    });
  },
});

/** The two entries an enlarged entry lies between and the weight of the second: pixel centres at half (align_corners false). */
function neighbours(at: number, factor: number, extent: number): { first: number; second: number; weight: number } {
  const source = Math.max(0, (at + 0.5) / factor - 0.5);
  const first = Math.min(Math.floor(source), extent - 1);
  const second = Math.min(first + 1, extent - 1);
  return { first, second, weight: second === first ? 0 : source - first };
}

/** Linear in each of its 1 to 3 spatial axes. */
export const upsampleBilinearOperation: Operation<UpsampleAttributes> = defineOperation<UpsampleAttributes>({
  name: "upsampleBilinear",
  infer: ([x], { factors }) => [{ shape: enlarged(x.shape, factors), dtype: x.dtype }],
  gradient: ({ gradients: [g], attributes }) => [applyOne(upsampleBilinearGradientOperation, [g], attributes)],
  evaluate([x], { factors }, [out]) {
    eachAxis(x.data, x.shape, factors, out.data, (data, shape, axis, factor) => {
      const { outer, extent, inner } = viewAlong(shape, axis);
      const result = new Float64Array(data.length * factor);
      for (let o = 0; o < outer; o++) {
        for (let at = 0; at < extent * factor; at++) {
          const { first, second, weight } = neighbours(at, factor, extent);
          const to = (o * extent * factor + at) * inner;
          for (let i = 0; i < inner; i++) {
            const left = data[(o * extent + first) * inner + i] as number;
            const right = data[(o * extent + second) * inner + i] as number;
            result[to + i] = left * (1 - weight) + right * weight;
          }
        }
      }
      return result;
    });
  },
});

/** Input the gradient of the enlarged image; the transpose of upsampleBilinear. */
export const upsampleBilinearGradientOperation: Operation<UpsampleAttributes> = defineOperation<UpsampleAttributes>({
  name: "upsampleBilinearGradient",
  infer: ([g], { factors }) => [
    {
      shape: g.shape.map((extent, axis) => (axis === 0 || axis === g.shape.length - 1 ? extent : extent / (factors[axis - 1] as number))),
      dtype: g.dtype,
    },
  ],
  gradient: ({ gradients: [h], attributes }) => [applyOne(upsampleBilinearOperation, [h], attributes)],
  evaluate([g], { factors }, [out]) {
    eachAxis(g.data, g.shape, factors, out.data, (data, shape, axis, factor) => {
      const { outer, extent: large, inner } = viewAlong(shape, axis);
      const extent = large / factor;
      const result = new Float64Array(data.length / factor);
      for (let o = 0; o < outer; o++) {
        for (let at = 0; at < large; at++) {
          const { first, second, weight } = neighbours(at, factor, extent);
          for (let i = 0; i < inner; i++) {
            const value = data[(o * large + at) * inner + i] as number;
            const left = (o * extent + first) * inner + i;
            const right = (o * extent + second) * inner + i;
            result[left] = (result[left] as number) + value * (1 - weight);
            result[right] = (result[right] as number) + value * weight;
          }
        }
      }
      return result;
    });
  },
});

/**
 * Enlarges images by a whole factor. x: N x ...spatial x C.
 * @param options.factor one for all axes or one per axis; default 2
 * @param options.mode `nearest` (default) repeats, `bilinear` interpolates between pixel centres (align_corners false)
 */
export function upsample(x: Tensor, options: { readonly factor?: PerAxis; readonly mode?: "nearest" | "bilinear" } = {}): Tensor {
  const rank = x.rank - 2;
  if (rank < 1 || rank > 3)
    throw new ShapeError(`upsample: an image batch is N x 1 to 3 spatial axes x channels, but this is ${formatShape(x.shape)}`);
  const factors = perAxis(options.factor ?? 2, rank, "upsample", "factor");
  return applyOne(options.mode === "bilinear" ? upsampleBilinearOperation : upsampleNearestOperation, [toFloat(x)], { factors });
}
