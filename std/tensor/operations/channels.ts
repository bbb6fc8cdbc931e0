import { ShapeError } from "../../errors.js";
import { formatShape, type TensorType } from "../shape.js";

/** One number for each channel: a scale, a shift, running statistics. @throws ShapeError naming what does not fit. */
export function checkChannels(x: TensorType, named: readonly (readonly [string, TensorType])[], who: string): void {
  const channels = x.shape.at(-1);
  for (const [name, { shape, dtype }] of named) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw new ShapeError(
        `${who}: ${formatShape(x.shape)} has ${channels ?? "no"} channels, so ${name} must hold as many numbers, but it ` +
          `is ${formatShape(shape)}`,
      );
    }
    if (dtype !== x.dtype) throw new ShapeError(`${who}: x is ${x.dtype}, ${name} ${dtype}; cast one of them`);
  }
}
