import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { uniformNumbers, type RandomKey } from "../random.js";
import { formatShape, sizeOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { scalar } from "./operand.js";

export interface RandomUniformAttributes {
  readonly key: RandomKey;
  readonly shape: Shape;
}

/** Input a counter (i32 scalar); output f32 in [0, 1), as `uniformNumbers` in random.ts defines them. */
export const randomUniformOperation: Operation<RandomUniformAttributes> = defineOperation<RandomUniformAttributes>({
  name: "randomUniform",
  infer([counter], { shape }) {
    if (counter.dtype !== "i32" || sizeOf(counter.shape) !== 1)
      throw new ShapeError(
        `randomUniform: the counter is one whole number (i32), but this one is ${formatShape(counter.shape)} ${counter.dtype}`,
      );
    return [{ shape, dtype: "f32" }];
  },
  gradient: () => [null],
  evaluate: ([counter], { key }, [out]) => out.data.set(uniformNumbers(key, out.data.length, counter.data[0])),
});

/**
 * Uniform numbers in [0, 1) as part of a graph: another draw for every value of the counter, the same for the same.
 * @param counter an i32 scalar, such as the step of a training run
 */
export function uniformAt(counter: Tensor | number, key: RandomKey, shape: Shape): Tensor {
  return applyOne(randomUniformOperation, [typeof counter === "number" ? scalar(counter, "i32") : counter], {
    key: [key[0], key[1]],
    shape: [...shape],
  });
}
