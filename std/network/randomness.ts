import type { Tensor } from "../tensor/tensor.js";
import { tensor } from "../tensor/index.js";

export function uniformNumbers(shape: readonly number[], _seed: number, _stream: number, _draw: number, _step: Tensor | undefined): Tensor {
  return tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), { shape });
}
