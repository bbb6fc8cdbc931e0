import { ShapeError } from "../../errors.js";
import { applyOne, defineOperation, type Operation } from "../operation.js";
import { uniformNumbers, type RandomKey } from "../random.js";
import { formatShape, sizeOf, type Shape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { scalar } from "./operand.js";

export interface RandomUniformAttributes {
  readonly key: RandomKey;
  readonly shape: Shape;
  /** How many numbers of the stream one position is; 0 where every draw begins with the first. */
  readonly stride: number;
}

/** Inputs a counter and a position (i32 scalars); output f32 in [0, 1), as `uniformNumbers` in random.ts defines them. */
export const randomUniformOperation: Operation<RandomUniformAttributes> = defineOperation<RandomUniformAttributes, 2>({
  name: "randomUniform",
  infer([counter, position], { shape }) {
    for (const [name, given] of Object.entries({ counter, position })) {
      if (given.dtype !== "i32" || sizeOf(given.shape) !== 1)
        throw new ShapeError(
          `randomUniform: the ${name} is one whole number (i32), but this one is ${formatShape(given.shape)} ${given.dtype}`,
        );
    }
    return [{ shape, dtype: "f32" }];
  },
  gradient: () => [null, null],
  evaluate: ([counter, position], { key, stride }, [out]) =>
    out.data.set(uniformNumbers(key, out.data.length, counter.data[0], (position.data[0] as number) * stride)),
});

/**
 * Uniform numbers in [0, 1) as part of a graph: another draw for every value of the counter, the same for the same.
 * @param counter an i32 scalar, such as the step of a training run
 * @param place where in the stream the numbers begin: at number `position * stride`. So that a part of a batch gets the numbers
 * it would have in the whole
 */
export function uniformAt(
  counter: Tensor | number,
  key: RandomKey,
  shape: Shape,
  place: { readonly position: Tensor | number; readonly stride: number } = { position: 0, stride: 0 },
): Tensor {
  const whole = (value: Tensor | number): Tensor => (typeof value === "number" ? scalar(value, "i32") : value);
  return applyOne(randomUniformOperation, [whole(counter), whole(place.position)], {
    key: [key[0], key[1]],
    shape: [...shape],
    stride: place.stride,
  });
}
