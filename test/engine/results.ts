import type { Tensor } from "../../std/tensor/index.js";

/** The largest error of a result, as a part of the reference's largest number or of 1. */
export function worstError({ data }: Tensor, { data: reference }: Tensor): number {
  let [largest, worst] = [1, 0];
  for (let at = 0; at < data.length; at++) {
    largest = Math.max(largest, Math.abs(reference[at] as number));
    worst = Math.max(worst, Math.abs((data[at] as number) - (reference[at] as number)));
  }
  return worst / largest;
}

/** The bytes of results, to be compared exactly. */
export const bitsOf = (tensors: readonly Tensor[]): Buffer =>
  Buffer.concat(tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
